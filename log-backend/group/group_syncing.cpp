// SPDX-License-Identifier: Apache-2.0
// GroupCoordinator, SyncGroup: each member gets what the leader of its generation assigned.
#include "log-backend/group/group_coordinator.h"

namespace millrace::log {
namespace {

using wire::SyncGroupResponse;

Blob copyOf(ByteView bytes) {
  return std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
}

Shown<SyncGroupResponse> syncedWith(const Group& group, const Member& member) {
  Shown<SyncGroupResponse> shown;
  shown.response.protocolType = group.protocolType;
  shown.response.protocolName = group.protocol;
  shown.kept.push_back(member.assignment);
  shown.response.assignment = bytesOf(member.assignment);
  return shown;
}

Shown<SyncGroupResponse> refusedSync(ErrorCode code) {
  Shown<SyncGroupResponse> shown;
  shown.response.errorCode = static_cast<std::int16_t>(code);
  return shown;
}

}  // namespace

void GroupCoordinator::sync(const wire::SyncGroupRequest& request, SyncDone done) {
  inTurn([&](Outbox& outbox) MR_REQUIRES(mutex_) {
    const auto refuse = [&](ErrorCode code) {
      outbox.emplace_back([done, code] { done(refusedSync(code)); });
    };
    Group* const group = find(request.groupId);
    if (stopped_) return refuse(ErrorCode::kCoordinatorNotAvailable);
    if (request.groupId.empty()) return refuse(ErrorCode::kInvalidGroupId);
    if (group == nullptr) return refuse(ErrorCode::kUnknownMemberId);
    const ErrorCode wrong = checkMember(*group, request.memberId, request.groupInstanceId);
    if (wrong != ErrorCode::kNone) return refuse(wrong);
    if (request.generationId != group->generation) return refuse(ErrorCode::kIllegalGeneration);
    if ((request.protocolType.has_value() && *request.protocolType != group->protocolType) ||
        (request.protocolName.has_value() && *request.protocolName != group->protocol))
      return refuse(ErrorCode::kInconsistentGroupProtocol);
    Member& member = group->members.at(request.memberId);
    if (group->state == GroupState::kEmpty) return refuse(ErrorCode::kUnknownMemberId);
    if (group->state == GroupState::kPreparing) return refuse(ErrorCode::kRebalanceInProgress);
    alive(*group, member);
    if (group->state == GroupState::kStable) {
      outbox.emplace_back([done, shown = syncedWith(*group, member)] { done(shown); });
      return;
    }
    if (member.syncing) refuseWaiting(member, ErrorCode::kUnknownMemberId, outbox);
    member.syncing = std::move(done);
    if (group->leader != member.id) return;
    for (auto& [id, each] : group->members) each.assignment = nullptr;
    for (const auto& each : request.assignments) {
      if (Member* const other = group->find(each.memberId))
        other->assignment = copyOf(each.assignment);
    }
    const auto written = persist(*group, [this, id = group->id, generation = group->generation] {
      assigned(id, generation);
    });
    if (written.ok()) return;
    refuseWaiting(member, written.refusal.code, outbox);
    prepare(*group, outbox);
  });
}

void GroupCoordinator::assigned(const std::string& groupId, std::int32_t generation) {
  inTurn([&](Outbox& outbox) MR_REQUIRES(mutex_) {
    Group* const group = find(groupId);
    if (stopped_ || group == nullptr || group->state != GroupState::kCompleting ||
        group->generation != generation)
      return;
    if (group->phase.has_value()) parts_.deadlines.cancel(*group->phase);
    group->phase.reset();
    enter(*group, GroupState::kStable);
    for (auto& [id, member] : group->members) {
      if (!member.syncing) continue;
      alive(*group, member);
      outbox.emplace_back([done = std::exchange(member.syncing, nullptr),
                           shown = syncedWith(*group, member)] { done(shown); });
    }
  });
}

}  // namespace millrace::log
