// SPDX-License-Identifier: Apache-2.0
// The threads of tasks that wait for others: as many as are needed, up to a limit.
#include "engine/schedule/scheduler.h"
#include "engine/schedule/worker.h"

namespace millrace::engine {

void Scheduler::enqueueBlocking(const std::shared_ptr<Task>& task, Place place) {
  blockingReady_.push_back(task);
  // Threads that were woken count as idle until they run, so idle ones are compared with all tasks
  // that wait for one.
  const std::size_t callers = place == Place::kBehind ? 1 : 0;
  if (blockingReady_.size() > blockingIdle_ + callers) {
    growBlocking();
  } else if (blockingReady_.size() > callers) {
    blockingWork_.notifyOne();
  }
}

void Scheduler::growBlocking() {
  if (!started_ || stopping_ || blockingThreads_.size() >= options_.blockingThreads) return;
  blockingThreads_.push_back(std::make_unique<Worker>());
  Worker& self = *blockingThreads_.back();
  self.owner = this;
  self.thread = std::jthread([this, &self] { blockingLoop(self); });
}

void Scheduler::blockingLoop(Worker& self) {
  while (true) {
    Tasks gone;
    std::shared_ptr<Task> task;
    {
      MutexLock lock(mutex_);
      while (true) {
        if (self.abandoned) {
          self.ended = true;
          return;
        }
        if (stopping_) return;
        task = takeReady(blockingReady_);
        self.running = task.get();
        if (task != nullptr || !gone_.empty()) break;
        ++blockingIdle_;
        blockingWork_.wait(mutex_);
        --blockingIdle_;
      }
      gone.swap(gone_);
    }
    gone.clear();
    if (task != nullptr) run(task, &self);
  }
}

}  // namespace millrace::engine
