// SPDX-License-Identifier: Apache-2.0
#include "log-backend/broker/fetch_waiters.h"

#include <vector>

namespace millrace::log {

void FetchWaiters::attach(Post post) {
  MutexLock lock(mutex_);
  post_ = std::move(post);
}

void FetchWaiters::detach() {
  std::map<std::uint64_t, std::shared_ptr<Waiter>> gone;  // their answers go without the lock
  MutexLock lock(mutex_);
  post_ = nullptr;
  gone.swap(waiters_);
}

std::uint64_t FetchWaiters::add(Attempt attempt) {
  auto waiter = std::make_shared<Waiter>(std::move(attempt));
  MutexLock lock(mutex_);
  waiters_.emplace(++counter_, std::move(waiter));
  return counter_;
}

void FetchWaiters::remove(std::uint64_t token) {
  std::shared_ptr<Waiter> gone;
  MutexLock lock(mutex_);
  const auto found = waiters_.find(token);
  if (found == waiters_.end()) return;
  gone = std::move(found->second);
  waiters_.erase(found);
}

std::size_t FetchWaiters::waiting() const {
  MutexLock lock(mutex_);
  return waiters_.size();
}

void FetchWaiters::advanced() {
  if (!swept_.exchange(false)) return;  // a sweep is due already
  Post post;
  {
    MutexLock lock(mutex_);
    post = post_;
  }
  if (!post) {
    swept_ = true;
    return;
  }
  post([this] { sweep(); });
}

void FetchWaiters::sweep() {
  swept_ = true;
  std::vector<std::pair<std::uint64_t, std::shared_ptr<Waiter>>> all;
  {
    MutexLock lock(mutex_);
    all.assign(waiters_.begin(), waiters_.end());
  }
  for (const auto& [token, waiter] : all) {
    bool done = false;
    {
      MutexLock running(waiter->running);
      done = waiter->attempt();
    }
    if (done) remove(token);
  }
}

}  // namespace millrace::log
