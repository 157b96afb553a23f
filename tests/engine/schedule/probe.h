// SPDX-License-Identifier: Apache-2.0
#pragma once
// A task whose work the test gives, and a count that threads wait for.

#include "engine/schedule/scheduler.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace millrace::engine {

/// A number that threads wait for.
class Count {
 public:
  void add(int by = 1) {
    std::lock_guard lock(mutex_);
    value_ += by;
    changed_.notify_all();
  }
  void waitFor(int atLeast) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return value_ >= atLeast; });
  }
  int value() {
    std::lock_guard lock(mutex_);
    return value_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int value_ = 0;
};

/// A task with so much work; each slice does one piece of it.
class Probe : public Task {
 public:
  explicit Probe(std::function<void()> work = {}, std::uint32_t most = 1)
      : work_(std::move(work)), most_(most) {}
  ~Probe() override {
    if (onDestroyed) onDestroyed();
  }

  bool isReady(Nanos now) override {
    const bool ready = pieces > 0 && now >= notBefore;
    if (onAsked) onAsked();
    return ready;
  }
  std::optional<Nanos> nextMoment(Nanos now) override {
    if (onMomentAsked) onMomentAsked();
    if (pieces > 0 && notBefore > now) return notBefore;
    return std::nullopt;
  }
  void runSlice() override {
    const int now = ++inside_;
    int seen = mostInside;
    while (now > seen && !mostInside.compare_exchange_weak(seen, now)) {
    }
    int left = pieces;
    while (left > 0 && !pieces.compare_exchange_weak(left, left - 1)) {
    }
    if (left > 0) {
      if (work_) work_();
      ++done;
    }
    --inside_;
    ended.add();
  }
  std::uint32_t maxTasks() const override { return most_; }
  bool blocking() const override { return isBlocking; }
  const std::vector<std::shared_ptr<TaskLimit>>& limits() const override { return caps; }

  std::atomic<int> pieces = 0;
  std::atomic<int> done = 0;
  std::atomic<int> mostInside = 0;
  std::atomic<Nanos> notBefore = 0;
  Count ended;
  bool isBlocking = false;
  std::vector<std::shared_ptr<TaskLimit>> caps;
  std::function<void()> onAsked, onMomentAsked, onDestroyed;

 private:
  std::function<void()> work_;
  const std::uint32_t most_;
  std::atomic<int> inside_ = 0;
};

inline std::shared_ptr<Probe> probe(std::function<void()> work = {}, std::uint32_t most = 1) {
  return std::make_shared<Probe>(std::move(work), most);
}

inline void give(Scheduler& scheduler, const std::shared_ptr<Probe>& task, int pieces = 1) {
  task->pieces += pieces;
  scheduler.wake(task);
}

constexpr int kEndless = 1'000'000'000;

}  // namespace millrace::engine
