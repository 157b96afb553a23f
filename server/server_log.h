// SPDX-License-Identifier: Apache-2.0
#pragma once
// ServerLog: the log of a server that runs, on this machine's files and standard error. Owner: the
// server's command. Threads: any but for start() and stop().

#include "engine/base/clock.h"
#include "engine/control/bulletins.h"
#include "engine/flow/finding.h"
#include "server/logging/log_book.h"
#include "server/logging/standard_error.h"

#include <string>
#include <string_view>

namespace millrace::server {

class ServerLog {
 public:
  ServerLog(FileSystem& files, LogOptions options);
  ~ServerLog();

  void start() { book_.start(); }
  /// Writes what waits; a reader of standard error that takes nothing is not waited for.
  void stop();
  LogBook& book() { return book_; }
  /// What the engine or a component says.
  void remark(const engine::Remark& remark);
  void say(LogLevel level, std::string_view area, std::string_view text) {
    book_.write(level, area, text);
  }
  void finding(const flow::Finding& finding, const std::string& file);
  /// Why the server ends; somebody reads it, wherever the log goes.
  void fail(const std::string& text);

 private:
  SystemClock clock_;
  StandardError standardError_;
  LogBook book_;
};

}  // namespace millrace::server
