// SPDX-License-Identifier: Apache-2.0
#include "log-backend/embedded/range_assignor.h"

#include "engine/base/big_endian.h"

#include <algorithm>

namespace millrace::log {
namespace {

constexpr std::int16_t kVersion = 0;
constexpr std::int32_t kNoUserData = -1;

template <typename Number>
void put(std::vector<std::byte>& into, Number number) {
  into.resize(into.size() + sizeof number);
  writeBig(into.data() + into.size() - sizeof number, number);
}

void putText(std::vector<std::byte>& into, const std::string& text) {
  put(into, static_cast<std::int16_t>(text.size()));
  const ByteView bytes = asBytes(text);
  into.insert(into.end(), bytes.begin(), bytes.end());
}

/// A number from the front of the bytes; false at their end.
template <typename Number>
bool take(ByteView& from, Number& number) {
  if (from.size() < sizeof number) return false;
  number = readBig<Number>(from.data());
  from = from.subspan(sizeof number);
  return true;
}

std::vector<std::string> subscribersOf(const std::vector<Subscriber>& members,
                                       const std::string& topic) {
  std::vector<std::string> wanting;
  for (const Subscriber& each : members) {
    if (std::find(each.topics.begin(), each.topics.end(), topic) != each.topics.end())
      wanting.push_back(each.member);
  }
  std::sort(wanting.begin(), wanting.end());
  return wanting;
}

}  // namespace

std::vector<std::byte> encodeSubscription(const std::vector<std::string>& topics) {
  std::vector<std::byte> bytes;
  put(bytes, kVersion);
  put(bytes, static_cast<std::int32_t>(topics.size()));
  for (const std::string& topic : topics) putText(bytes, topic);
  put(bytes, kNoUserData);
  return bytes;
}

std::vector<std::byte> encodeAssignment(const Assignment& assignment) {
  std::map<std::string, std::vector<std::int32_t>> byTopic;
  for (const auto& [topic, partition] : assignment) byTopic[topic].push_back(partition);
  std::vector<std::byte> bytes;
  put(bytes, kVersion);
  put(bytes, static_cast<std::int32_t>(byTopic.size()));
  for (const auto& [topic, partitions] : byTopic) {
    putText(bytes, topic);
    put(bytes, static_cast<std::int32_t>(partitions.size()));
    for (const std::int32_t each : partitions) put(bytes, each);
  }
  put(bytes, kNoUserData);
  return bytes;
}

std::optional<Assignment> decodeAssignment(ByteView bytes) {
  Assignment assignment;
  if (bytes.empty()) return assignment;  // a leader that gave this member nothing
  std::int16_t version = 0;
  std::int32_t topics = 0;
  if (!take(bytes, version) || !take(bytes, topics)) return std::nullopt;
  for (std::int32_t i = 0; i < topics; ++i) {
    std::int16_t length = 0;
    std::int32_t count = 0;
    if (!take(bytes, length) || length < 0 || bytes.size() < static_cast<std::size_t>(length))
      return std::nullopt;
    const std::string topic(asText(bytes.first(static_cast<std::size_t>(length))));
    bytes = bytes.subspan(static_cast<std::size_t>(length));
    if (!take(bytes, count)) return std::nullopt;
    for (std::int32_t p = 0; p < count; ++p) {
      std::int32_t partition = 0;
      if (!take(bytes, partition)) return std::nullopt;
      assignment.emplace_back(topic, partition);
    }
  }
  return assignment;
}

std::map<std::string, Assignment> assignByRange(
    const std::vector<Subscriber>& members, const std::map<std::string, std::int32_t>& partitions) {
  std::map<std::string, Assignment> all;
  for (const auto& [topic, count] : partitions) {
    const auto wanting = subscribersOf(members, topic);
    if (wanting.empty()) continue;
    const auto each = static_cast<std::int32_t>(wanting.size());
    std::int32_t next = 0;
    for (std::int32_t i = 0; i < each; ++i) {
      const std::int32_t share = count / each + (i < count % each ? 1 : 0);
      for (std::int32_t k = 0; k < share; ++k)
        all[wanting[static_cast<std::size_t>(i)]].emplace_back(topic, next++);
    }
  }
  return all;
}

std::map<std::string, Assignment> assignInTurn(
    const std::vector<Subscriber>& members, const std::map<std::string, std::int32_t>& partitions) {
  std::map<std::string, Assignment> all;
  std::vector<Subscriber> sorted = members;
  std::sort(sorted.begin(), sorted.end(),
            [](const Subscriber& a, const Subscriber& b) { return a.member < b.member; });
  std::size_t turn = 0;
  for (const auto& [topic, count] : partitions) {
    if (subscribersOf(sorted, topic).empty()) continue;
    for (std::int32_t partition = 0; partition < count; ++partition) {
      while (true) {
        const Subscriber& member = sorted[turn++ % sorted.size()];
        if (std::find(member.topics.begin(), member.topics.end(), topic) == member.topics.end())
          continue;
        all[member.member].emplace_back(topic, partition);
        break;
      }
    }
  }
  return all;
}

}  // namespace millrace::log
