// SPDX-License-Identifier: Apache-2.0
// GroupCoordinator, who is in: heartbeats, sessions that end, and members that leave.
#include "log-backend/group/group_coordinator.h"

namespace millrace::log {
namespace {

constexpr std::int16_t kFirstWithMembers = 3;

}  // namespace

ErrorCode GroupCoordinator::checkMember(Group& group, const std::string& memberId,
                                        const std::optional<std::string>& instance) const {
  if (instance.has_value()) {
    const auto found = group.statics.find(*instance);
    if (found == group.statics.end()) return ErrorCode::kUnknownMemberId;
    if (found->second != memberId) return ErrorCode::kFencedInstanceId;
  }
  return group.find(memberId) == nullptr ? ErrorCode::kUnknownMemberId : ErrorCode::kNone;
}

wire::HeartbeatResponse GroupCoordinator::heartbeat(const wire::HeartbeatRequest& request) {
  MutexLock lock(mutex_);
  const auto answer = [](ErrorCode code) {
    wire::HeartbeatResponse response;
    response.errorCode = static_cast<std::int16_t>(code);
    return response;
  };
  // Not "unknown": after a restart it is known again.
  if (stopped_) return answer(ErrorCode::kCoordinatorNotAvailable);
  Group* const group = find(request.groupId);
  if (request.groupId.empty()) return answer(ErrorCode::kInvalidGroupId);
  if (group == nullptr) return answer(ErrorCode::kUnknownMemberId);
  const ErrorCode wrong = checkMember(*group, request.memberId, request.groupInstanceId);
  if (wrong != ErrorCode::kNone) return answer(wrong);
  if (request.generationId != group->generation) return answer(ErrorCode::kIllegalGeneration);
  alive(*group, group->members.at(request.memberId));
  return answer(group->state == GroupState::kPreparing ? ErrorCode::kRebalanceInProgress
                                                       : ErrorCode::kNone);
}

void GroupCoordinator::alive(Group&, Member& member) {
  member.aliveUntil = parts_.clock.monotonic() + member.sessionMs * kMillisecond;
}

void GroupCoordinator::watch(Group& group, Member& member) {
  member.watch = parts_.deadlines.at(
      member.aliveUntil,
      [this, groupId = group.id, memberId = member.id] { watchIsDue(groupId, memberId); });
}

void GroupCoordinator::watchIsDue(const std::string& groupId, const std::string& memberId) {
  inTurn([&](Outbox& outbox) MR_REQUIRES(mutex_) {
    Group* const group = find(groupId);
    Member* const member = group == nullptr ? nullptr : group->find(memberId);
    if (stopped_ || member == nullptr) return;
    // Who waits for our answer is not silent.
    if (member->joining || member->syncing) alive(*group, *member);
    if (member->aliveUntil > parts_.clock.monotonic()) {
      watch(*group, *member);
      return;
    }
    member->watch.reset();
    removeMember(*group, memberId, ErrorCode::kUnknownMemberId, outbox);
  });
}

void GroupCoordinator::promise(Group& group, const std::string& memberId, std::int32_t sessionMs) {
  group.promised[memberId] = parts_.deadlines.at(
      parts_.clock.monotonic() + sessionMs * kMillisecond, [this, groupId = group.id, memberId] {
        inTurn([&](Outbox& outbox) MR_REQUIRES(mutex_) {
          Group* const late = find(groupId);
          if (stopped_ || late == nullptr || late->promised.erase(memberId) == 0) return;
          tryComplete(*late, false, outbox);
        });
      });
}

void GroupCoordinator::refuseWaiting(Member& member, ErrorCode code, Outbox& outbox) {
  if (member.joining) {
    Shown<wire::JoinGroupResponse> shown;
    shown.response.errorCode = static_cast<std::int16_t>(code);
    shown.response.memberId = member.id;
    outbox.emplace_back(
        [done = std::exchange(member.joining, nullptr), shown = std::move(shown)] { done(shown); });
  }
  if (member.syncing) {
    Shown<wire::SyncGroupResponse> shown;
    shown.response.errorCode = static_cast<std::int16_t>(code);
    outbox.emplace_back(
        [done = std::exchange(member.syncing, nullptr), shown = std::move(shown)] { done(shown); });
  }
}

void GroupCoordinator::removeMember(Group& group, const std::string& memberId, ErrorCode code,
                                    Outbox& outbox) {
  const auto found = group.members.find(memberId);
  if (found == group.members.end()) return;
  Member& member = found->second;
  refuseWaiting(member, code, outbox);
  if (member.watch.has_value()) parts_.deadlines.cancel(*member.watch);
  if (member.instance.has_value()) group.statics.erase(*member.instance);
  group.members.erase(found);
  if (group.leader == memberId)
    group.leader = group.members.empty() ? std::string() : group.members.begin()->first;
  if (group.state == GroupState::kPreparing) {
    tryComplete(group, false, outbox);
  } else if (group.state != GroupState::kEmpty) {
    prepare(group, outbox);
  }
}

wire::LeaveGroupResponse GroupCoordinator::leave(const wire::LeaveGroupRequest& request,
                                                 const Caller& caller) {
  wire::LeaveGroupResponse response;
  inTurn([&](Outbox& outbox) MR_REQUIRES(mutex_) {
    if (caller.version < kFirstWithMembers) {
      response.errorCode = static_cast<std::int16_t>(
          leaveOne(request.groupId, request.memberId, std::nullopt, outbox));
      return;
    }
    for (const auto& each : request.members) {
      const ErrorCode code = leaveOne(request.groupId, each.memberId, each.groupInstanceId, outbox);
      response.members.push_back(
          {each.memberId, each.groupInstanceId, static_cast<std::int16_t>(code)});
    }
  });
  return response;
}

ErrorCode GroupCoordinator::leaveOne(const std::string& groupId, const std::string& memberId,
                                     const std::optional<std::string>& instance, Outbox& outbox) {
  if (stopped_) return ErrorCode::kCoordinatorNotAvailable;
  Group* const group = find(groupId);
  if (group == nullptr) return ErrorCode::kUnknownMemberId;
  if (const auto promised = group->promised.find(memberId); promised != group->promised.end()) {
    parts_.deadlines.cancel(promised->second);
    group->promised.erase(promised);
    tryComplete(*group, false, outbox);
    return ErrorCode::kNone;
  }
  std::string leaving = memberId;
  if (instance.has_value()) {
    const auto found = group->statics.find(*instance);
    if (found == group->statics.end()) return ErrorCode::kUnknownMemberId;
    // An administrator names the instance only.
    if (!memberId.empty() && found->second != memberId) return ErrorCode::kFencedInstanceId;
    leaving = found->second;
  }
  if (group->find(leaving) == nullptr) return ErrorCode::kUnknownMemberId;
  removeMember(*group, leaving, ErrorCode::kUnknownMemberId, outbox);
  return ErrorCode::kNone;
}

}  // namespace millrace::log
