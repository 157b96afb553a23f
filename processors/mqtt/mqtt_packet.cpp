// SPDX-License-Identifier: Apache-2.0
#include "processors/mqtt/mqtt_packet.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace millrace::processors {
namespace {

Error noMqtt(std::string_view what) {
  return Error::environment(fmt::format("the broker does not speak MQTT: {}", what), true);
}

// -- writing
void putNumber(std::string& to, std::uint64_t number, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) to += static_cast<char>((number >> (8 * i)) & 0xFFU);
}

void putText(std::string& to, std::string_view text) {
  putNumber(to, text.size(), 2);
  to += text;
}

/// The variable byte integer of 1.5.5 (5.0).
void putLength(std::string& to, std::size_t length) {
  do {
    auto byte = static_cast<unsigned>(length % 128);
    length /= 128;
    if (length > 0) byte |= 0x80U;
    to += static_cast<char>(byte);
  } while (length > 0);
}

std::string packet(MqttType type, unsigned flags, std::string_view head,
                   std::string_view payload = {}) {
  std::string bytes(1, static_cast<char>((static_cast<unsigned>(type) << 4U) | flags));
  putLength(bytes, head.size() + payload.size());
  bytes += head;
  bytes += payload;
  return bytes;
}

// -- reading
class Body {
 public:
  explicit Body(std::string_view bytes) : left_(bytes) {}

  std::optional<std::uint64_t> number(std::size_t bytes) {
    if (left_.size() < bytes) return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i)
      value = (value << 8U) | static_cast<unsigned char>(left_[i]);
    left_.remove_prefix(bytes);
    return value;
  }
  std::optional<std::string_view> bytes(std::size_t count) {
    if (left_.size() < count) return std::nullopt;
    const std::string_view found = left_.substr(0, count);
    left_.remove_prefix(count);
    return found;
  }
  std::optional<std::string_view> text() {
    const auto size = number(2);
    return size ? bytes(*size) : std::nullopt;
  }
  std::optional<std::uint32_t> length() {
    std::uint32_t value = 0;
    for (unsigned shift = 0; shift < 28; shift += 7) {
      const auto byte = number(1);
      if (!byte) return std::nullopt;
      value |= static_cast<std::uint32_t>(*byte & 0x7FU) << shift;
      if ((*byte & 0x80U) == 0) return value;
    }
    return std::nullopt;
  }
  std::string_view left() const { return left_; }

 private:
  std::string_view left_;
};

