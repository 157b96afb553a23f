// SPDX-License-Identifier: Apache-2.0
#include "log-backend/group/group_records.h"

#include "log-backend/protocol/wire.h"

namespace millrace::log {
namespace {

using wire::Lengths;
using wire::WireReader;
using wire::WireWriter;

constexpr std::int16_t kOffsetKeyVersion = 1;
constexpr std::int16_t kGroupKeyVersion = 2;
constexpr std::int16_t kOffsetVersion = 3;
constexpr std::int16_t kGroupVersion = 3;

Blob blobOf(ByteView bytes) {
  return std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
}

Member readMember(WireReader& reader, std::int16_t version, const std::string& protocol) {
  Member member;
  member.id = reader.string();
  if (version >= 3) member.instance = reader.nullableString(true);
  member.clientId = reader.string();
  member.clientHost = reader.string();
  if (version >= 1) member.rebalanceMs = reader.int32();
  member.sessionMs = reader.int32();
  if (version < 1) member.rebalanceMs = member.sessionMs;
  member.protocols.push_back({protocol, blobOf(reader.bytes())});
  member.assignment = blobOf(reader.bytes());
  return member;
}

}  // namespace

std::vector<std::byte> encodeKey(const OffsetKey& key) {
  WireWriter writer(Lengths::kFixed);
  writer.int16(kOffsetKeyVersion);
  writer.string(key.group);
  writer.string(key.topic);
  writer.int32(key.partition);
  return writer.take();
}

std::vector<std::byte> encodeKey(const GroupKey& key) {
  WireWriter writer(Lengths::kFixed);
  writer.int16(kGroupKeyVersion);
  writer.string(key.group);
  return writer.take();
}

std::vector<std::byte> encodeValue(const CommittedOffset& value) {
  WireWriter writer(Lengths::kFixed);
  writer.int16(kOffsetVersion);
  writer.int64(value.offset);
  writer.int32(value.leaderEpoch);
  writer.string(value.metadata);
  writer.int64(value.at);
  return writer.take();
}

std::vector<std::byte> encodeValue(const Group& group) {
  const auto orNull = [](const std::string& text) {
    return text.empty() ? std::optional<std::string>() : std::optional(text);
  };
  WireWriter writer(Lengths::kFixed);
  writer.int16(kGroupVersion);
  writer.string(group.protocolType);
  writer.int32(group.generation);
  writer.nullableString(orNull(group.protocol), true);
  writer.nullableString(orNull(group.leader), true);
  writer.int64(group.since);
  writer.count(group.members.size());
  for (const auto& [id, member] : group.members) {
    writer.string(id);
    writer.nullableString(member.instance, true);
    writer.string(member.clientId);
    writer.string(member.clientHost);
    writer.int32(member.rebalanceMs);
    writer.int32(member.sessionMs);
    writer.bytes(bytesOf(member.metadataFor(group.protocol)));
    writer.bytes(bytesOf(member.assignment));
  }
  return writer.take();
}

std::optional<std::variant<OffsetKey, GroupKey>> decodeKey(ByteView bytes) {
  WireReader reader(bytes, Lengths::kFixed);
  const std::int16_t version = reader.int16();
  std::variant<OffsetKey, GroupKey> key;
  if (version == 0 || version == kOffsetKeyVersion) {
    OffsetKey offset;
    offset.group = reader.string();
    offset.topic = reader.string();
    offset.partition = reader.int32();
    key = std::move(offset);
  } else if (version == kGroupKeyVersion) {
    key = GroupKey{reader.string()};
  } else {
    return std::nullopt;
  }
  if (reader.failed() || !reader.atEnd()) return std::nullopt;
  return key;
}

std::optional<CommittedOffset> decodeOffset(ByteView bytes) {
  WireReader reader(bytes, Lengths::kFixed);
  const std::int16_t version = reader.int16();
  if (version < 0 || version > kOffsetVersion) return std::nullopt;
  CommittedOffset value;
  value.offset = reader.int64();
  if (version >= 3) value.leaderEpoch = reader.int32();
  value.metadata = reader.string();
  value.at = reader.int64();
  if (version == 1) reader.int64();  // when it expires
  if (reader.failed() || !reader.atEnd()) return std::nullopt;
  return value;
}

std::optional<Group> decodeGroup(const std::string& id, ByteView bytes) {
  WireReader reader(bytes, Lengths::kFixed);
  const std::int16_t version = reader.int16();
  if (version < 0 || version > kGroupVersion) return std::nullopt;
  Group group;
  group.id = id;
  group.persisted = true;
  group.protocolType = reader.string();
  group.generation = reader.int32();
  group.protocol = reader.nullableString(true).value_or("");
  group.leader = reader.nullableString(true).value_or("");
  if (version >= 2) group.since = reader.int64();
  const std::size_t count = reader.count(false).value_or(0);
  for (std::size_t i = 0; i < count && !reader.failed(); ++i) {
    Member member = readMember(reader, version, group.protocol);
    if (member.instance.has_value()) group.statics[*member.instance] = member.id;
    std::string memberId = member.id;
    group.members.emplace(std::move(memberId), std::move(member));
  }
  if (reader.failed() || !reader.atEnd()) return std::nullopt;
  group.state = group.members.empty() ? GroupState::kEmpty : GroupState::kStable;
  return group;
}

}  // namespace millrace::log
