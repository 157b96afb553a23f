// SPDX-License-Identifier: Apache-2.0
#include "server/stop_signals.h"

#include <ctime>

namespace millrace::server {

StopSignals::StopSignals() {
  ::sigemptyset(&set_);
  ::sigaddset(&set_, SIGINT);
  ::sigaddset(&set_, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
}

bool StopSignals::wait(Nanos time) {
  const timespec patience{time / kSecond, time % kSecond};
  return ::sigtimedwait(&set_, nullptr, &patience) > 0;
}

}  // namespace millrace::server
