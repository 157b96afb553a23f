// SPDX-License-Identifier: Apache-2.0
#include "processors/http/request_queue.h"

#include <algorithm>
#include <utility>

namespace millrace::processors {

void RequestQueue::open(std::size_t most) {
  MutexLock lock(mutex_);
  most_ = most;
}

bool RequestQueue::push(std::shared_ptr<HttpExchange> exchange) {
  MutexLock lock(mutex_);
  if (waiting_.size() >= most_) return false;
  waiting_.push_back(std::move(exchange));
  return true;
}

std::shared_ptr<HttpExchange> RequestQueue::takeWhole() {
  MutexLock lock(mutex_);
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [](const auto& exchange) { return exchange->hasWholeBody(); });
  if (found == waiting_.end()) return nullptr;
  auto taken = std::move(*found);
  waiting_.erase(found);
  return taken;
}

std::shared_ptr<HttpExchange> RequestQueue::take() {
  MutexLock lock(mutex_);
  if (waiting_.empty()) return nullptr;
  auto taken = std::move(waiting_.front());
  waiting_.pop_front();
  return taken;
}

void RequestQueue::close() {
  std::deque<std::shared_ptr<HttpExchange>> refused;
  {
    MutexLock lock(mutex_);
    most_ = 0;
    refused.swap(waiting_);
  }
  for (const auto& exchange : refused) exchange->answer(503, {}, "The server is stopping\n");
}

}  // namespace millrace::processors