/// Reads past one property of version 5 (2.2.2.2), whose number was read; its value where that is a
/// number.
std::optional<std::uint64_t> propertyValue(Body& body, std::uint64_t property) {
  switch (property) {
    case 0x01:
    case 0x17:
    case 0x19:
    case 0x24:
    case 0x25:
    case 0x28:
    case 0x29:
    case 0x2A:
      return body.number(1);
    case 0x13:
    case 0x21:
    case 0x22:
    case 0x23:
      return body.number(2);
    case 0x02:
    case 0x11:
    case 0x18:
    case 0x27:
      return body.number(4);
    case 0x0B:
      return body.length();
    case 0x26:
      return body.text() && body.text() ? std::optional<std::uint64_t>(0) : std::nullopt;
    case 0x03:
    case 0x08:
    case 0x09:
    case 0x12:
    case 0x15:
    case 0x16:
    case 0x1A:
    case 0x1C:
    case 0x1F:
      return body.text() ? std::optional<std::uint64_t>(0) : std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string encodeConnect(const MqttConnect& connect) {
  const bool five = connect.version == MqttVersion::k5;
  std::string body;
  putText(body, connect.version == MqttVersion::k31 ? "MQIsdp" : "MQTT");
  putNumber(body, static_cast<std::uint64_t>(connect.version), 1);
  unsigned flags = connect.cleanSession ? 0x02U : 0U;
  if (connect.will) {
    flags |= 0x04U | (static_cast<unsigned>(connect.will->qos) << 3U);
    if (connect.will->retain) flags |= 0x20U;
  }
  if (connect.password) flags |= 0x40U;
  if (connect.user) flags |= 0x80U;
  putNumber(body, flags, 1);
  putNumber(body, connect.keepAlive, 2);
  if (five) {
    const bool expires = !connect.cleanSession && connect.sessionExpiry > 0;
    putLength(body, expires ? 5 : 0);
    if (expires) {
      putNumber(body, 0x11, 1);
      putNumber(body, connect.sessionExpiry, 4);
    }
  }
  putText(body, connect.clientId);
  if (connect.will) {
    if (five) putLength(body, 0);
    putText(body, connect.will->topic);
    putText(body, connect.will->payload);
  }
  if (connect.user) putText(body, *connect.user);
  if (connect.password) putText(body, *connect.password);
  return packet(MqttType::kConnect, 0, body);
}

std::string encodeSubscribe(MqttVersion version, std::uint16_t id, std::string_view filter,
                            std::uint8_t qos) {
  std::string body;
  putNumber(body, id, 2);
  if (version == MqttVersion::k5) putLength(body, 0);
  putText(body, filter);
  putNumber(body, qos, 1);
  return packet(MqttType::kSubscribe, 2, body);
}

std::string encodePublish(MqttVersion version, const MqttMessage& message) {
  std::string head;
  putText(head, message.topic);
  if (message.qos > 0) putNumber(head, message.id, 2);
  if (version == MqttVersion::k5) putLength(head, 0);
  const unsigned flags = (message.duplicate ? 8U : 0U) |
                         (static_cast<unsigned>(message.qos) << 1U) | (message.retain ? 1U : 0U);
  return packet(MqttType::kPublish, flags, head, message.payload);
}

std::string encodeAnswer(MqttType type, std::uint16_t id) {
  std::string body;
  putNumber(body, id, 2);
  return packet(type, type == MqttType::kPubrel ? 2 : 0, body);
}

std::string encodePing() { return packet(MqttType::kPingreq, 0, {}); }

std::string encodeDisconnect(MqttVersion version) {
  (void)version;  // the reason 0 may be left out in version 5
  return packet(MqttType::kDisconnect, 0, {});
}

Result<MqttConnack> decodeConnack(const MqttPacket& received, MqttVersion version) {
  Body body(received.body);
  const auto flags = body.number(1);
  const auto code = body.number(1);
  if (received.type != MqttType::kConnack || !flags || !code)
    return noMqtt("its first word is no answer to a connection");
  MqttConnack answer;
  answer.sessionPresent = (*flags & 1U) != 0;
  answer.code = static_cast<std::uint8_t>(*code);
  if (version != MqttVersion::k5 || body.left().empty()) return answer;
  const auto length = body.length();
  const auto properties = length ? body.bytes(*length) : std::nullopt;
  if (!properties) return noMqtt("the answer to a connection is cut off");
  Body each(*properties);
  while (!each.left().empty()) {
    const auto property = each.length();
    const auto value = property ? propertyValue(each, *property) : std::nullopt;
    if (!value) return noMqtt("the answer to a connection has a property that there is not");
    if (*property == 0x21 && *value > 0) answer.receiveMaximum = static_cast<std::uint16_t>(*value);
    if (*property == 0x13) answer.keepAlive = static_cast<std::uint16_t>(*value);
  }
  return answer;
}

Result<MqttMessage> decodePublish(MqttPacket received, MqttVersion version) {
  MqttMessage message;
  message.qos = (received.flags >> 1U) & 3U;
  message.retain = (received.flags & 1U) != 0;
  message.duplicate = (received.flags & 8U) != 0;
  Body body(received.body);
  const auto topic = body.text();
  if (!topic || message.qos > 2) return noMqtt("a message has no topic, or a quality beyond 2");
  message.topic = *topic;
  if (message.qos > 0) {
    const auto id = body.number(2);
    if (!id || *id == 0) return noMqtt("a message has no number");
    message.id = static_cast<std::uint16_t>(*id);
  }
  if (version == MqttVersion::k5) {
    const auto length = body.length();
    if (!length || !body.bytes(*length)) return noMqtt("the properties of a message are cut off");
  }
  const std::size_t head = received.body.size() - body.left().size();
  message.payload = std::move(received.body);
  message.payload.erase(0, head);
  return message;
}

Result<MqttAnswer> decodeAnswer(const MqttPacket& received, MqttVersion version) {
  Body body(received.body);
  const auto id = body.number(2);
  if (!id) return noMqtt("an answer has no number");
  MqttAnswer answer{static_cast<std::uint16_t>(*id), 0};
  const bool isSuback = received.type == MqttType::kSuback;
  if (isSuback && version == MqttVersion::k5) {
    const auto length = body.length();
    if (!length || !body.bytes(*length)) return noMqtt("the properties of an answer are cut off");
  }
  if (!isSuback && version != MqttVersion::k5) return answer;
  // In version 5 the code may be left out where all is well.
  const auto code = body.number(1);
  if (!code && isSuback) return noMqtt("an answer to a subscription has no code");
  answer.code = static_cast<std::uint8_t>(code.value_or(0));
  return answer;
}

std::string mqttReason(MqttVersion version, std::uint8_t code) {
  constexpr std::array<std::string_view, 6> kOlder{"accepted",
                                                   "it does not speak this version of MQTT",
                                                   "it refuses the client id",
                                                   "it is not there for now",
                                                   "user or password is wrong",
                                                   "the client is not allowed to"};
  constexpr std::array kNewer{
      std::pair{0x82, "protocol error"},
      std::pair{0x84, "it does not speak this version of MQTT"},
      std::pair{0x85, "it refuses the client id"},
      std::pair{0x86, "user or password is wrong"},
      std::pair{0x87, "the client is not allowed to"},
      std::pair{0x88, "it is not there for now"},
      std::pair{0x89, "it is busy"},
      std::pair{0x8B, "it is being stopped"},
      std::pair{0x8D, "it heard nothing for too long"},
      std::pair{0x8E, "another client took the session over; give each its own Client ID"},
      std::pair{0x8F, "it refuses the topic filter"},
      std::pair{0x90, "it refuses the topic"},
      std::pair{0x95, "the packet is too large"},
      std::pair{0x97, "a quota is used up"},
      std::pair{0x99, "the payload is not of the format that was said"},
      std::pair{0x9A, "it does not retain messages"},
      std::pair{0x9B, "it does not have this quality of service"},
      std::pair{0x9E, "it has no shared subscriptions"}};
  if (version != MqttVersion::k5 && code < kOlder.size()) return std::string(kOlder[code]);
  for (const auto& [known, text] : kNewer) {
    if (known == code) return text;
  }
  return fmt::format("reason {}", code);
}

void MqttDecoder::feed(ByteView bytes) {
  if (taken_ == buffer_.size()) {
    buffer_.clear();
    taken_ = 0;
  } else if (taken_ > buffer_.size() / 2) {
    buffer_.erase(0, std::exchange(taken_, 0));
  }
  buffer_ += asText(bytes);
}

Result<std::optional<MqttPacket>> MqttDecoder::next() {
  const std::string_view view = std::string_view(buffer_).substr(taken_);
  if (view.size() < 2) return std::optional<MqttPacket>();
  std::size_t length = 0;
  std::size_t at = 1;
  for (unsigned shift = 0;; shift += 7) {
    if (at == view.size()) return std::optional<MqttPacket>();
    const auto byte = static_cast<unsigned char>(view[at++]);
    length |= static_cast<std::size_t>(byte & 0x7FU) << shift;
    if ((byte & 0x80U) == 0) break;
    if (shift == 21) return noMqtt("a packet's length has more than four bytes");
  }
  const auto first = static_cast<unsigned char>(view[0]);
  const unsigned type = first >> 4U;
  if (type < 2 || type > 14 || type == 8 || type == 10 || type == 12)
    return noMqtt(fmt::format("it sent a packet of type {}", type));
  if (view.size() - at < length) return std::optional<MqttPacket>();
  MqttPacket packet{static_cast<MqttType>(type), static_cast<std::uint8_t>(first & 0x0FU),
                    std::string(view.substr(at, length))};
  taken_ += at + length;
  return std::optional(std::move(packet));
}

}  // namespace millrace::processors
