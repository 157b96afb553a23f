// SPDX-License-Identifier: Apache-2.0
// Keys: while a session has FlowFiles of one, those behind them wait, apart from the others, so
// that who looks for work does not meet them again and again.
#include "engine/connection/flowfile_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace millrace::engine {

bool FlowFileQueue::enterLane(FlowFile& file, const void* owner, bool mayWait) {
  if (settings_.keyOf == nullptr || owner == nullptr) return true;
  Lane& lane = lanes_[(*settings_.keyOf)(file)];
  if (lane.owner == nullptr) {
    lane.owner = owner;
    hasLanes_ = true;
  }
  // Behind one that waits even the owner's next one would come too early.
  if (lane.owner == owner && lane.waiting.empty()) return true;
  if (mayWait) {
    lane.waiting.push_back(std::move(file));
    ++waiting_;
  }
  return false;
}

std::vector<FlowFile> FlowFileQueue::takeWaiting() {
  std::vector<FlowFile> files;
  for (auto& [key, lane] : lanes_) {
    std::move(lane.waiting.begin(), lane.waiting.end(), std::back_inserter(files));
    lane.waiting.clear();
  }
  waiting_ = 0;
  return files;
}

void FlowFileQueue::leaveLanes(const void* owner) {
  if (!hasLanes_.load(std::memory_order_acquire)) return;
  bool released = false;
  {
    MutexLock lock(mutex_);
    std::vector<FlowFile> files;
    for (auto at = lanes_.begin(); at != lanes_.end();) {
      Lane& lane = at->second;
      if (lane.owner != owner) {
        ++at;
        continue;
      }
      std::move(lane.waiting.begin(), lane.waiting.end(), std::back_inserter(files));
      at = lanes_.erase(at);
    }
    hasLanes_ = !lanes_.empty();
    waiting_ -= files.size();
    released = !files.empty();
    std::sort(files.begin(), files.end(),
              [](const FlowFile& a, const FlowFile& b) { return a.key < b.key; });
    insertOrdered(std::move(files));
  }
  if (released) notifyPushed();
}

}  // namespace millrace::engine
