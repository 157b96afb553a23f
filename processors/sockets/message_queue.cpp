// SPDX-License-Identifier: Apache-2.0
#include "processors/sockets/message_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace millrace::processors {

void MessageQueue::open(std::size_t most) {
  MutexLock lock(mutex_);
  most_ = most;
}

bool MessageQueue::hasRoom() const {
  MutexLock lock(mutex_);
  return waiting_.size() < most_;
}

bool MessageQueue::push(ReceivedMessage message) {
  MutexLock lock(mutex_);
  waiting_.push_back(std::move(message));
  return waiting_.size() < most_;
}

void MessageQueue::whenRoom(std::function<void()> resume) {
  {
    MutexLock lock(mutex_);
    if (waiting_.size() >= most_) {
      held_.push_back(std::move(resume));
      return;
    }
  }
  resume();
}

std::vector<ReceivedMessage> MessageQueue::take(std::size_t most) {
  std::vector<ReceivedMessage> taken;
  std::vector<std::function<void()>> resumed;
  {
    MutexLock lock(mutex_);
    const auto count = static_cast<std::ptrdiff_t>(std::min(most, waiting_.size()));
    taken.assign(std::make_move_iterator(waiting_.begin()),
                 std::make_move_iterator(waiting_.begin() + count));
    waiting_.erase(waiting_.begin(), waiting_.begin() + count);
    if (waiting_.size() < most_) resumed.swap(held_);
  }
  for (const auto& resume : resumed) resume();
  return taken;
}

void MessageQueue::putBack(std::vector<ReceivedMessage> messages) {
  MutexLock lock(mutex_);
  waiting_.insert(waiting_.begin(), std::make_move_iterator(messages.begin()),
                  std::make_move_iterator(messages.end()));
}

void MessageQueue::close() {
  std::vector<std::function<void()>> forgotten;
  MutexLock lock(mutex_);
  forgotten.swap(held_);
}

}  // namespace millrace::processors
