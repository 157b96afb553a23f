// SPDX-License-Identifier: Apache-2.0
#include "server/logging/standard_error.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <ctime>
#include <string>

namespace millrace::server {
namespace {

/// As write(2); a reader that is gone is EPIPE, and the SIGPIPE that comes with it is taken off
/// this thread.
ssize_t writeQuietly(std::string_view text) {
  sigset_t pipeSignal;
  sigset_t before;
  sigset_t pending;
  ::sigemptyset(&pipeSignal);
  ::sigaddset(&pipeSignal, SIGPIPE);
  ::sigpending(&pending);
  const bool wasPending = sigismember(&pending, SIGPIPE) == 1;
  ::pthread_sigmask(SIG_BLOCK, &pipeSignal, &before);
  const ssize_t taken = ::write(STDERR_FILENO, text.data(), text.size());
  const int error = errno;
  if (taken < 0 && error == EPIPE && !wasPending) {
    const timespec now{0, 0};
    (void)::sigtimedwait(&pipeSignal, nullptr, &now);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return taken;
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
