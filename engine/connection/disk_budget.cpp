// SPDX-License-Identifier: Apache-2.0
#include "engine/connection/disk_budget.h"

#include "engine/connection/flowfile_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace millrace::engine {

void DiskBudget::enrol(const std::shared_ptr<FlowFileQueue>& queue) {
  MutexLock lock(mutex_);
  std::erase_if(queues_, [](const auto& each) { return each.expired(); });
  queues_.push_back(queue);
}

std::shared_ptr<FlowFileQueue> DiskBudget::oldest(
    std::span<const std::shared_ptr<FlowFileQueue>> without) const {
  std::vector<std::shared_ptr<FlowFileQueue>> alive;  // let go of without the lock
  {
    MutexLock lock(mutex_);
    alive.reserve(queues_.size());
    for (const auto& each : queues_) {
      if (auto queue = each.lock()) alive.push_back(std::move(queue));
    }
  }
  std::shared_ptr<FlowFileQueue> found;
  std::optional<Lsn> first;
  for (const auto& queue : alive) {
    if (queue->isEmpty() || !queue->givesWay()) continue;
    if (std::find(without.begin(), without.end(), queue) != without.end()) continue;
    const std::optional<Lsn> front = queue->firstLsn();
    if (!front || (first && *first <= *front)) continue;
    first = front;
    found = queue;
  }
  return found;
}

std::optional<std::string> DiskBudget::noteDropped(std::uint64_t count, std::uint64_t bytes,
                                                   Nanos now) {
  MutexLock lock(mutex_);
  droppedCount_ += count;
  droppedBytes_ += bytes;
  if (toldAt_ && now - *toldAt_ < kMinute) return std::nullopt;
  toldAt_ = now;
  return fmt::format(
      "the disk budget of {} bytes is full: {} FlowFiles ({} bytes) were dropped, {} first",
      settings_.bytes, std::exchange(droppedCount_, 0), std::exchange(droppedBytes_, 0),
      settings_.dropsNewest ? "the newest" : "the oldest");
}

}  // namespace millrace::engine
