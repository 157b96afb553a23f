// SPDX-License-Identifier: Apache-2.0
#include "engine/schedule/scheduler.h"

#include "engine/base/assert.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace millrace::engine {

/// What a worker keeps to itself: the task that its running slice woke. Guarded by the scheduler's
/// lock.
struct Scheduler::Worker {
  std::shared_ptr<Task> next;
};

namespace {
// Which worker the current thread is, so that wake() knows that its caller is a slice. Set once by
// each worker thread.
thread_local void* currentWorker = nullptr;
}  // namespace

Scheduler::Scheduler(const Clock& clock, SchedulerOptions options)
    : clock_(clock), options_(options) {}

Scheduler::~Scheduler() { stop(); }

void Scheduler::start() {
  MutexLock lock(mutex_);
  if (started_) return;
  started_ = true;
  stopping_ = false;
  const std::uint32_t count =
      options_.workers != 0 ? options_.workers : std::max(1U, std::thread::hardware_concurrency());
  for (std::uint32_t i = 0; i < count; ++i) {
    workers_.emplace_back([this] {
      Worker self;
      currentWorker = &self;
      workerLoop(self);
      currentWorker = nullptr;
    });
  }
  if (!blockingReady_.empty()) growBlocking();
}

void Scheduler::stop() {
  std::vector<std::jthread> threads;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    work_.notifyAll();
    blockingWork_.notifyAll();
    threads = std::move(workers_);
    workers_.clear();
    for (std::jthread& thread : blockingThreads_) threads.push_back(std::move(thread));
    blockingThreads_.clear();
  }
  threads.clear();  // joins
  MutexLock lock(mutex_);
  started_ = false;
  stopping_ = false;
}

void Scheduler::enqueue(const std::shared_ptr<Task>& task, Place place) {
  if (task->removed_) return;
  if (task->queued_ || task->active_ >= task->maxTasks()) {
    task->again_ = true;
    return;
  }
  task->queued_ = true;
  task->again_ = false;
  if (task->blocking() && started_) {
    blockingReady_.push_back(task);
    if (blockingIdle_ > 0) {
      blockingWork_.notifyOne();
    } else {
      growBlocking();
    }
    return;
  }
  auto* self = static_cast<Worker*>(currentWorker);
  if (place == Place::kNextHere && self != nullptr && self->next == nullptr) {
    self->next = task;
    ++local_;
    return;
  }
  ready_.push_back(task);
  if (sleeping_ > 0) work_.notifyOne();
}

void Scheduler::wake(const std::shared_ptr<Task>& task) {
  MutexLock lock(mutex_);
  enqueue(task);
}

void Scheduler::armTimer(const std::shared_ptr<Task>& task, Nanos moment) {
  if (task->timer_ != 0 && task->timer_ <= moment) return;
  const bool first = timers_.empty() || moment < timers_.top().moment;
  task->timer_ = moment;
  timers_.push({moment, task});
  if (first && sleeping_ > 0) work_.notifyOne();
}

void Scheduler::wakeAt(const std::shared_ptr<Task>& task, Nanos moment) {
  MutexLock lock(mutex_);
  armTimer(task, moment);
}

void Scheduler::fireTimers(Nanos now) {
  while (!timers_.empty() && timers_.top().moment <= now) {
    const Timer timer = timers_.top();
    timers_.pop();
    const std::shared_ptr<Task> task = timer.task.lock();
    if (task == nullptr || task->timer_ != timer.moment)
      continue;  // gone, or an earlier timer came instead
    task->timer_ = 0;
    enqueue(task);
  }
}

void Scheduler::remove(const std::shared_ptr<Task>& task) {
  MutexLock lock(mutex_);
  task->removed_ = true;
  task->timer_ = 0;
}

void Scheduler::restore(const std::shared_ptr<Task>& task) {
  MutexLock lock(mutex_);
  task->removed_ = false;
  enqueue(task);
}

std::uint32_t Scheduler::activeOf(const Task& task) const {
  MutexLock lock(mutex_);
  return task.active_;
}

bool Scheduler::waitIdle(const Task& task, Nanos atMost) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::nanoseconds(atMost);
  MutexLock lock(mutex_);
  while (task.active_ > 0) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= std::chrono::nanoseconds(0)) return false;
    idle_.waitFor(mutex_, left);
  }
  return true;
}

bool Scheduler::admit(const std::shared_ptr<Task>& task) {
  for (const auto& limit : task->limits()) {
    if (limit->cap_ == 0 || limit->active_ < limit->cap_) continue;
    limit->waiting_.push_back(task);  // stays queued_: whoever leaves the limit brings it back
    return false;
  }
  for (const auto& limit : task->limits()) ++limit->active_;
  return true;
}

