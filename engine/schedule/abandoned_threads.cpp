// SPDX-License-Identifier: Apache-2.0
// Giving up threads whose slice does not end.
#include "engine/schedule/scheduler.h"
#include "engine/schedule/worker.h"

#include <algorithm>
#include <utility>

namespace millrace::engine {

std::uint32_t Scheduler::abandon(const std::shared_ptr<Task>& task) {
  Workers back;  // threads given up earlier that have come back: joined without the lock
  MutexLock lock(mutex_);
  task->removed_ = true;
  disarmTimer(*task);
  const auto ended = std::partition(abandoned_.begin(), abandoned_.end(),
                                    [](const auto& worker) { return !worker->ended; });
  std::move(ended, abandoned_.end(), std::back_inserter(back));
  abandoned_.erase(ended, abandoned_.end());
  const std::uint32_t ordinary = giveUp(workers_, *task);
  const std::uint32_t blocking = giveUp(blockingThreads_, *task);
  for (std::uint32_t i = 0; i < ordinary + blocking; ++i) {
    --task->active_;
    --running_;
    leaveLimits(*task);
  }
  if (!stopping_) {
    for (std::uint32_t i = 0; i < ordinary; ++i) addWorker();
    if (blocking > 0 && blockingReady_.size() > blockingIdle_) growBlocking();
  }
  idle_.notifyAll();
  return ordinary + blocking;
}

/// Moves the threads that run the task to those that are given up; returns how many.
std::uint32_t Scheduler::giveUp(Workers& from, const Task& task) {
  std::uint32_t count = 0;
  for (auto& worker : from) {
    if (worker->running != &task) continue;
    worker->abandoned = true;
    if (worker->next != nullptr) {  // what its slice woke goes to another
      --local_;
      ready_.push_back(std::move(worker->next));
      work_.notifyOne();
    }
    abandoned_.push_back(std::move(worker));
    ++count;
  }
  std::erase(from, nullptr);
  return count;
}

std::uint32_t Scheduler::abandonedThreads() const {
  MutexLock lock(mutex_);
  return static_cast<std::uint32_t>(std::count_if(
      abandoned_.begin(), abandoned_.end(), [](const auto& worker) { return !worker->ended; }));
}

}  // namespace millrace::engine
