// SPDX-License-Identifier: Apache-2.0
#include "log-backend/group/committed_offsets.h"

#include <algorithm>
#include <limits>

namespace millrace::log {
namespace {

/// Where the keys of a group begin.
OffsetKey firstOf(const std::string& group) {
  return {group, "", std::numeric_limits<std::int32_t>::min()};
}

}  // namespace

void CommittedOffsets::put(const OffsetKey& key, CommittedOffset value, Offset place) {
  Placed& placed = offsets_[key];
  if (place > placed.place) placed = {std::move(value), place};
}

void CommittedOffsets::remove(const OffsetKey& key) {
  offsets_.erase(key);
  for (auto& [producer, keys] : pending_) keys.erase(key);
}

void CommittedOffsets::putPending(std::int64_t producerId, const OffsetKey& key,
                                  CommittedOffset value, Offset place) {
  pending_[producerId][key] = {std::move(value), place};
}

void CommittedOffsets::end(std::int64_t producerId, Marker marker) {
  const auto found = pending_.find(producerId);
  if (found == pending_.end()) return;
  const auto ended = std::move(found->second);
  pending_.erase(found);
  if (marker != Marker::kCommit) return;
  for (const auto& [key, placed] : ended) put(key, placed.value, placed.place);
}

std::optional<CommittedOffset> CommittedOffsets::find(const OffsetKey& key) const {
  const auto found = offsets_.find(key);
  if (found == offsets_.end()) return std::nullopt;
  return found->second.value;
}

bool CommittedOffsets::pending(const OffsetKey& key) const {
  return std::any_of(pending_.begin(), pending_.end(),
                     [&key](const auto& each) { return each.second.contains(key); });
}

bool CommittedOffsets::anyPending(const std::string& group) const {
  return std::any_of(pending_.begin(), pending_.end(), [&group](const auto& each) {
    const auto at = each.second.lower_bound(firstOf(group));
    return at != each.second.end() && at->first.group == group;
  });
}

CommittedOffsets::OfGroup CommittedOffsets::of(const std::string& group) const {
  OfGroup all;
  for (auto at = offsets_.lower_bound(firstOf(group));
       at != offsets_.end() && at->first.group == group; ++at)
    all.emplace(std::pair(at->first.topic, at->first.partition), at->second.value);
  return all;
}

std::set<std::string> CommittedOffsets::groups() const {
  std::set<std::string> names;
  for (const auto& [key, placed] : offsets_) names.insert(names.end(), key.group);
  return names;
}

std::vector<OffsetKey> CommittedOffsets::ofTopic(const std::string& topic) const {
  std::vector<OffsetKey> keys;
  for (const auto& [key, placed] : offsets_) {
    if (key.topic == topic) keys.push_back(key);
  }
  return keys;
}

}  // namespace millrace::log