void Scheduler::leaveLimits(Task& task) {
  for (const auto& limit : task.limits()) {
    --limit->active_;
    if (limit->waiting_.empty()) continue;
    const std::shared_ptr<Task> waiting = std::move(limit->waiting_.front());
    limit->waiting_.pop_front();
    waiting->queued_ = false;
    enqueue(waiting);
  }
}

std::shared_ptr<Task> Scheduler::takeReady(std::deque<std::shared_ptr<Task>>& ready) {
  while (!ready.empty()) {
    std::shared_ptr<Task> task = std::move(ready.front());
    ready.pop_front();
    if (task->removed_) {
      task->queued_ = false;
      continue;
    }
    if (admit(task)) return task;
  }
  return nullptr;
}

/// Runs one slice if the task is ready. The task is admitted and queued_; on return it is neither.
void Scheduler::run(const std::shared_ptr<Task>& task) {
  bool more = false;
  {
    MutexLock lock(mutex_);
    task->queued_ = false;
    ++task->active_;
    ++running_;
    more = task->active_ < task->maxTasks();
  }
  const bool ready = task->isReady(clock_.monotonic());
  if (ready) {
    if (more) {  // a second task of the same component may find work too
      MutexLock lock(mutex_);
      enqueue(task, Place::kShared);
    }
    task->runSlice();
  }
  const Nanos now = clock_.monotonic();
  const bool readyAgain = ready && task->isReady(now);
  const std::optional<Nanos> moment = readyAgain ? std::nullopt : task->nextMoment(now);
  MutexLock lock(mutex_);
  --task->active_;
  --running_;
  leaveLimits(*task);
  if (task->active_ == 0) idle_.notifyAll();
  const bool again = std::exchange(task->again_, false);
  if (task->removed_) return;
  if (readyAgain) {
    // Behind everybody else who is ready: no component may keep a worker to itself.
    if (!task->queued_) {
      task->queued_ = true;
      auto& place = task->blocking() && started_ ? blockingReady_ : ready_;
      place.push_back(task);
      if (&place == &blockingReady_) {
        blockingWork_.notifyOne();
      } else if (sleeping_ > 0) {
        work_.notifyOne();
      }
    }
  } else if (again) {
    enqueue(task);
  }
  if (moment) armTimer(task, *moment);
}

void Scheduler::workerLoop(Worker& self) {
  while (true) {
    std::shared_ptr<Task> task;
    {
      MutexLock lock(mutex_);
      while (true) {
        if (stopping_) {
          if (self.next != nullptr) {
            --local_;
            ready_.push_front(std::move(self.next));
          }
          return;
        }
        if (!timers_.empty()) fireTimers(clock_.monotonic());
        if (self.next != nullptr) {
          task = std::move(self.next);
          self.next = nullptr;
          --local_;
          if (task->removed_) {
            task->queued_ = false;
            task = nullptr;
            continue;
          }
          if (admit(task)) break;
          task = nullptr;
          continue;
        }
        task = takeReady(ready_);
        if (task != nullptr) break;
        ++sleeping_;
        if (timers_.empty()) {
          work_.wait(mutex_);
        } else {
          const Nanos left = timers_.top().moment - clock_.monotonic();
          work_.waitFor(mutex_, std::chrono::nanoseconds(std::max<Nanos>(left, 1000)));
        }
        --sleeping_;
      }
    }
    run(task);
  }
}

void Scheduler::growBlocking() {
  if (!started_ || blockingThreads_.size() >= options_.blockingThreads) return;
  blockingThreads_.emplace_back([this] { blockingLoop(); });
}

void Scheduler::blockingLoop() {
  while (true) {
    std::shared_ptr<Task> task;
    {
      MutexLock lock(mutex_);
      while (true) {
        if (stopping_) return;
        task = takeReady(blockingReady_);
        if (task != nullptr) break;
        ++blockingIdle_;
        blockingWork_.wait(mutex_);
        --blockingIdle_;
      }
    }
    run(task);
  }
}

bool Scheduler::runOne() {
  while (true) {
    std::shared_ptr<Task> task;
    {
      MutexLock lock(mutex_);
      MR_ASSERT(!started_);
      fireTimers(clock_.monotonic());
      task = takeReady(ready_);
    }
    if (task == nullptr) return false;
    const bool ready = task->isReady(clock_.monotonic());
    run(task);
    if (ready) return true;
  }
}

std::optional<Nanos> Scheduler::nextTimer() const {
  MutexLock lock(mutex_);
  if (timers_.empty()) return std::nullopt;
  return timers_.top().moment;
}

bool Scheduler::isQuiet() const {
  MutexLock lock(mutex_);
  return running_ == 0 && ready_.empty() && blockingReady_.empty() && local_ == 0;
}

}  // namespace millrace::engine
