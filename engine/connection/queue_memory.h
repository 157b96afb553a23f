// SPDX-License-Identifier: Apache-2.0
#pragma once
// QueueMemory: one memory budget for all queues of an engine. When the FlowFiles in memory go over
// it, those that wait longest for their turn leave for pages, out of the fullest queue first.
//
// Whoever pushed over the budget does the work, so that a flood slows its own source and nobody
// else. A page that cannot be written is an inconvenience: its FlowFiles stay in memory. A page
// that cannot be read is a failure of the store: the queue stands still until a restart finds its
// FlowFiles in the journal.
//
// Ownership: shared by its queues. Threads: any. Listeners are called without a lock held.

#include "engine/base/mutex.h"
#include "engine/ports/flowfile_pages.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace millrace::engine {

class FlowFileQueue;

class QueueMemory {
 public:
  struct Options {
    std::uint64_t budget = 256ULL << 20;  ///< bytes, as estimated
    std::uint64_t alwaysInMemory = 1024;  ///< FlowFiles of each queue, so that short ones stay
    std::uint64_t smallestPage = 1024;    ///< FlowFiles
    std::uint64_t largestPage = 4096;     ///< FlowFiles
    /// FlowFiles stay in memory beyond the budget, since no page can be written.
    std::function<void(const Error&)> onCannotWrite;
    /// FlowFiles of a queue cannot be read back.
    std::function<void(const Error&)> onLost;
  };

  QueueMemory(std::shared_ptr<FlowFilePages> pages, Options options)
      : pages_(std::move(pages)), options_(std::move(options)) {}

  void enrol(FlowFileQueue& queue);
  void leave(FlowFileQueue& queue);

  /// What queues have in memory changed by so many bytes.
  void changed(std::int64_t bytes) {
    used_.fetch_add(static_cast<std::uint64_t>(bytes), std::memory_order_relaxed);
  }
  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  /// Called after a push, without a lock: pages out until the budget is kept.
  void relieve() {
    if (used() > reliefAt_.load(std::memory_order_relaxed)) pageOut();
  }

  const Options& options() const { return options_; }
  void lost(const Error& error) {
    if (options_.onLost) options_.onLost(error);
  }

 private:
  void pageOut();
  FlowFileQueue* fullest() MR_REQUIRES(mutex_);

  const std::shared_ptr<FlowFilePages> pages_;
  const Options options_;
  std::atomic<std::uint64_t> used_{0};
  /// The budget, or more while paging out brings nothing.
  std::atomic<std::uint64_t> reliefAt_{options_.budget};

  Mutex mutex_;  // held while a queue pages out: one at a time, and no queue goes meanwhile
  std::vector<FlowFileQueue*> queues_ MR_GUARDED_BY(mutex_);
  bool complained_ MR_GUARDED_BY(mutex_) = false;
};

}  // namespace millrace::engine
