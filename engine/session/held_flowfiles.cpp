// SPDX-License-Identifier: Apache-2.0
#include "engine/session/held_flowfiles.h"

#include <map>
#include <utility>
#include <vector>

namespace millrace::engine {

Held::Held(std::unique_ptr<SessionEntry> entry, std::shared_ptr<const Wiring> wiring)
    : entry_(std::move(entry)), wiring_(std::move(wiring)) {
  HeldFlowFiles* list = wiring_->held.get();
  if (list == nullptr) return;
  const MutexLock lock(list->mutex_);
  next_ = list->first_;
  if (next_ != nullptr) next_->previous_ = this;
  list->first_ = this;
  listed_ = true;
  list->count_.fetch_add(1, std::memory_order_relaxed);
}

bool Held::leaveList() {
  HeldFlowFiles* list = wiring_->held.get();
  if (list == nullptr) return true;
  const MutexLock lock(list->mutex_);
  if (!std::exchange(listed_, false)) return false;
  (previous_ != nullptr ? previous_->next_ : list->first_) = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  list->count_.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

Held::~Held() {
  if (entry_ == nullptr || !leaveList()) return;
  std::vector<FlowFile> back;
  back.push_back(std::move(entry_->file));
  entry_->queue->putBack(std::move(back));
}

std::unique_ptr<SessionEntry> Held::release() {
  if (entry_ == nullptr || !leaveList()) return nullptr;
  return std::move(entry_);
}

void HeldFlowFiles::giveBack() {
  // The wirings keep the queues alive: their holders may be gone as soon as the lock is.
  std::map<FlowFileQueue*, std::pair<std::shared_ptr<const Wiring>, std::vector<FlowFile>>> back;
  {
    const MutexLock lock(mutex_);
    for (Held* held = first_; held != nullptr; held = held->next_) {
      held->listed_ = false;
      auto& [wiring, files] = back[held->entry_->queue];
      wiring = held->wiring_;
      files.push_back(held->entry_->file);  // a copy: the holder may be looking at the entry
    }
    first_ = nullptr;
    count_ = 0;
  }
  for (auto& [queue, given] : back) queue->putBack(std::move(given.second));
}

}  // namespace millrace::engine
