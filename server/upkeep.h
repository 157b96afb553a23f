// SPDX-License-Identifier: Apache-2.0
#pragma once
// Upkeep: what a server looks at now and then beside serving, and raises a bulletin about: the
// files of its TLS, and whether its log can be written.
// Ownership: all parts outlive it. Threads: one.

#include "engine/processor/process_context.h"
#include "server/logging/log_book.h"
#include "server/tls_files.h"

#include <functional>
#include <string>

namespace millrace::server {

struct UpkeepParts {
  TlsFiles& tls;
  const LogBook& log;
  std::function<void(BulletinLevel, const std::string&)> raise;
};

class Upkeep {
 public:
  explicit Upkeep(UpkeepParts parts) : parts_(std::move(parts)) {}
  void look();

 private:
  void lookAtLog();

  const UpkeepParts parts_;
  bool logFails_ = false;
  std::uint64_t missingBefore_ = 0;  // lines, when it began to fail
};

}  // namespace millrace::server
