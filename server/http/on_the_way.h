// SPDX-License-Identifier: Apache-2.0
#pragma once
// OnTheWay: counts answers that are still on their way, so that a stop can wait for them.
// Threads: any.

#include "engine/base/mutex.h"
#include "engine/base/clock.h"

#include <chrono>
#include <cstddef>

namespace millrace::server {

class OnTheWay {
 public:
  void begin() {
    MutexLock lock(mutex_);
    ++count_;
  }
  void end() {
    MutexLock lock(mutex_);
    if (--count_ == 0) none_.notifyAll();
  }
  void waitForNone(Nanos atMost) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::nanoseconds(atMost);
    MutexLock lock(mutex_);
    while (count_ > 0) {
      const auto left = deadline - std::chrono::steady_clock::now();
      if (left <= std::chrono::nanoseconds(0)) return;
      none_.waitFor(mutex_, left);
    }
  }

 private:
  Mutex mutex_;
  Condition none_;
  std::size_t count_ MR_GUARDED_BY(mutex_) = 0;
};

}  // namespace millrace::server
