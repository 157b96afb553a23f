// SPDX-License-Identifier: Apache-2.0
#include "engine/schedule/scheduler.h"

#include "engine/base/assert.h"
#include "engine/schedule/worker.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <limits>
#include <utility>

namespace millrace::engine {

namespace {

// A worker follows the FlowFiles from task to task for so many slices; then those who are ready
// have their turn, or two tasks that wake each other would keep the worker for ever.
constexpr std::uint32_t kMostInARow = 16;
constexpr Nanos kLongestSleep = 3600 * kSecond;

}  // namespace

namespace {
// Which worker the current thread is, so that wake() knows that its caller is a slice. Set once by
// each worker thread.
thread_local void* currentWorker = nullptr;
}  // namespace

Scheduler::Scheduler(const Clock& clock, SchedulerOptions options)
    : clock_(clock), options_(options) {}

Scheduler::~Scheduler() {
  stop();
  Workers abandoned;
  {
    MutexLock lock(mutex_);
    abandoned.swap(abandoned_);
  }
  abandoned.clear();  // joins
}

void Scheduler::start() {
  MutexLock lock(mutex_);
  if (started_) return;
  started_ = true;
  const auto blocking = std::stable_partition(ready_.begin(), ready_.end(),
                                              [](const auto& task) { return !task->blocking(); });
  std::move(blocking, ready_.end(), std::back_inserter(blockingReady_));
  ready_.erase(blocking, ready_.end());
  const std::uint32_t count =
      options_.workers != 0 ? options_.workers : std::max(1U, std::thread::hardware_concurrency());
  for (std::uint32_t i = 0; i < count; ++i) addWorker();
  for (std::size_t i = 0; i < blockingReady_.size(); ++i) growBlocking();
}

void Scheduler::stop() {
  const auto* self = static_cast<const Worker*>(currentWorker);
  MR_ASSERT(self == nullptr || self->owner != this);  // it would wait for itself
  Workers threads;
  {
    MutexLock lock(mutex_);
    if (!started_) return;
    stopping_ = true;
    work_.notifyAll();
    blockingWork_.notifyAll();
    threads = std::move(workers_);
    workers_.clear();
    std::move(blockingThreads_.begin(), blockingThreads_.end(), std::back_inserter(threads));
    blockingThreads_.clear();
  }
  threads.clear();  // joins
  Tasks gone;
  MutexLock lock(mutex_);
  gone.swap(gone_);
  std::move(blockingReady_.begin(), blockingReady_.end(), std::back_inserter(ready_));
  blockingReady_.clear();
  // No slice runs, so whoever waits for a limit may try again; a limit and its waiting tasks own
  // each other and must not outlive the scheduler so.
  for (std::size_t i = 0; i < ready_.size(); ++i) {
    const std::shared_ptr<Task> task = ready_[i];
    for (const auto& limit : task->limits()) {
      std::move(limit->waiting_.begin(), limit->waiting_.end(), std::back_inserter(ready_));
      limit->waiting_.clear();
    }
  }
  started_ = false;
  stopping_ = false;
}

void Scheduler::addWorker() {
  workers_.push_back(std::make_unique<Worker>());
  Worker& self = *workers_.back();
  self.owner = this;
  self.thread = std::jthread([this, &self] {
    currentWorker = &self;
    workerLoop(self);
    currentWorker = nullptr;
  });
}

/// Queues a task that is not queued yet and may run; remembers the wake of one that may not.
void Scheduler::enqueue(const std::shared_ptr<Task>& task, Place place) {
  if (task->removed_) return;
  if (task->queued_ || task->active_ >= task->maxTasks()) {
    task->again_ = true;
    return;
  }
  task->queued_ = true;
  task->again_ = false;
  if (started_ && task->blocking()) {
    enqueueBlocking(task, place);
    return;
  }
  auto* self = static_cast<Worker*>(currentWorker);
  if (self != nullptr && (self->owner != this || self->abandoned)) self = nullptr;
  if (place == Place::kNextHere && self != nullptr && self->next == nullptr) {
    self->next = task;
    ++local_;
    return;
  }
  ready_.push_back(task);
  const bool mine =
      place == Place::kBehind && self != nullptr && self->next == nullptr && ready_.size() == 1;
  if (sleeping_ > 0 && !mine) work_.notifyOne();
}

void Scheduler::wake(const std::shared_ptr<Task>& task) {
  MutexLock lock(mutex_);
  enqueue(task, Place::kNextHere);
}

void Scheduler::armTimer(const std::shared_ptr<Task>& task, Nanos moment) {
  if (task->removed_ || moment == std::numeric_limits<Nanos>::max()) return;  // the end of time
  if (task->timerId_ != 0 && task->timer_ <= moment) return;
  disarmTimer(*task);
  task->timer_ = moment;
  task->timerId_ = ++timersArmed_;
  const auto added = timers_.emplace(TimerKey{moment, task->timerId_}, task).first;
  if (added == timers_.begin() && sleeping_ > 0) work_.notifyOne();
}

void Scheduler::disarmTimer(Task& task) {
  if (task.timerId_ == 0) return;
  timers_.erase({task.timer_, task.timerId_});
  task.timerId_ = 0;
}

void Scheduler::wakeAt(const std::shared_ptr<Task>& task, Nanos moment) {
  MutexLock lock(mutex_);
  armTimer(task, moment);
}

void Scheduler::fireTimers(Nanos now) {
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    std::shared_ptr<Task> task = timers_.begin()->second.lock();
    timers_.erase(timers_.begin());
    if (task == nullptr) continue;
    task->timerId_ = 0;
    enqueue(task, Place::kShared);
    gone_.push_back(std::move(task));  // perhaps the last who holds it
  }
}

