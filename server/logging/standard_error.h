// SPDX-License-Identifier: Apache-2.0
#pragma once
// StandardError: lines to the program's standard error, whose reader may be slow or gone. Threads:
// write() from one, giveUp() from any.

#include <atomic>
#include <string_view>

namespace millrace::server {

class StandardError {
 public:
  /// Waits for the reader; false when there is none any more, or after giveUp() and a moment.
  bool write(std::string_view text);
  /// From now on a reader that takes nothing for two seconds is not waited for until it takes
  /// something again.
  void giveUp() { impatient_ = true; }

 private:
  std::atomic<bool> impatient_{false};
  // Of the thread that writes.
  bool stuck_ = false;  // given up
  char last_ = '\n';    // of what was taken
};

}  // namespace millrace::server
