// SPDX-License-Identifier: Apache-2.0
#pragma once
// HandlerThreads: a few threads that run jobs in their order; a job that finds no room is refused.
// Threads: any; stop() from one.

#include "engine/base/mutex.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

namespace millrace::server {

class HandlerThreads {
 public:
  explicit HandlerThreads(std::size_t most) : most_(most) {}
  ~HandlerThreads() { stop(); }

  void start(std::uint32_t count);
  bool post(std::function<void()> job);
  /// The rest of a job that was taken once: it finds room whatever waits.
  void goOn(std::function<void()> job);
  /// Ends when every job that was taken is done.
  void stop();

 private:
  void loop();

  const std::size_t most_;
  Mutex mutex_;
  Condition work_;
  std::deque<std::function<void()>> jobs_ MR_GUARDED_BY(mutex_);
  bool stopping_ MR_GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;
};

}  // namespace millrace::server
