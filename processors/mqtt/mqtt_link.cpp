// SPDX-License-Identifier: Apache-2.0
#include "processors/mqtt/mqtt_link.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace millrace::processors {
namespace {

/// How many messages that the broker has not answered yet are on their way to it, unless it wants
/// fewer: mosquitto 2.0 takes so many of a client of version 3, which it cannot tell, and answers
/// for more without handing them all on.
constexpr std::size_t kMostOnTheWay = 20;
constexpr std::size_t kPiece = 256 * 1024;  // of bytes written together

}  // namespace

Result<std::vector<MqttBroker>> parseMqttBrokers(std::string_view text) {
  std::vector<MqttBroker> brokers;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    std::string_view uri = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (uri.starts_with(' ')) uri.remove_prefix(1);
    while (uri.ends_with(' ') || uri.ends_with('/')) uri.remove_suffix(1);
    if (uri.empty()) continue;
    MqttBroker broker;
    broker.uri = uri;
    const std::size_t scheme = uri.find("://");
    const std::string_view kind = scheme == std::string_view::npos ? "" : uri.substr(0, scheme);
    broker.secure = kind == "ssl" || kind == "mqtts" || kind == "tls";
    if (!broker.secure && kind != "tcp" && kind != "mqtt")
      return Error::user(
          fmt::format("Broker URI is '{}', but must be tcp://HOST:PORT or ssl://HOST:PORT", uri));
    std::string_view host = uri.substr(scheme + 3);
    broker.at.port = broker.secure ? 8883 : 1883;
    const std::size_t colon = host.rfind(':');
    const bool hasPort = colon != std::string_view::npos && host.find(']', colon) == host.npos;
    if (hasPort) {
      const std::string_view port = host.substr(colon + 1);
      const auto [last, code] =
          std::from_chars(port.data(), port.data() + port.size(), broker.at.port);
      if (code != std::errc{} || last != port.data() + port.size() || broker.at.port == 0)
        return Error::user(fmt::format("Broker URI is '{}', whose port is no number of one", uri));
      host = host.substr(0, colon);
    }
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host.empty()) return Error::user(fmt::format("Broker URI is '{}', without a host", uri));
    broker.at.host = host;
    brokers.push_back(std::move(broker));
  }
  if (brokers.empty()) return Error::user("Broker URI names no broker");
  return brokers;
}

MqttLink::MqttLink(std::unique_ptr<net::Stream> stream, const Clock& clock, MqttBroker broker,
                   const MqttLinkOptions& options)
    : stream_(std::move(stream)),
      clock_(clock),
      broker_(std::move(broker)),
      version_(options.connect.version),
      patience_(options.patience) {}

MqttLink::~MqttLink() {
  constexpr Nanos kGoodbye = kSecond;
  if (!broken_) (void)stream_->write(asBytes(encodeDisconnect(version_)), kGoodbye);
}

Result<std::unique_ptr<MqttLink>> MqttLink::open(net::Network& network, const Clock& clock,
                                                 const MqttLinkOptions& options) {
  Result<std::unique_ptr<MqttLink>> last = Error::user("Broker URI names no broker");
  for (const MqttBroker& broker : options.brokers) {
    last = [&]() -> Result<std::unique_ptr<MqttLink>> {
      auto stream = MR_TRY(network.connect(broker.at, options.patience));
      if (broker.secure) {
        if (options.tls == nullptr)
          return Error::user(fmt::format("{} needs an SSL Context Service", broker.uri));
        MR_TRY(stream->startTls(*options.tls, broker.at.host, options.patience));
      }
      std::unique_ptr<MqttLink> link(new MqttLink(std::move(stream), clock, broker, options));
      MR_TRY(link->greet(options.connect));
      return link;
    }();
    if (last.ok()) return last;
  }
  return last;
}

Result<> MqttLink::greet(const MqttConnect& connect) {
  broken_ = true;  // a broker that refuses us wants no goodbye
  keepAlive_ = connect.keepAlive * kSecond;
  MR_TRY(send(encodeConnect(connect)));
  while (!greeted_) MR_TRY(readOnce());
  connack_ = *greeted_;
  if (connack_.code != 0) {
    return Error::environment(fmt::format("{} refuses the connection: {}", broker_.uri,
                                          mqttReason(version_, connack_.code)),
                              true);
  }
  if (connack_.keepAlive > 0) keepAlive_ = connack_.keepAlive * kSecond;
  broken_ = false;
  return Done{};
}

Result<> MqttLink::send(std::string_view bytes) {
  lastSent_ = clock_.monotonic();
  auto sent = stream_->write(asBytes(bytes), patience_);
  if (!sent.ok()) broken_ = true;
  return sent;
}

Result<> MqttLink::ping() {
  MR_TRY(send(encodePing()));
  ++pings_;
  return Done{};
}

Result<> MqttLink::keepAlive() {
  if (keepAlive_ == 0 || clock_.monotonic() - lastSent_ < keepAlive_ / 2) return Done{};
  MR_TRY(ping());
  while (pings_ > 0) MR_TRY(readOnce());
  return Done{};
}

Result<> MqttLink::readOnce() {
  std::array<std::byte, 64 * 1024> buffer;
  const auto got = stream_->read(buffer, patience_);
  const auto fail = [this](Error error) {
    broken_ = true;
    return error;
  };
  if (!got.ok()) return fail(got.error());
  if (*got == 0)
    return fail(Error::environment(fmt::format("{} closed the connection", broker_.uri), true));
  decoder_.feed(ByteView(buffer).first(*got));
  while (true) {
    auto packet = decoder_.next();
    if (!packet.ok()) return fail(packet.error());
    if (!*packet) return Done{};
    if (const auto handled = handle(std::move(**packet)); !handled.ok())
      return fail(handled.error());
  }
}

