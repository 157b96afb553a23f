// SPDX-License-Identifier: Apache-2.0
#pragma once
// QuietPipe: while it lives, this thread's writing into a pipe or socket that nobody reads any more
// is an error (EPIPE) and not a SIGPIPE, which would end the program. For calls that have no
// MSG_NOSIGNAL. Threads: used by the one that made it.

#include <cerrno>
#include <csignal>
#include <ctime>

namespace millrace {

class QuietPipe {
 public:
  QuietPipe() {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    wasPending_ = isPending();
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  /// Leaves errno as the call left it.
  ~QuietPipe() {
    const int code = errno;
    if (!wasPending_ && isPending()) {
      const timespec now{0, 0};
      (void)::sigtimedwait(&pipe_, nullptr, &now);
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = code;
  }
  QuietPipe(const QuietPipe&) = delete;
  QuietPipe& operator=(const QuietPipe&) = delete;

 private:
  static bool isPending() {
    sigset_t pending;
    ::sigpending(&pending);
    return sigismember(&pending, SIGPIPE) == 1;
  }

  sigset_t pipe_;
  sigset_t before_;
  bool wasPending_ = false;
};

}  // namespace millrace
