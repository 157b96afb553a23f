// SPDX-License-Identifier: Apache-2.0
#pragma once
// FetchWaiters: fetches that wait for more to read. Whatever becomes visible in a partition makes
// them look again, all of them, once for many changes at a time.
//
// Promise: a change after add() leads to another attempt. Ownership: an attempt belongs to it until
// it returned true or was removed. Threads: any; attempts run where `post` runs them, without
// locks, each on one thread at a time.

#include "engine/base/mutex.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>

namespace millrace::log {

class FetchWaiters {
 public:
  /// True: answered, forget it.
  using Attempt = std::function<bool()>;
  using Post = std::function<void(std::function<void()>)>;

  /// Where attempts run; until then, and after detach(), changes are noted only.
  void attach(Post post);
  void detach();

  std::uint64_t add(Attempt attempt);
  void remove(std::uint64_t token);
  /// Something became visible.
  void advanced();
  std::size_t waiting() const;

 private:
  struct Waiter {
    explicit Waiter(Attempt given) : attempt(std::move(given)) {}
    Mutex running;
    Attempt attempt;
  };
  void sweep();

  std::atomic<bool> swept_{true};  ///< nothing happened since the last sweep began
  mutable Mutex mutex_;
  Post post_ MR_GUARDED_BY(mutex_);
  std::uint64_t counter_ MR_GUARDED_BY(mutex_) = 0;
  // Shared with a sweep that is on its way while one is removed.
  std::map<std::uint64_t, std::shared_ptr<Waiter>> waiters_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::log
