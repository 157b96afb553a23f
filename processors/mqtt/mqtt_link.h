// SPDX-License-Identifier: Apache-2.0
#pragma once
// MqttLink: one connection of a client to an MQTT broker. Nobody waits for messages: receive()
// takes those that have come, and looks without waiting whether any have. For that it asks the
// broker for a sign of life behind them, so that what lies in the buffers of TLS is not overlooked.
//
// Promise: no message is acknowledged unless acknowledge() says so. After an Error the link is of
// no more use; make another one. Destroying it says goodbye, so that no last will is sent. Owner: a
// processor. Threads: one at a time.

#include "engine/base/clock.h"
#include "engine/net/network.h"
#include "processors/mqtt/mqtt_packet.h"

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace millrace::net {
class TlsContext;
}

namespace millrace::processors {

struct MqttBroker {
  net::Endpoint at;
  bool secure = false;
  std::string uri;
};

/// `tcp://HOST:PORT`, `ssl://…`, `mqtt://…`, `mqtts://…`, several with commas between.
Result<std::vector<MqttBroker>> parseMqttBrokers(std::string_view text);

struct MqttLinkOptions {
  std::vector<MqttBroker> brokers;  ///< the first that answers is taken
  std::shared_ptr<const net::TlsContext> tls;
  MqttConnect connect;
  Nanos patience = 30 * kSecond;  ///< for each answer of the broker
};

/// What is to be acknowledged, or was released by the broker.
struct MqttReceipt {
  enum class Step : std::uint8_t { kAcknowledged, kReceived, kCompleted };
  Step step = Step::kAcknowledged;  ///< of quality 1; of quality 2: first, then last
  std::uint16_t id = 0;
};

class MqttLink {
 public:
  static Result<std::unique_ptr<MqttLink>> open(net::Network& network, const Clock& clock,
                                                const MqttLinkOptions& options);
  ~MqttLink();
  MqttLink(const MqttLink&) = delete;
  MqttLink& operator=(const MqttLink&) = delete;

  const MqttBroker& broker() const { return broker_; }
  /// The broker remembers this client: subscriptions, and messages that were not acknowledged.
  bool sessionPresent() const { return connack_.sessionPresent; }
  Result<> subscribe(std::string_view filter, std::uint8_t qos);

  /// Messages that have come, at most so many, and numbers that the broker released (quality 2).
  /// The rest comes with the next call.
  struct Received {
    std::vector<MqttMessage> messages;
    std::vector<std::uint16_t> released;
  };
  Result<Received> receive(std::size_t most);
  Result<> acknowledge(std::span<const MqttReceipt> receipts);

  /// Publishes, and waits for what the broker says of each: the Error of a message is the broker's
  /// refusal. The outer Error says that the link broke; how far it came is not known then.
  Result<std::vector<Result<>>> publish(std::vector<MqttMessage> messages);
  /// Shows the broker that we are there, when it is time to.
  Result<> keepAlive();

 private:
  struct Awaited {
    std::size_t index = 0;  // of the message
    bool received = false;  // quality 2: its first half is done
  };

  MqttLink(std::unique_ptr<net::Stream> stream, const Clock& clock, MqttBroker broker,
           const MqttLinkOptions& options);
  Result<> greet(const MqttConnect& connect);
  Result<> send(std::string_view bytes);
  Result<> ping();
  /// Reads once, and handles all packets that are whole then.
  Result<> readOnce();
  Result<> handle(MqttPacket packet);
  Result<> settle(const MqttPacket& packet, const MqttAnswer& answer);

  std::unique_ptr<net::Stream> stream_;
  const Clock& clock_;
  const MqttBroker broker_;
  const MqttVersion version_;
  const Nanos patience_;
  Nanos keepAlive_ = 0;
  Nanos lastSent_ = 0;
  bool broken_ = false;
  MqttDecoder decoder_;
  std::optional<MqttConnack> greeted_;
  MqttConnack connack_;
  std::optional<MqttAnswer> subscribed_;
  int pings_ = 0;  // that were not answered yet
  Received waiting_;
  std::size_t handed_ = 0;  // of the waiting messages
  std::map<std::uint16_t, Awaited> awaited_;
  std::vector<Result<>> outcomes_;
  std::uint16_t lastId_ = 0;
};

}  // namespace millrace::processors
