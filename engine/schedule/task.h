// SPDX-License-Identifier: Apache-2.0
#pragma once
// Task: something that the scheduler runs in slices: a processor, a port, a funnel.
//
// Promise of the scheduler: runSlice() is called only after isReady() said yes, never by more
// threads at once than maxTasks(); a wake() during a slice is not lost. Ownership: the scheduler
// keeps a shared_ptr while a task is queued or running, since a live edit may drop its component
// meanwhile.

#include "engine/base/clock.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace millrace::engine {

class Task;

/// A cap on the tasks that run at once in one part of a flow, so that it cannot starve the rest.
/// Its counters belong to the scheduler.
class TaskLimit {
 public:
  explicit TaskLimit(std::uint32_t cap) : cap_(cap) {}

 private:
  friend class Scheduler;
  const std::uint32_t cap_;  // 0: none
  std::uint32_t active_ = 0;
  std::deque<std::shared_ptr<Task>> waiting_;
};

class Task : public std::enable_shared_from_this<Task> {
 public:
  virtual ~Task() = default;

  /// True when a slice has something to do now. Cheap; called from any thread.
  virtual bool isReady(Nanos now) = 0;
  /// The next moment at which isReady() may change by itself (a timer, a penalty, a yield); nothing
  /// when only a wake() can change it.
  virtual std::optional<Nanos> nextMoment(Nanos now) = 0;
  virtual void runSlice() = 0;
  virtual std::uint32_t maxTasks() const = 0;
  /// True for tasks that wait for others: they run on the side pool.
  virtual bool blocking() const = 0;
  /// The caps that it falls under, innermost first. Constant while the task is known to the
  /// scheduler.
  virtual const std::vector<std::shared_ptr<TaskLimit>>& limits() const = 0;

 private:
  friend class Scheduler;
  // Guarded by the scheduler's lock.
  std::uint32_t active_ = 0;
  bool queued_ = false;
  bool again_ = false;  // woken while it could not be queued
  bool removed_ = false;
  Nanos timer_ = 0;            // the moment in the timer queue
  std::uint64_t timerId_ = 0;  // its place among timers of one moment; 0: no timer
};

}  // namespace millrace::engine
