// SPDX-License-Identifier: Apache-2.0
#pragma once
// Deadlines: what is to happen later, by the monotonic clock. It has no thread: whoever owns it
// calls runDue(), and is told when that is needed earlier than thought.
//
// Promise: an action runs once, or never when it was cancelled before; cancel() does not wait for
// one that runs already. Threads: any; actions run on runDue()'s thread, without locks.

#include "engine/base/clock.h"
#include "engine/base/mutex.h"

#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace millrace::log {

class Deadlines {
 public:
  using Token = std::pair<Nanos, std::uint64_t>;
  using Action = std::function<void()>;

  /// `onEarlier` is called, without locks, when next() became earlier.
  void tellEarlier(std::function<void()> onEarlier);

  Token at(Nanos when, Action action);
  void cancel(const Token& token);
  /// Cancels all.
  void clear();
  std::optional<Nanos> next() const;
  /// Runs what is due; how many.
  std::size_t runDue(Nanos now);

 private:
  mutable Mutex mutex_;
  std::function<void()> onEarlier_ MR_GUARDED_BY(mutex_);
  std::uint64_t counter_ MR_GUARDED_BY(mutex_) = 0;
  std::map<Token, Action> actions_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::log
