// SPDX-License-Identifier: Apache-2.0
#pragma once
// MqttPacket: the packets of MQTT as bytes, those that a client sends and gets: MQTT 3.1 (protocol
// level 3), OASIS MQTT 3.1.1 (4) and MQTT 5.0 (5). Of the properties of version 5 a client of ours
// uses those named below; others are passed over.
// Threads: plain values and pure functions.

#include "engine/base/bytes.h"
#include "engine/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::processors {

enum class MqttVersion : std::uint8_t { k31 = 3, k311 = 4, k5 = 5 };

enum class MqttType : std::uint8_t {
  kConnect = 1,
  kConnack = 2,
  kPublish = 3,
  kPuback = 4,
  kPubrec = 5,
  kPubrel = 6,
  kPubcomp = 7,
  kSubscribe = 8,
  kSuback = 9,
  kPingreq = 12,
  kPingresp = 13,
  kDisconnect = 14,
};

struct MqttPacket {
  MqttType type = MqttType::kPingreq;
  std::uint8_t flags = 0;
  std::string body;  ///< without the fixed header
};

struct MqttMessage {
  std::string topic;
  std::string payload;
  std::uint8_t qos = 0;
  bool retain = false;
  bool duplicate = false;
  std::uint16_t id = 0;  ///< of the packet, while qos > 0
};

struct MqttConnect {
  MqttVersion version = MqttVersion::k311;
  std::string clientId;
  bool cleanSession = true;
  std::uint32_t sessionExpiry = 0;  ///< seconds; version 5 alone
  std::uint16_t keepAlive = 60;     ///< seconds
  std::optional<std::string> user;
  std::optional<std::string> password;
  std::optional<MqttMessage> will;
};

struct MqttConnack {
  bool sessionPresent = false;
  std::uint8_t code = 0;  ///< 0: accepted
  std::uint16_t receiveMaximum = 65'535;
  std::uint16_t keepAlive = 0;  ///< seconds that the broker wants instead; 0: as asked for
};

/// What answers a packet with an id.
struct MqttAnswer {
  std::uint16_t id = 0;
  std::uint8_t code = 0;  ///< from 128 on: refused
};

std::string encodeConnect(const MqttConnect& connect);
std::string encodeSubscribe(MqttVersion version, std::uint16_t id, std::string_view filter,
                            std::uint8_t qos);
std::string encodePublish(MqttVersion version, const MqttMessage& message);
/// PUBACK, PUBREC, PUBREL or PUBCOMP.
std::string encodeAnswer(MqttType type, std::uint16_t id);
std::string encodePing();
std::string encodeDisconnect(MqttVersion version);

Result<MqttConnack> decodeConnack(const MqttPacket& packet, MqttVersion version);
Result<MqttMessage> decodePublish(MqttPacket packet, MqttVersion version);
Result<MqttAnswer> decodeAnswer(const MqttPacket& packet, MqttVersion version);

/// What a code of a broker means, in words.
std::string mqttReason(MqttVersion version, std::uint8_t code);

/// Cuts what comes into packets. Errors are the environment's: the peer does not speak MQTT.
class MqttDecoder {
 public:
  void feed(ByteView bytes);
  /// The next whole packet; nothing until there is one.
  Result<std::optional<MqttPacket>> next();

 private:
  std::string buffer_;
  std::size_t taken_ = 0;  // bytes of it that are done with
};

}  // namespace millrace::processors
