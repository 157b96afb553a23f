// SPDX-License-Identifier: Apache-2.0
#pragma once
// Scheduler: runs tasks when they are ready. Nothing polls: a task becomes ready by wake(), which
// queues and timers call, and a thread that has nothing to do sleeps until the next timer.
//
// Ordinary tasks share the workers; blocking ones run on a side pool that grows as needed, so that
// they never keep a worker. A task woken by the slice that a worker is running goes to that worker
// next: its data is in the cache. Without start(), runOne() runs everything on the caller's thread,
// in one order for one sequence of calls. Threads: everything from any thread, but start(), stop()
// and runOne() from one at a time, and stop() and waitIdle() never from within a slice. A Task is
// never destroyed under the scheduler's lock, so that its destructor may call the scheduler.

#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/schedule/task.h"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>
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
  /// Returns when no slice runs any more but on threads that were given up. Tasks stay known;
  /// start() goes on.
  void stop();

  /// Something that isReady() depends on changed.
  void wake(const std::shared_ptr<Task>& task);
  /// As wake(), at a moment of the monotonic clock.
  void wakeAt(const std::shared_ptr<Task>& task, Nanos moment);
  /// No new slice of the task begins. Slices that run go on.
  void remove(const std::shared_ptr<Task>& task);
  /// Undoes remove().
  void restore(const std::shared_ptr<Task>& task);
  /// Gives up the threads that run slices of the task: others take their places, the task counts as
  /// idle and is removed. A thread that comes back from its slice all the same ends then; until
  /// then it keeps the task alive. Returns how many threads that are.
  std::uint32_t abandon(const std::shared_ptr<Task>& task);
  /// Threads given up that have not come back. The destructor waits for them.
  std::uint32_t abandonedThreads() const;
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
  struct Worker;
  using Workers = std::vector<std::unique_ptr<Worker>>;
  /// The moment, and the order in which timers of one moment were armed.
  using TimerKey = std::pair<Nanos, std::uint64_t>;
  using Tasks = std::vector<std::shared_ptr<Task>>;

  /// kNextHere: a worker that runs a slice takes it next itself. kShared: any worker may. kBehind:
  /// the same, and the caller is a thread that looks for work now, so that only a surplus wakes
  /// another.
  enum class Place : std::uint8_t { kNextHere, kShared, kBehind };
  void enqueue(const std::shared_ptr<Task>& task, Place place) MR_REQUIRES(mutex_);
  void enqueueBlocking(const std::shared_ptr<Task>& task, Place place) MR_REQUIRES(mutex_);
  void armTimer(const std::shared_ptr<Task>& task, Nanos moment) MR_REQUIRES(mutex_);
  void disarmTimer(Task& task) MR_REQUIRES(mutex_);
  void fireTimers(Nanos now) MR_REQUIRES(mutex_);
  std::shared_ptr<Task> takeReady(std::deque<std::shared_ptr<Task>>& ready) MR_REQUIRES(mutex_);
  std::shared_ptr<Task> takeWork(Worker& self) MR_REQUIRES(mutex_);
  std::shared_ptr<Task> begin(std::shared_ptr<Task> task) MR_REQUIRES(mutex_);
  bool admit(const std::shared_ptr<Task>& task) MR_REQUIRES(mutex_);
  void callWaiting(TaskLimit& limit) MR_REQUIRES(mutex_);
  void sleepUntilWork() MR_REQUIRES(mutex_);
  /// `self`: null for a thread that is not the scheduler's own.
  bool run(const std::shared_ptr<Task>& task, Worker* self);
  void leaveLimits(Task& task) MR_REQUIRES(mutex_);
  void workerLoop(Worker& self);
  void blockingLoop(Worker& self);
  void addWorker() MR_REQUIRES(mutex_);
  void growBlocking() MR_REQUIRES(mutex_);
  std::uint32_t giveUp(Workers& from, const Task& task) MR_REQUIRES(mutex_);

  const Clock& clock_;
  const SchedulerOptions options_;

  mutable Mutex mutex_;
  Condition work_;
  Condition blockingWork_;
  Condition idle_;
  std::deque<std::shared_ptr<Task>> ready_ MR_GUARDED_BY(mutex_);
  std::deque<std::shared_ptr<Task>> blockingReady_ MR_GUARDED_BY(mutex_);
  std::map<TimerKey, std::weak_ptr<Task>> timers_ MR_GUARDED_BY(mutex_);
  std::uint64_t timersArmed_ MR_GUARDED_BY(mutex_) = 0;
  Tasks gone_ MR_GUARDED_BY(mutex_);  // removed while queued: let go of without the lock
  std::uint32_t running_ MR_GUARDED_BY(mutex_) = 0;
  std::uint32_t sleeping_ MR_GUARDED_BY(mutex_) = 0;
  std::uint32_t blockingIdle_ MR_GUARDED_BY(mutex_) = 0;
  std::uint32_t local_ MR_GUARDED_BY(mutex_) = 0;  // tasks waiting in workers' own places
  bool started_ MR_GUARDED_BY(mutex_) = false;
  bool stopping_ MR_GUARDED_BY(mutex_) = false;
  Workers workers_ MR_GUARDED_BY(mutex_);
  Workers blockingThreads_ MR_GUARDED_BY(mutex_);
  Workers abandoned_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::engine
