// SPDX-License-Identifier: Apache-2.0
#pragma once
// Gate: counts who is inside; once closing, nobody new enters and close() waits for those inside.
// Every component with threads or sockets owns one. The destructor asserts that nobody is left.

#include "engine/base/assert.h"
#include "engine/base/mutex.h"

namespace millrace {

class Gate {
 public:
  ~Gate() { MR_ASSERT(inside_ == 0); }

  /// False once the gate is closing: do not go on.
  bool enter() {
    MutexLock lock(mutex_);
    if (closing_) return false;
    ++inside_;
    return true;
  }
  void leave() {
    MutexLock lock(mutex_);
    MR_ASSERT(inside_ > 0);
    if (--inside_ == 0) empty_.notifyAll();
  }
  /// Refuses newcomers and returns when the last one inside has left.
  void close() {
    MutexLock lock(mutex_);
    closing_ = true;
    while (inside_ > 0) empty_.wait(mutex_);
  }

 private:
  Mutex mutex_;
  Condition empty_;
  int inside_ MR_GUARDED_BY(mutex_) = 0;
  bool closing_ MR_GUARDED_BY(mutex_) = false;
};

}  // namespace millrace
