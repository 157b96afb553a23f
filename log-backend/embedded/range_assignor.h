// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the members of a consumer group tell each other, and how a leader deals out partitions:
// version 0 of Kafka's subscription and assignment, which every client reads, and the assignors
// `range` and `roundrobin`, one of which every client knows.
// Threads: functions of their arguments.

#include "engine/base/bytes.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace millrace::log {

/// Topic and partition, each once.
using Assignment = std::vector<std::pair<std::string, std::int32_t>>;

std::vector<std::byte> encodeSubscription(const std::vector<std::string>& topics);
std::vector<std::byte> encodeAssignment(const Assignment& assignment);
/// Nothing when the bytes are none.
std::optional<Assignment> decodeAssignment(ByteView bytes);

struct Subscriber {
  std::string member;
  std::vector<std::string> topics;
};
/// By member. `partitions`: of each topic that exists.
std::map<std::string, Assignment> assignByRange(
    const std::vector<Subscriber>& members, const std::map<std::string, std::int32_t>& partitions);
std::map<std::string, Assignment> assignInTurn(
    const std::vector<Subscriber>& members, const std::map<std::string, std::int32_t>& partitions);

}  // namespace millrace::log
