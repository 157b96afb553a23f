// SPDX-License-Identifier: Apache-2.0
#pragma once
// Scheduler: runs tasks when they are ready. Nothing polls: a task becomes ready by wake(), which
// queues and timers call, and a thread that has nothing to do sleeps until the next timer.
//
// Ordinary tasks share the workers; blocking ones run on a side pool that grows as needed, so that
// they never keep a worker. A task woken by the slice that a worker is running goes to that worker
// next: its data is in the cache. Without start(), runOne() runs everything on the caller's thread,
// in one order for one sequence of calls. Threads: wake(), wakeAt() and remove() from any thread.

#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/schedule/task.h"

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <queue>
#include <thread>
#include <vector>

namespace millrace::engine {

struct SchedulerOptions {
  std::uint32_t workers = 0;           ///< 0: as many as the machine has cores
  std::uint32_t blockingThreads = 64;  ///< most threads of the side pool
};

class Scheduler {
 public:
  Scheduler(const Clock& clock, SchedulerOptions options);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  void start();
  /// Returns when no slice runs any more. Tasks stay known; start() goes on.
  void stop();

  /// Something that isReady() depends on changed.
  void wake(const std::shared_ptr<Task>& task);
  /// As wake(), at a moment of the monotonic clock.
  void wakeAt(const std::shared_ptr<Task>& task, Nanos moment);
  /// No new slice of the task begins. Slices that run go on.
  void remove(const std::shared_ptr<Task>& task);
  /// Undoes remove().
  void restore(const std::shared_ptr<Task>& task);
  /// Slices of the task that run now.
  std::uint32_t activeOf(const Task& task) const;
  /// Waits until no slice of the task runs, at most that long; false when one still does.
  bool waitIdle(const Task& task, Nanos atMost);

  /// Without start(): runs one slice; false when no task is ready.
  bool runOne();
  /// The next timer, if any.
  std::optional<Nanos> nextTimer() const;
  /// True when no slice runs and none is queued.
  bool isQuiet() const;

 private:
  struct Timer {
    Nanos moment = 0;
    std::weak_ptr<Task> task;
    bool operator>(const Timer& other) const { return moment > other.moment; }
  };
  struct Worker;

  /// kNextHere: a worker that runs a slice takes it next itself. kShared: any worker may.
  enum class Place : std::uint8_t { kNextHere, kShared };
  void enqueue(const std::shared_ptr<Task>& task, Place place = Place::kNextHere)
      MR_REQUIRES(mutex_);
  void armTimer(const std::shared_ptr<Task>& task, Nanos moment) MR_REQUIRES(mutex_);
  void fireTimers(Nanos now) MR_REQUIRES(mutex_);
  std::shared_ptr<Task> takeReady(std::deque<std::shared_ptr<Task>>& ready) MR_REQUIRES(mutex_);
  bool admit(const std::shared_ptr<Task>& task) MR_REQUIRES(mutex_);
  void leaveLimits(Task& task) MR_REQUIRES(mutex_);
  void run(const std::shared_ptr<Task>& task);
  void workerLoop(Worker& self);
  void blockingLoop();
  void growBlocking() MR_REQUIRES(mutex_);

  const Clock& clock_;
  const SchedulerOptions options_;

  mutable Mutex mutex_;
  Condition work_;
  Condition blockingWork_;
  Condition idle_;
  std::deque<std::shared_ptr<Task>> ready_ MR_GUARDED_BY(mutex_);
  std::deque<std::shared_ptr<Task>> blockingReady_ MR_GUARDED_BY(mutex_);
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_ MR_GUARDED_BY(mutex_);
  std::uint32_t running_ MR_GUARDED_BY(mutex_) = 0;
  std::uint32_t sleeping_ MR_GUARDED_BY(mutex_) = 0;
  std::uint32_t blockingIdle_ MR_GUARDED_BY(mutex_) = 0;
  std::uint32_t local_ MR_GUARDED_BY(mutex_) = 0;  // tasks waiting in workers' own places
  bool started_ MR_GUARDED_BY(mutex_) = false;
  bool stopping_ MR_GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> workers_;
  std::vector<std::jthread> blockingThreads_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::engine
