// SPDX-License-Identifier: Apache-2.0
#pragma once
// MessageServer: a TCP port that cuts what it receives into messages, which go to a MessageQueue.
// While that is full, nothing is read: the peers wait.
//
// Promise: memory is bounded by the queue and, for each connection, one message; a longer message
// is left out and reported. What a peer sends behind its last delimiter is a message when it ends
// its side in order.
// Threads: events come on the network's thread and may not wait; close() from any other.

#include "engine/base/clock.h"
#include "engine/net/network.h"
#include "processors/sockets/message_queue.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace millrace::processors {

struct MessageServerOptions {
  net::ListenOptions listen;
  std::string delimiter = "\n";  ///< not empty
  std::size_t longest = 65'507;  ///< bytes of a message
  Nanos idleTime = 0;            ///< without a byte; 0: for ever
};

class MessageServer {
 public:
  static Result<std::unique_ptr<MessageServer>> open(net::Network& network,
                                                     MessageServerOptions options,
                                                     std::shared_ptr<MessageQueue> queue,
                                                     MessageEvents events);
  std::uint16_t port() const { return listener_->port(); }
  void stopAccepting() { listener_->stopAccepting(); }
  /// No event comes any more on return.
  void close() { listener_->close(0); }

  struct Shared;

 private:
  explicit MessageServer(std::unique_ptr<net::Listener> listener)
      : listener_(std::move(listener)) {}
  std::unique_ptr<net::Listener> listener_;
};

}  // namespace millrace::processors
