// SPDX-License-Identifier: Apache-2.0
#pragma once
// AuditLog: who changed or did what and with what outcome, a line each (FORMAT.md). Lines reach the
// medium when the system writes them; a lost one is said once and stops nobody. Threads: any.

#include "engine/base/clock.h"
#include "engine/base/file_system.h"
#include "engine/base/mutex.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace millrace::server {

class AuditLog {
 public:
  static constexpr std::uint64_t kMost = 16ULL << 20;

  AuditLog(FileSystem& files, const Clock& clock, std::string path,
           std::function<void(const std::string&)> onTrouble)
      : files_(files), clock_(clock), path_(std::move(path)), onTrouble_(std::move(onTrouble)) {}

  void add(std::string_view user, std::string_view method, std::string_view target, int status);

 private:
  Result<> write(const std::string& line) MR_REQUIRES(mutex_);

  FileSystem& files_;
  const Clock& clock_;
  const std::string path_;
  const std::function<void(const std::string&)> onTrouble_;
  Mutex mutex_;
  std::unique_ptr<File> file_ MR_GUARDED_BY(mutex_);
  std::uint64_t size_ MR_GUARDED_BY(mutex_) = 0;
  bool told_ MR_GUARDED_BY(mutex_) = false;
};

}  // namespace millrace::server
