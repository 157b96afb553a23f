// SPDX-License-Identifier: Apache-2.0
// GroupCoordinator, what outlives members and processes: loading, the kept records, listing,
// deleting and expiry.
#include "log-backend/group/group_coordinator.h"

#include <algorithm>

namespace millrace::log {
namespace {

constexpr const char* kTopic = "__consumer_offsets";
constexpr Millis kMinuteMs = 60'000;

std::int16_t wire16(ErrorCode code) { return static_cast<std::int16_t>(code); }

bool sameText(std::string_view a, std::string_view b) {
  const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return low(x) == low(y); });
}

bool passes(const std::vector<std::string>& filter, std::string_view text) {
  return filter.empty() || std::any_of(filter.begin(), filter.end(),
                                       [text](const auto& each) { return sameText(each, text); });
}

}  // namespace

GroupCoordinator::GroupCoordinator(Parts parts, GroupSettings settings)
    : parts_(parts),
      settings_(settings),
      topic_(parts.topics, parts.commits, parts.clock, kTopic, settings.offsetsPartitions),
      random_(parts.seed) {}

Result<> GroupCoordinator::load() {
  if (!topic_.exists()) return Done{};
  for (std::int32_t partition = 0; partition < topic_.partitions(); ++partition)
    MR_TRY(loadPartition(partition));
  MutexLock lock(mutex_);
  for (auto& [id, group] : groups_) {
    for (auto& [memberId, member] : group.members) {
      alive(group, member);
      watch(group, member);
    }
  }
  return Done{};
}

Result<> GroupCoordinator::loadPartition(std::int32_t partition) {
  return topic_.readAll(partition, [this](const InternalTopic::Seen& seen) {
    MutexLock lock(mutex_);
    if (seen.marker.has_value()) {
      offsets_.end(seen.header.producerId, *seen.marker);
      return;
    }
    const auto key = decodeKey(seen.key);
    if (!key.has_value()) return;
    if (const auto* const group = std::get_if<GroupKey>(&*key)) {
      groups_.erase(group->group);
      if (!seen.value.has_value()) return;
      if (auto read = decodeGroup(group->group, *seen.value); read.has_value())
        groups_.emplace(group->group, std::move(*read));
      return;
    }
    const auto& offset = std::get<OffsetKey>(*key);
    const auto value =
        seen.value.has_value() ? decodeOffset(*seen.value) : std::optional<CommittedOffset>();
    if (!value.has_value()) {
      offsets_.remove(offset);
    } else if (seen.header.transactional()) {
      offsets_.putPending(seen.header.producerId, offset, *value, seen.offset);
    } else {
      offsets_.put(offset, *value, seen.offset);
    }
  });
}

void GroupCoordinator::stop() {
  std::map<std::string, Group> gone;  // what waits in them goes without the lock
  MutexLock lock(mutex_);
  stopped_ = true;
  gone.swap(groups_);
}

Group* GroupCoordinator::find(const std::string& groupId) {
  const auto found = groups_.find(groupId);
  return found == groups_.end() ? nullptr : &found->second;
}

void GroupCoordinator::enter(Group& group, GroupState state) {
  group.state = state;
  group.since = parts_.clock.wall();
}

AppendResult GroupCoordinator::persist(Group& group, std::function<void()> done) {
  const KeptRecord record{encodeKey(GroupKey{group.id}), encodeValue(group)};
  auto written =
      topic_.append(topic_.partitionOf(group.id), std::span(&record, 1), std::move(done));
  group.persisted = group.persisted || written.ok();
  return written;
}

AppendResult GroupCoordinator::forget(const std::string& groupId,
                                      const std::vector<OffsetKey>& keys, bool groupToo,
                                      std::function<void()> done) {
  std::vector<KeptRecord> records;
  for (const OffsetKey& key : keys) records.push_back({encodeKey(key), std::nullopt});
  if (groupToo) records.push_back({encodeKey(GroupKey{groupId}), std::nullopt});
  return topic_.append(topic_.partitionOf(groupId), records, [this, keys, done = std::move(done)] {
    {
      MutexLock lock(mutex_);
      for (const OffsetKey& key : keys) offsets_.remove(key);
    }
    done();
  });
}

wire::ListGroupsResponse GroupCoordinator::list(const wire::ListGroupsRequest& request) {
  MutexLock lock(mutex_);
  wire::ListGroupsResponse response;
  const auto add = [&](const std::string& id, const std::string& type, std::string_view state) {
    if (!passes(request.statesFilter, state) || !passes(request.typesFilter, "classic")) return;
    response.groups.push_back({id, type, std::string(state), "classic"});
  };
  for (const auto& [id, group] : groups_) add(id, group.protocolType, textOf(group.state));
  for (const std::string& id : offsets_.groups()) {
    if (!groups_.contains(id)) add(id, "", textOf(GroupState::kEmpty));
  }
  return response;
}

