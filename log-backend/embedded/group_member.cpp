// SPDX-License-Identifier: Apache-2.0
#include "log-backend/embedded/group_member.h"

#include <algorithm>

namespace millrace::log {
namespace {

constexpr std::int32_t kSessionMs = 30'000;
constexpr std::int32_t kRebalanceMs = 60'000;
constexpr Nanos kHeartbeatEvery = 3 * kSecond;
constexpr Nanos kJoinAgain = kSecond;
constexpr std::int16_t kJoinVersion = 9;  // tells a leader that comes back to keep its assignment
constexpr const char* kRange = "range";
constexpr const char* kRoundRobin = "roundrobin";

ErrorCode codeOf(std::int16_t wire) { return static_cast<ErrorCode>(wire); }

}  // namespace

GroupMember::Subscription GroupMember::subscription() const {
  Subscription found;
  for (const std::string& topic : options_.topics()) found[topic] = options_.partitionsOf(topic);
  return found;
}

std::string GroupMember::id() const {
  MutexLock lock(mutex_);
  return id_;
}

std::int32_t GroupMember::generation() const {
  MutexLock lock(mutex_);
  return generation_;
}

bool GroupMember::subscriptionChanged() const {
  const Subscription now = subscription();
  MutexLock lock(mutex_);
  return now != joinedWith_;
}

void GroupMember::join() {
  wire::JoinGroupRequest request;
  const Subscription wanted = subscription();
  std::vector<std::string> topics;
  for (const auto& [topic, partitions] : wanted) topics.push_back(topic);
  const auto metadata = encodeSubscription(topics);
  {
    MutexLock lock(mutex_);
    if (left_) return;
    request.memberId = id_;
    ++life_;
    joinedWith_ = wanted;
  }
  request.groupId = options_.group;
  request.groupInstanceId = options_.instance;
  request.sessionTimeoutMs = kSessionMs;
  request.rebalanceTimeoutMs = kRebalanceMs;
  request.protocolType = "consumer";
  for (const char* name : {kRange, kRoundRobin}) {
    auto& protocol = request.protocols.emplace_back();
    protocol.name = name;
    protocol.metadata = metadata;
  }
  parts_.groups.join(request, Caller{kJoinVersion, "millrace", "/127.0.0.1"},
                     [self = shared_from_this()](const Shown<wire::JoinGroupResponse>& shown) {
                       self->joined(shown);
                     });
}

void GroupMember::joined(const Shown<wire::JoinGroupResponse>& shown) {
  const wire::JoinGroupResponse& response = shown.response;
  if (response.errorCode != 0) return again(codeOf(response.errorCode));
  {
    MutexLock lock(mutex_);
    if (left_) return;
    id_ = response.memberId;
    generation_ = response.generationId;
  }
  wire::SyncGroupRequest request;
  request.groupId = options_.group;
  request.generationId = response.generationId;
  request.memberId = response.memberId;
  request.groupInstanceId = options_.instance;
  std::vector<std::pair<std::string, std::vector<std::byte>>> dealt;
  if (response.leader == response.memberId && !response.skipAssignment) dealt = deal(response);
  for (const auto& [member, bytes] : dealt) {
    auto& assignment = request.assignments.emplace_back();
    assignment.memberId = member;
    assignment.assignment = bytes;
  }
  parts_.groups.sync(request,
                     [self = shared_from_this()](const Shown<wire::SyncGroupResponse>& answer) {
                       self->synced(answer);
                     });
}

std::vector<std::pair<std::string, std::vector<std::byte>>> GroupMember::deal(
    const wire::JoinGroupResponse& response) const {
  std::vector<Subscriber> members;
  std::map<std::string, std::int32_t> partitions;
  for (const auto& each : response.members) {
    Subscriber subscriber{each.memberId,
                          subscribedTopics(each.metadata).value_or(std::vector<std::string>())};
    for (const std::string& topic : subscriber.topics) {
      if (const std::int32_t count = options_.partitionsOf(topic); count > 0)
        partitions[topic] = count;
    }
    members.push_back(std::move(subscriber));
  }
  const bool byRange = response.protocolName == kRange;
  const auto all = byRange ? assignByRange(members, partitions) : assignInTurn(members, partitions);
  std::vector<std::pair<std::string, std::vector<std::byte>>> dealt;
  for (const Subscriber& each : members) {
    const auto found = all.find(each.member);
    dealt.emplace_back(each.member,
                       encodeAssignment(found == all.end() ? Assignment() : found->second));
  }
  return dealt;
}

void GroupMember::synced(const Shown<wire::SyncGroupResponse>& shown) {
  if (shown.response.errorCode != 0) return again(codeOf(shown.response.errorCode));
  auto assignment = decodeAssignment(shown.response.assignment);
  std::uint64_t life = 0;
  {
    MutexLock lock(mutex_);
    if (left_) return;
    life = life_;
  }
  // One that we cannot read, from another kind of leader, is as good as none.
  options_.onAssigned(assignment.has_value() ? std::move(*assignment) : Assignment());
  armHeartbeat(life);
}

void GroupMember::again(ErrorCode code) {
  {
    MutexLock lock(mutex_);
    if (left_) return;
    if (code == ErrorCode::kUnknownMemberId || code == ErrorCode::kFencedInstanceId) id_.clear();
  }
  const bool soon = code == ErrorCode::kUnknownMemberId || code == ErrorCode::kRebalanceInProgress;
  parts_.deadlines.at(parts_.clock.monotonic() + (soon ? 0 : kJoinAgain),
                      [weak = weak_from_this()] {
                        if (const auto self = weak.lock(); self != nullptr) self->join();
                      });
}

void GroupMember::armHeartbeat(std::uint64_t life) {
  parts_.deadlines.at(parts_.clock.monotonic() + kHeartbeatEvery, [weak = weak_from_this(), life] {
    if (const auto self = weak.lock(); self != nullptr) self->heartbeat(life);
  });
}

void GroupMember::heartbeat(std::uint64_t life) {
  wire::HeartbeatRequest request;
  request.groupId = options_.group;
  request.groupInstanceId = options_.instance;
  {
    MutexLock lock(mutex_);
    if (left_ || life != life_) return;
    request.memberId = id_;
    request.generationId = generation_;
  }
  const ErrorCode code = codeOf(parts_.groups.heartbeat(request).errorCode);
  if (code == ErrorCode::kCoordinatorNotAvailable) return armHeartbeat(life);
  if (code == ErrorCode::kNone && !subscriptionChanged()) return armHeartbeat(life);
  if (code == ErrorCode::kUnknownMemberId || code == ErrorCode::kFencedInstanceId) {
    MutexLock lock(mutex_);
    id_.clear();
  }
  options_.onRevoked();
}

void GroupMember::leave() {
  wire::LeaveGroupRequest request;
  request.groupId = options_.group;
  {
    MutexLock lock(mutex_);
    if (left_) return;
    left_ = true;
    if (id_.empty()) return;
    auto& member = request.members.emplace_back();
    member.memberId = id_;
    member.groupInstanceId = options_.instance;
  }
  constexpr std::int16_t kFirstWithMembers = 3;
  (void)parts_.groups.leave(request, Caller{kFirstWithMembers, "millrace", "/127.0.0.1"});
}

}  // namespace millrace::log