void Scheduler::remove(const std::shared_ptr<Task>& task) {
  MutexLock lock(mutex_);
  task->removed_ = true;
  disarmTimer(*task);
}

void Scheduler::restore(const std::shared_ptr<Task>& task) {
  MutexLock lock(mutex_);
  task->removed_ = false;
  enqueue(task, Place::kNextHere);
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
  for (const auto& full : task->limits()) {
    if (full->cap_ == 0 || full->active_ < full->cap_) continue;
    full->waiting_.push_back(task);  // stays queued_: whoever leaves the limit brings it back
    // The place that it may have been called for in another of its limits goes to the next there.
    for (const auto& limit : task->limits()) callWaiting(*limit);
    return false;
  }
  for (const auto& limit : task->limits()) ++limit->active_;
  return true;
}

/// Brings back one of the tasks that wait for a limit, if it has a place for one.
void Scheduler::callWaiting(TaskLimit& limit) {
  if (limit.cap_ != 0 && limit.active_ >= limit.cap_) return;
  while (!limit.waiting_.empty()) {
    std::shared_ptr<Task> task = std::move(limit.waiting_.front());
    limit.waiting_.pop_front();
    task->queued_ = false;
    if (!task->removed_) {
      enqueue(task, Place::kShared);
      return;
    }
    gone_.push_back(std::move(task));
  }
}

/// Counts a task that was queued as running, so that remove() and waitIdle() see it from here on;
/// nothing when it may not run now.
std::shared_ptr<Task> Scheduler::begin(std::shared_ptr<Task> task) {
  if (task->removed_) {
    task->queued_ = false;
    for (const auto& limit : task->limits()) callWaiting(*limit);
    gone_.push_back(std::move(task));
    return nullptr;
  }
  if (!admit(task)) return nullptr;
  task->queued_ = false;
  ++task->active_;
  ++running_;
  return task;
}

std::shared_ptr<Task> Scheduler::takeReady(std::deque<std::shared_ptr<Task>>& ready) {
  while (!ready.empty()) {
    std::shared_ptr<Task> task = std::move(ready.front());
    ready.pop_front();
    task = begin(std::move(task));
    if (task != nullptr) return task;
  }
  return nullptr;
}