Result<> MqttLink::handle(MqttPacket packet) {
  if (!greeted_) {
    greeted_ = MR_TRY(decodeConnack(packet, version_));
    return Done{};
  }
  switch (packet.type) {
    case MqttType::kPublish:
      waiting_.messages.push_back(MR_TRY(decodePublish(std::move(packet), version_)));
      return Done{};
    case MqttType::kPubrel:
      waiting_.released.push_back(MR_TRY(decodeAnswer(packet, version_)).id);
      return Done{};
    case MqttType::kPuback:
    case MqttType::kPubrec:
    case MqttType::kPubcomp:
      return settle(packet, MR_TRY(decodeAnswer(packet, version_)));
    case MqttType::kSuback:
      subscribed_ = MR_TRY(decodeAnswer(packet, version_));
      return Done{};
    case MqttType::kPingresp:
      pings_ = std::max(0, pings_ - 1);
      return Done{};
    case MqttType::kDisconnect: {
      const auto code = packet.body.empty() ? 0 : static_cast<std::uint8_t>(packet.body.front());
      return Error::environment(fmt::format("{} ends the connection: {}", broker_.uri,
                                            mqttReason(version_, static_cast<std::uint8_t>(code))),
                                true);
    }
    default:
      return Done{};
  }
}

Result<> MqttLink::settle(const MqttPacket& packet, const MqttAnswer& answer) {
  const auto found = awaited_.find(answer.id);
  if (found == awaited_.end()) {
    // Of a message of an earlier connection: version 3 wants its second half all the same.
    if (packet.type == MqttType::kPubrec) return send(encodeAnswer(MqttType::kPubrel, answer.id));
    return Done{};
  }
  constexpr std::uint8_t kRefused = 128;
  if (answer.code >= kRefused) {
    outcomes_[found->second.index] = Error::user(
        fmt::format("{} refuses the message: {}", broker_.uri, mqttReason(version_, answer.code)));
    awaited_.erase(found);
    return Done{};
  }
  if (packet.type == MqttType::kPubrec) {
    found->second.received = true;
    return send(encodeAnswer(MqttType::kPubrel, answer.id));
  }
  awaited_.erase(found);
  return Done{};
}

Result<> MqttLink::subscribe(std::string_view filter, std::uint8_t qos) {
  subscribed_.reset();
  MR_TRY(send(encodeSubscribe(version_, ++lastId_, filter, qos)));
  while (!subscribed_) MR_TRY(readOnce());
  constexpr std::uint8_t kRefused = 128;
  if (subscribed_->code < kRefused) return Done{};
  return Error::user(fmt::format("{} refuses the subscription to '{}'{}", broker_.uri, filter,
                                 version_ == MqttVersion::k5
                                     ? ": " + mqttReason(version_, subscribed_->code)
                                     : std::string()));
}

Result<MqttLink::Received> MqttLink::receive(std::size_t most) {
  const auto isEnough = [&] { return waiting_.messages.size() - handed_ >= most; };
  if (!isEnough()) {
    if (pings_ == 0 && !stream_->isQuiet()) MR_TRY(ping());
    while (pings_ > 0 && !isEnough()) MR_TRY(readOnce());
  }
  Received now;
  now.released = std::exchange(waiting_.released, {});
  const std::size_t count = std::min(most, waiting_.messages.size() - handed_);
  for (std::size_t i = 0; i < count; ++i)
    now.messages.push_back(std::move(waiting_.messages[handed_++]));
  if (handed_ == waiting_.messages.size()) {
    waiting_.messages.clear();
    handed_ = 0;
  }
  return now;
}

Result<> MqttLink::acknowledge(std::span<const MqttReceipt> receipts) {
  std::string bytes;
  for (const MqttReceipt& receipt : receipts) {
    const MqttType type = receipt.step == MqttReceipt::Step::kAcknowledged ? MqttType::kPuback
                          : receipt.step == MqttReceipt::Step::kReceived   ? MqttType::kPubrec
                                                                           : MqttType::kPubcomp;
    bytes += encodeAnswer(type, receipt.id);
  }
  return bytes.empty() ? Result<>(Done{}) : send(bytes);
}

Result<std::vector<Result<>>> MqttLink::publish(std::vector<MqttMessage> messages) {
  outcomes_.assign(messages.size(), Done{});
  awaited_.clear();
  const std::size_t window = std::min<std::size_t>(kMostOnTheWay, connack_.receiveMaximum);
  std::string bytes;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    MqttMessage& message = messages[i];
    if (message.qos > 0) {
      while (awaited_.size() >= window) {
        if (!bytes.empty()) MR_TRY(send(std::exchange(bytes, {})));
        MR_TRY(readOnce());
      }
      do {
        ++lastId_;
      } while (lastId_ == 0 || awaited_.contains(lastId_));
      message.id = lastId_;
      awaited_[message.id] = {i, false};
    }
    bytes += encodePublish(version_, message);
    if (bytes.size() >= kPiece) MR_TRY(send(std::exchange(bytes, {})));
  }
  if (!bytes.empty()) MR_TRY(send(bytes));
  while (!awaited_.empty()) MR_TRY(readOnce());
  // Of messages without an answer this says that they have arrived.
  MR_TRY(ping());
  while (pings_ > 0) MR_TRY(readOnce());
  return std::exchange(outcomes_, {});
}

}  // namespace millrace::processors
