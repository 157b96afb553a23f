// SPDX-License-Identifier: Apache-2.0
#pragma once
// DiskBudget: how much may wait in all queues of an engine together, for a machine whose disk is
// small. A session that brings more than there is room for makes room when it commits
// (session_budget.cpp): what waited longest gives way, in whichever queue it is, or what the
// session brings does.
//
// A queue gives way from its front, so only one whose front is its oldest can: those with other
// prioritizers keep what they have.
//
// Ownership: shared by the queues and whoever wires them; it keeps no queue alive.
// Threads: any.

#include "engine/base/clock.h"
#include "engine/base/mutex.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace millrace::engine {

class FlowFileQueue;

struct DiskBudgetSettings {
  std::uint64_t bytes = 0;  ///< 0: there is none
  bool dropsNewest = false;
};

class DiskBudget {
 public:
  /// What a FlowFile takes beside its content: its attributes and its place in the journal,
  /// roughly.
  static constexpr std::uint64_t kBytesEach = 512;
  static std::uint64_t cost(std::uint64_t count, std::uint64_t bytes) {
    return count * kBytesEach + bytes;
  }

  explicit DiskBudget(DiskBudgetSettings settings) : settings_(settings) {}
  const DiskBudgetSettings& settings() const { return settings_; }

  void enrol(const std::shared_ptr<FlowFileQueue>& queue);
  void add(std::uint64_t cost) { used_.fetch_add(cost, std::memory_order_acq_rel); }
  void take(std::uint64_t cost) { used_.fetch_sub(cost, std::memory_order_acq_rel); }
  std::uint64_t used() const { return used_.load(std::memory_order_acquire); }
  /// By how much there would be too much with so much more.
  std::uint64_t excess(std::uint64_t more) const {
    const std::uint64_t sum = used() + more;
    return sum > settings_.bytes ? sum - settings_.bytes : 0;
  }

  /// The queue whose front waits longest of all, none of `without`; null when nothing can give way.
  std::shared_ptr<FlowFileQueue> oldest(
      std::span<const std::shared_ptr<FlowFileQueue>> without) const;

  /// What is dropped is told at once, then once a minute: a sentence when it is time for one.
  std::optional<std::string> noteDropped(std::uint64_t count, std::uint64_t bytes, Nanos now);

 private:
  const DiskBudgetSettings settings_;
  std::atomic<std::uint64_t> used_{0};

  mutable Mutex mutex_;
  std::vector<std::weak_ptr<FlowFileQueue>> queues_ MR_GUARDED_BY(mutex_);
  std::uint64_t droppedCount_ MR_GUARDED_BY(mutex_) = 0;  // since it was told
  std::uint64_t droppedBytes_ MR_GUARDED_BY(mutex_) = 0;
  std::optional<Nanos> toldAt_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::engine
