// SPDX-License-Identifier: Apache-2.0
#pragma once
// Scheduler::Worker: a thread of the scheduler and what it keeps to itself. Guarded by the
// scheduler's lock. A part of scheduler.h.

#include "engine/schedule/scheduler.h"

#include <thread>

namespace millrace::engine {

struct Scheduler::Worker {
  const Scheduler* owner = nullptr;
  std::shared_ptr<Task> next;  // the task that its running slice woke
  std::uint32_t inARow = 0;
  const Task* running = nullptr;
  bool abandoned = false;  // its slice does not count any more, and it is to end after it
  bool ended = false;      // of an abandoned one: it came back
  std::jthread thread;
};

}  // namespace millrace::engine
