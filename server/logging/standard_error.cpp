// SPDX-License-Identifier: Apache-2.0
#include "server/logging/standard_error.h"

#include "engine/base/quiet_pipe.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string>

namespace millrace::server {
namespace {

ssize_t writeQuietly(std::string_view text) {
  const QuietPipe quiet;
  return ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

bool StandardError::write(std::string_view text) {
  constexpr int kLook = 100;                // milliseconds between two looks whether to give up
  constexpr int kLastLooks = 20;            // that a reader is given at the end
  constexpr std::size_t kPiece = PIPE_BUF;  // what a pipe that is ready takes without waiting
  int looks = 0;
  // The line in whose middle the reader was given up ends here.
  std::string whole;
  if (last_ != '\n') {
    whole = "\n";
    whole += text;
    text = whole;
  }
  while (!text.empty()) {
    pollfd ready{STDERR_FILENO, POLLOUT, 0};
    const int found = ::poll(&ready, 1, kLook);
    if (found < 0 && errno != EINTR) return false;
    if (found <= 0) {
      if (impatient_ && (stuck_ || ++looks > kLastLooks)) {
        stuck_ = true;
        return false;
      }
      continue;
    }
    stuck_ = false;
    if ((ready.revents & (POLLERR | POLLNVAL)) != 0) return false;
    const ssize_t taken = writeQuietly(text.substr(0, std::min(text.size(), kPiece)));
    if (taken < 0 && errno != EINTR && errno != EAGAIN) return false;
    if (taken <= 0) continue;
    last_ = text[static_cast<std::size_t>(taken) - 1];
    text.remove_prefix(static_cast<std::size_t>(taken));
  }
  return true;
}

}  // namespace millrace::server
