// SPDX-License-Identifier: Apache-2.0
// What an MQTT broker sends: the first byte says the version and where the bytes are cut in two. A
// message that is read is written, and read again.
#include "processors/mqtt/mqtt_packet.h"
#include "tests/fuzz/fuzz_input.h"

using namespace millrace;
using namespace millrace::processors;

namespace {

void read(MqttPacket packet, MqttVersion version) {
  (void)decodeConnack(packet, version);
  (void)decodeAnswer(packet, version);
  const auto message = decodePublish(std::move(packet), version);
  if (!message.ok()) return;
  MqttDecoder decoder;
  decoder.feed(asBytes(encodePublish(version, *message)));
  auto again = decoder.next();
  fuzz::expect(again.ok() && again->has_value(), "a written message is whole");
  const auto second = decodePublish(std::move(**again), version);
  fuzz::expect(second.ok() && second->topic == message->topic &&
                   second->payload == message->payload && second->id == message->id &&
                   second->qos == message->qos && second->retain == message->retain,
               "a written message is read as the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 64 * 1024) return 0;
  fuzz::FuzzInput input(data, size);
  const std::uint8_t choice = input.byte();
  const MqttVersion version = choice % 2 == 0 ? MqttVersion::k311 : MqttVersion::k5;
  const std::string_view bytes = input.rest();
  const std::size_t cut = bytes.size() * (choice / 2U) / 128;
  MqttDecoder decoder;
  for (const std::string_view piece : {bytes.substr(0, cut), bytes.substr(cut)}) {
    decoder.feed(asBytes(piece));
    while (true) {
      auto packet = decoder.next();
      if (!packet.ok()) return 0;
      if (!*packet) break;
      read(std::move(**packet), version);
    }
  }
  return 0;
}
