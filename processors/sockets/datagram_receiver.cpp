// SPDX-License-Identifier: Apache-2.0
#include "processors/sockets/datagram_receiver.h"

#include <fmt/format.h>

#include <utility>

namespace millrace::processors {
namespace {

/// Belongs to the network's thread.
class Intake {
 public:
  Intake(DatagramReceiverOptions options, std::shared_ptr<MessageQueue> queue, MessageEvents events)
      : options_(std::move(options)), queue_(std::move(queue)), events_(std::move(events)) {}

  void take(const net::Endpoint& from, ByteView bytes) {
    const auto& sender = options_.sender;
    if (sender && (sender->host != from.host || sender->port != from.port)) return;
    if (bytes.size() > options_.longest) {
      events_.problem(fmt::format(
          "a datagram of {} has {} bytes, more than Receive Buffer Size allows, and is left out",
          from.host, bytes.size()));
      return;
    }
    if (!queue_->hasRoom()) {
      if (lost_++ == 0) {
        events_.problem(
            "Max Size of Message Queue is reached: datagrams are lost until there is room");
      }
      return;
    }
    if (lost_ > 0) events_.problem(fmt::format("{} datagrams were lost", std::exchange(lost_, 0)));
    queue_->push({std::string(asText(bytes)), from.host, from.port});
    events_.received();
  }

 private:
  const DatagramReceiverOptions options_;
  const std::shared_ptr<MessageQueue> queue_;
  const MessageEvents events_;
  std::uint64_t lost_ = 0;
};

}  // namespace

Result<std::unique_ptr<net::DatagramPort>> receiveIntoQueue(net::Network& network,
                                                            DatagramReceiverOptions options,
                                                            std::shared_ptr<MessageQueue> queue,
                                                            MessageEvents events) {
  const net::DatagramOptions listen = options.listen;
  // Shared, since the network keeps the function that it calls as a copy.
  auto intake = std::make_shared<Intake>(std::move(options), std::move(queue), std::move(events));
  return network.receiveDatagrams(
      listen, [intake](const net::Endpoint& from, ByteView bytes) { intake->take(from, bytes); });
}

}  // namespace millrace::processors