Shown<wire::DescribeGroupsResponse> GroupCoordinator::describe(
    const wire::DescribeGroupsRequest& request) {
  MutexLock lock(mutex_);
  Shown<wire::DescribeGroupsResponse> shown;
  for (const std::string& id : request.groups) {
    auto& answer = shown.response.groups.emplace_back();
    answer.groupId = id;
    const Group* const group = find(id);
    if (group == nullptr) {
      answer.groupState = offsets_.of(id).empty() ? "Dead" : textOf(GroupState::kEmpty);
      continue;
    }
    answer.groupState = textOf(group->state);
    answer.protocolType = group->protocolType;
    const bool stable = group->state == GroupState::kStable;
    if (stable) answer.protocolData = group->protocol;
    for (const auto& [memberId, member] : group->members) {
      const Blob metadata = stable ? member.metadataFor(group->protocol) : nullptr;
      const Blob assignment = stable ? member.assignment : nullptr;
      shown.kept.push_back(metadata);
      shown.kept.push_back(assignment);
      answer.members.push_back({memberId, member.instance, member.clientId, member.clientHost,
                                bytesOf(metadata), bytesOf(assignment)});
    }
  }
  return shown;
}

void GroupCoordinator::remove(const wire::DeleteGroupsRequest& request,
                              std::function<void(wire::DeleteGroupsResponse)> done) {
  // Shared by the answers of all groups, the last of which sends it.
  struct Gathered {
    Mutex mutex;
    wire::DeleteGroupsResponse response MR_GUARDED_BY(mutex);
    std::size_t left MR_GUARDED_BY(mutex) = 1;
  };
  const auto gathered = std::make_shared<Gathered>();
  const auto one = [gathered, done = std::move(done)] {
    wire::DeleteGroupsResponse response;
    {
      MutexLock lock(gathered->mutex);
      if (--gathered->left > 0) return;
      response = std::move(gathered->response);
    }
    done(std::move(response));
  };
  {
    MutexLock lock(mutex_);
    for (const std::string& id : request.groupsNames) {
      Group* const group = find(id);
      std::vector<OffsetKey> keys;
      for (const auto& [place, value] : offsets_.of(id))
        keys.push_back({id, place.first, place.second});
      ErrorCode code = ErrorCode::kNone;
      if (group == nullptr && keys.empty()) {
        code = ErrorCode::kGroupIdNotFound;
      } else if ((group != nullptr && group->state != GroupState::kEmpty) ||
                 offsets_.anyPending(id)) {
        code = ErrorCode::kNonEmptyGroup;
      } else {
        {
          MutexLock counting(gathered->mutex);
          ++gathered->left;
        }
        if (topic_.exists() && !forget(id, keys, true, one).ok()) {
          code = ErrorCode::kCoordinatorNotAvailable;
          MutexLock counting(gathered->mutex);
          --gathered->left;
        } else {
          if (group != nullptr) {
            for (const auto& [memberId, token] : group->promised) parts_.deadlines.cancel(token);
          }
          groups_.erase(id);
        }
      }
      MutexLock counting(gathered->mutex);
      gathered->response.results.push_back({id, wire16(code)});
    }
  }
  one();
}

void GroupCoordinator::keepForEver(std::set<std::string> groups) {
  MutexLock lock(mutex_);
  kept_ = std::move(groups);
}

void GroupCoordinator::expire() {
  MutexLock lock(mutex_);
  const Millis now = parts_.clock.wall();
  if (stopped_ || !topic_.exists() || now - lookedAt_ < settings_.retentionCheckMs) return;
  lookedAt_ = now;
  std::set<std::string> names = offsets_.groups();
  for (const auto& [id, group] : groups_) names.insert(id);
  for (const std::string& id : names) {
    if (!kept_.contains(id)) expireGroup(id, now);
  }
}

void GroupCoordinator::expireGroup(const std::string& groupId, Millis now) {
  Group* const group = find(groupId);
  if (group != nullptr && (group->state != GroupState::kEmpty || !group->promised.empty())) return;
  const Millis keeps = settings_.retentionMinutes * kMinuteMs;
  // Offsets of a group that had members count from when the last one left.
  const Millis left = group == nullptr ? kNoTimestamp : group->since;
  std::vector<OffsetKey> old;
  const auto all = offsets_.of(groupId);
  for (const auto& [place, value] : all) {
    const OffsetKey key{groupId, place.first, place.second};
    if (now - std::max(value.at, left) > keeps && !offsets_.pending(key)) old.push_back(key);
  }
  const bool groupToo =
      group != nullptr && old.size() == all.size() && !offsets_.anyPending(groupId);
  if (old.empty() && !groupToo) return;
  const bool toSay = !old.empty() || group->persisted;
  // What does not get onto the medium is tried again at the next look.
  if (toSay && !forget(groupId, old, groupToo, [] {}).ok()) return;
  if (groupToo) groups_.erase(groupId);
}

void GroupCoordinator::forgetTopic(const std::string& topic) {
  MutexLock lock(mutex_);
  std::map<std::string, std::vector<OffsetKey>> byGroup;
  for (const OffsetKey& key : offsets_.ofTopic(topic)) byGroup[key.group].push_back(key);
  for (const auto& [group, keys] : byGroup) (void)forget(group, keys, false, [] {});
}

}  // namespace millrace::log
