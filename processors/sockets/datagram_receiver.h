// SPDX-License-Identifier: Apache-2.0
#pragma once
// DatagramReceiver: a UDP port whose datagrams go to a MessageQueue. Those that come while it is
// full are lost; that this begins, and how many they were when it ends, is reported.
// Threads: events come on the network's thread and may not wait; close() from any other.

#include "engine/net/network.h"
#include "processors/sockets/message_queue.h"

#include <memory>
#include <optional>
#include <string>

namespace millrace::processors {

struct DatagramReceiverOptions {
  net::DatagramOptions listen;
  std::size_t longest = 65'507;         ///< bytes; a longer one is left out
  std::optional<net::Endpoint> sender;  ///< an address: others are passed over
};

Result<std::unique_ptr<net::DatagramPort>> receiveIntoQueue(net::Network& network,
                                                            DatagramReceiverOptions options,
                                                            std::shared_ptr<MessageQueue> queue,
                                                            MessageEvents events);

}  // namespace millrace::processors
