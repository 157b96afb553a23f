// SPDX-License-Identifier: Apache-2.0
#include "processors/sockets/message_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace millrace::processors {

/// What all connections of a server use.
struct MessageServer::Shared {
  MessageServerOptions options;
  std::shared_ptr<MessageQueue> queue;
  MessageEvents events;
};

namespace {

class MessageConnection final : public net::ConnectionHandler {
 public:
  MessageConnection(std::shared_ptr<net::Connection> connection,
                    std::shared_ptr<const MessageServer::Shared> shared)
      : connection_(std::move(connection)), shared_(std::move(shared)) {
    connection_->limitIdleTime(shared_->options.idleTime);
  }

  void onData(ByteView bytes) override {
    const std::string& delimiter = shared_->options.delimiter;
    // Its first characters may be there already.
    const std::size_t seen = std::min(buffer_.size(), delimiter.size() - 1);
    std::size_t from = buffer_.size() - seen;
    buffer_ += asText(bytes);
    std::size_t start = 0;
    bool any = false;
    for (std::size_t at = buffer_.find(delimiter, from); at != std::string::npos;
         at = buffer_.find(delimiter, from)) {
      if (!std::exchange(leavingOut_, false)) {
        any = true;
        take(buffer_.substr(start, at - start));
      }
      start = from = at + delimiter.size();
    }
    buffer_.erase(0, start);
    if (buffer_.size() > shared_->options.longest + delimiter.size() - 1) leaveOut();
    if (any) shared_->events.received();
    if (shared_->queue->hasRoom()) return;
    connection_->holdReading(true);
    shared_->queue->whenRoom([connection = connection_] { connection->holdReading(false); });
  }

  void onPeerDone() override {
    if (!buffer_.empty() && !leavingOut_) {
      take(std::exchange(buffer_, {}));
      shared_->events.received();
    }
    connection_->closeWhenSent();
  }

  void onEnd(const Error&) override {}

 private:
  void take(std::string message) {
    if (message.size() > shared_->options.longest) {
      report();
      return;
    }
    const net::Ends& ends = connection_->ends();
    shared_->queue->push(
        {std::move(message), ends.remoteAddress, ends.remotePort, ends.subject, ends.issuer});
  }

  /// Goes on behind the next delimiter, whose first characters may be here.
  void leaveOut() {
    const std::size_t kept = shared_->options.delimiter.size() - 1;
    buffer_.erase(0, buffer_.size() - std::min(buffer_.size(), kept));
    if (!std::exchange(leavingOut_, true)) report();
  }

  void report() const {
    shared_->events.problem(
        fmt::format("a message of {} has more than the {} bytes that Receive Buffer Size allows "
                    "and is left out",
                    connection_->ends().remoteAddress, shared_->options.longest));
  }

  const std::shared_ptr<net::Connection> connection_;
  const std::shared_ptr<const MessageServer::Shared> shared_;
  std::string buffer_;
  bool leavingOut_ = false;
};

}  // namespace

Result<std::unique_ptr<MessageServer>> MessageServer::open(net::Network& network,
                                                           MessageServerOptions options,
                                                           std::shared_ptr<MessageQueue> queue,
                                                           MessageEvents events) {
  const net::ListenOptions listen = options.listen;
  // Shared with connections, which may outlive the server by what is under way.
  auto shared = std::make_shared<const Shared>(
      Shared{std::move(options), std::move(queue), std::move(events)});
  auto listener = MR_TRY(network.listen(listen, [shared](const auto& connection) {
    return std::make_unique<MessageConnection>(connection, shared);
  }));
  return std::unique_ptr<MessageServer>(new MessageServer(std::move(listener)));
}

}  // namespace millrace::processors