void Scheduler::leaveLimits(Task& task) {
  for (const auto& limit : task.limits()) {
    --limit->active_;
    callWaiting(*limit);
  }
}

/// Runs one slice of a task that begin() returned, if it is ready; false when it is not.
bool Scheduler::run(const std::shared_ptr<Task>& task, Worker* self) {
  Nanos now = clock_.monotonic();
  const bool ready = task->isReady(now);
  if (ready) {
    if (task->maxTasks() > 1) {  // a second task of the same component may find work too
      MutexLock lock(mutex_);
      if (!task->queued_ && task->active_ < task->maxTasks()) enqueue(task, Place::kShared);
    }
    task->runSlice();
    now = clock_.monotonic();
  }
  // Both questions about one moment: what becomes ready between two of them would be lost.
  const bool readyAgain = ready && task->isReady(now);
  const std::optional<Nanos> moment = readyAgain ? std::nullopt : task->nextMoment(now);
  MutexLock lock(mutex_);
  if (self != nullptr && self->abandoned) return ready;  // somebody counted it out already
  if (self != nullptr) self->running = nullptr;
  --task->active_;
  --running_;
  leaveLimits(*task);
  if (task->active_ == 0) idle_.notifyAll();
  const bool again = std::exchange(task->again_, false);
  // Behind everybody else who is ready: no component may keep a worker to itself.
  if ((readyAgain || again) && !task->queued_) enqueue(task, Place::kBehind);
  if (moment) armTimer(task, *moment);
  return ready;
}

/// The task that a worker runs next; nothing when there is none.
std::shared_ptr<Task> Scheduler::takeWork(Worker& self) {
  if (!timers_.empty()) fireTimers(clock_.monotonic());
  while (self.next != nullptr) {
    std::shared_ptr<Task> next = std::move(self.next);
    self.next = nullptr;
    --local_;
    if (++self.inARow > kMostInARow && !ready_.empty()) {
      ready_.push_back(std::move(next));
      if (sleeping_ > 0) work_.notifyOne();
      break;
    }
    next = begin(std::move(next));
    if (next != nullptr) return next;
  }
  self.inARow = 0;
  return takeReady(ready_);
}

void Scheduler::sleepUntilWork() {
  ++sleeping_;
  if (timers_.empty()) {
    work_.wait(mutex_);
  } else {
    const Nanos left = timers_.begin()->first.first - clock_.monotonic();
    work_.waitFor(mutex_,
                  std::chrono::nanoseconds(std::clamp<Nanos>(left, kMicrosecond, kLongestSleep)));
  }
  --sleeping_;
}

void Scheduler::workerLoop(Worker& self) {
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
        if (stopping_) {
          if (self.next != nullptr) {
            --local_;
            ready_.push_front(std::move(self.next));
          }
          return;
        }
        task = takeWork(self);
        self.running = task.get();
        if (task != nullptr || !gone_.empty()) break;
        sleepUntilWork();
      }
      gone.swap(gone_);
    }
    gone.clear();
    if (task != nullptr) run(task, &self);
  }
}

bool Scheduler::runOne() {
  while (true) {
    Tasks gone;
    std::shared_ptr<Task> task;
    {
      MutexLock lock(mutex_);
      MR_ASSERT(!started_);
      fireTimers(clock_.monotonic());
      task = takeReady(ready_);
      gone.swap(gone_);
    }
    if (task == nullptr) return false;
    if (run(task, nullptr)) return true;
  }
}

std::optional<Nanos> Scheduler::nextTimer() const {
  MutexLock lock(mutex_);
  if (timers_.empty()) return std::nullopt;
  return timers_.begin()->first.first;
}

bool Scheduler::isQuiet() const {
  MutexLock lock(mutex_);
  return running_ == 0 && ready_.empty() && blockingReady_.empty() && local_ == 0;
}

}  // namespace millrace::engine
