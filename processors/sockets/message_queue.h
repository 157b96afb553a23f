// SPDX-License-Identifier: Apache-2.0
#pragma once
// MessageQueue: messages on their way from the network's thread to the triggers of a processor, and
// TakenMessages: those that a trigger works on, which go back where they came from unless their
// commit became durable.
// Threads: any.

#include "engine/base/mutex.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace millrace::processors {

struct ReceivedMessage {
  std::string bytes;
  std::string sender;  ///< its address
  std::uint16_t senderPort = 0;
  /// Of its certificate; empty: it showed none.
  std::string subject = {};
  std::string issuer = {};
};

/// What whoever fills a queue tells; from the network's thread, so it may not wait.
struct MessageEvents {
  std::function<void()> received;                   ///< there are new messages
  std::function<void(const std::string&)> problem;  ///< one sentence
};

class MessageQueue {
 public:
  /// How many may wait. What waits already stays.
  void open(std::size_t most);
  bool hasRoom() const;
  /// Takes a message even when there is no room: who may not lose it asks whenRoom() before the
  /// next. True when there is room for more.
  bool push(ReceivedMessage message);
  /// Calls once when there is room: at once, or from a thread that takes messages.
  void whenRoom(std::function<void()> resume);
  std::vector<ReceivedMessage> take(std::size_t most);
  /// Before all others.
  void putBack(std::vector<ReceivedMessage> messages);
  /// Forgets whom to call.
  void close();

 private:
  mutable Mutex mutex_;
  std::deque<ReceivedMessage> waiting_ MR_GUARDED_BY(mutex_);
  std::vector<std::function<void()>> held_ MR_GUARDED_BY(mutex_);
  std::size_t most_ MR_GUARDED_BY(mutex_) = 0;
};

class TakenMessages {
 public:
  /// Shares the queue with the processor, which may be gone when a commit ends.
  TakenMessages(std::shared_ptr<MessageQueue> queue, std::size_t most)
      : queue_(std::move(queue)), messages_(queue_->take(most)) {}
  ~TakenMessages() {
    if (!messages_.empty()) queue_->putBack(std::move(messages_));
  }
  TakenMessages(const TakenMessages&) = delete;
  TakenMessages& operator=(const TakenMessages&) = delete;
  const std::vector<ReceivedMessage>& all() const { return messages_; }
  /// They are safe elsewhere.
  void confirm() { messages_.clear(); }

 private:
  const std::shared_ptr<MessageQueue> queue_;
  std::vector<ReceivedMessage> messages_;
};

}  // namespace millrace::processors
