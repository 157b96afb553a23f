// SPDX-License-Identifier: Apache-2.0
// GroupCoordinator, for consumers inside the engine: their offsets are part of a session's commit.
#include "log-backend/group/group_coordinator.h"

namespace millrace::log {

GroupCoordinator::SessionCommit GroupCoordinator::commitInSession(const SessionOffsets& offsets) {
  SessionCommit commit;
  MutexLock lock(mutex_);
  commit.code = checkCommit(offsets.group, offsets.generation, offsets.member, std::nullopt);
  if (commit.code != ErrorCode::kNone) return commit;
  commit.partition = topic_.partition(topic_.partitionOf(offsets.group));
  if (commit.partition == nullptr) {
    commit.code = ErrorCode::kCoordinatorNotAvailable;
    return commit;
  }
  std::vector<KeptRecord> records;
  std::vector<std::pair<OffsetKey, CommittedOffset>> values;
  for (const auto& [key, offset] : offsets.offsets) {
    const CommittedOffset value{offset, -1, "", parts_.clock.wall()};
    records.push_back({encodeKey(key), encodeValue(value)});
    values.emplace_back(key, value);
  }
  const auto written = topic_.appendOfSession(*commit.partition, records);
  if (!written.ok()) {
    commit.code = written.refusal.code;
    return commit;
  }
  commit.batch = {written.baseOffset, written.lastOffset + 1};
  for (const auto& [key, value] : values) ++unsettled_[key];
  commit.undone = [this, values] {
    MutexLock again(mutex_);
    for (const auto& [key, value] : values) settle(key);
  };
  commit.onDurable = [this, values = std::move(values), first = written.baseOffset] {
    MutexLock again(mutex_);
    Offset place = first;
    for (const auto& [key, value] : values) {
      offsets_.put(key, value, place++);
      settle(key);
    }
  };
  return commit;
}

void GroupCoordinator::settle(const OffsetKey& key) {
  const auto found = unsettled_.find(key);
  if (found != unsettled_.end() && --found->second == 0) unsettled_.erase(found);
}

bool GroupCoordinator::isUnsettled(const OffsetKey& key) {
  MutexLock lock(mutex_);
  return unsettled_.contains(key);
}

std::optional<Offset> GroupCoordinator::committed(const OffsetKey& key) {
  MutexLock lock(mutex_);
  const auto found = offsets_.find(key);
  if (!found.has_value()) return std::nullopt;
  return found->offset;
}

}  // namespace millrace::log
