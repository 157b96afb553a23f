// SPDX-License-Identifier: Apache-2.0
#pragma once
// What __consumer_offsets holds, in Kafka's layout (FORMAT.md): committed offsets and the members
// of groups. Threads: values.

#include "log-backend/group/consumer_group.h"
#include "log-backend/group/internal_topic.h"

#include <variant>

namespace millrace::log {

/// Whose offset it is.
struct OffsetKey {
  std::string group;
  std::string topic;
  std::int32_t partition = 0;
  auto operator<=>(const OffsetKey&) const = default;
};

struct CommittedOffset {
  Offset offset = kNoOffset;
  std::int32_t leaderEpoch = -1;
  std::string metadata;
  Millis at = kNoTimestamp;  ///< wall clock of the commit
  bool operator==(const CommittedOffset&) const = default;
};

struct GroupKey {
  std::string group;
};

std::vector<std::byte> encodeKey(const OffsetKey& key);
std::vector<std::byte> encodeKey(const GroupKey& key);
std::vector<std::byte> encodeValue(const CommittedOffset& value);
/// The members as they are, with the metadata of the chosen protocol.
std::vector<std::byte> encodeValue(const Group& group);

/// Nothing: a kind of key that we do not know, or a malformed one.
std::optional<std::variant<OffsetKey, GroupKey>> decodeKey(ByteView bytes);
std::optional<CommittedOffset> decodeOffset(ByteView bytes);
/// Stable when it has members, else empty; nobody waits in it.
std::optional<Group> decodeGroup(const std::string& id, ByteView bytes);

}  // namespace millrace::log
