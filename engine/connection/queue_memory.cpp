// SPDX-License-Identifier: Apache-2.0
#include "engine/connection/queue_memory.h"

#include "engine/connection/flowfile_queue.h"

#include <algorithm>

namespace millrace::engine {

void QueueMemory::enrol(FlowFileQueue& queue) {
  MutexLock lock(mutex_);
  queues_.push_back(&queue);
}

void QueueMemory::leave(FlowFileQueue& queue) {
  MutexLock lock(mutex_);
  std::erase(queues_, &queue);
}

FlowFileQueue* QueueMemory::fullest() {
  FlowFileQueue* found = nullptr;
  std::uint64_t most = 0;
  for (FlowFileQueue* queue : queues_) {
    const std::uint64_t pageable = queue->pageableBytes();
    if (pageable <= most) continue;
    most = pageable;
    found = queue;
  }
  return found;
}

void QueueMemory::pageOut() {
  std::optional<Error> complaint;
  {
    MutexLock lock(mutex_);
    // A little below the budget, so that the next pushes do not come here again at once.
    const std::uint64_t aim = options_.budget - options_.budget / 16;
    while (used() > aim) {
      FlowFileQueue* queue = fullest();
      if (queue == nullptr) break;
      const auto paged = queue->pageOut(*pages_);
      if (paged.ok() && *paged > 0) {
        complained_ = false;
        continue;
      }
      if (!paged.ok() && !complained_) {
        complained_ = true;
        complaint = paged.error();
      }
      break;
    }
    const std::uint64_t now = used();
    reliefAt_ = now > aim ? std::max(options_.budget, now + options_.budget / 16) : options_.budget;
  }
  if (complaint && options_.onCannotWrite) options_.onCannotWrite(*complaint);
}

}  // namespace millrace::engine
