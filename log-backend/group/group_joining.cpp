// SPDX-License-Identifier: Apache-2.0
// GroupCoordinator, the way in: JoinGroup gathers the members of a generation.
#include "log-backend/group/group_coordinator.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::log {
namespace {

using wire::JoinGroupRequest;
using wire::JoinGroupResponse;

constexpr std::int16_t kFirstWithPromisedIds = 4;
constexpr std::int16_t kFirstWithSkippedAssignment = 9;

Blob copyOf(ByteView bytes) {
  return std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
}

Member memberOf(const JoinGroupRequest& request, const Caller& caller) {
  Member member;
  member.instance = request.groupInstanceId;
  member.clientId = caller.clientId;
  member.clientHost = caller.clientHost;
  member.sessionMs = request.sessionTimeoutMs;
  // The first version has one time for both.
  member.rebalanceMs =
      request.rebalanceTimeoutMs < 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs;
  for (const auto& each : request.protocols)
    member.protocols.push_back({each.name, copyOf(each.metadata)});
  return member;
}

Shown<JoinGroupResponse> refusedJoin(ErrorCode code, std::string memberId) {
  Shown<JoinGroupResponse> shown;
  shown.response.errorCode = static_cast<std::int16_t>(code);
  shown.response.generationId = -1;
  shown.response.memberId = std::move(memberId);
  return shown;
}

}  // namespace

void GroupCoordinator::join(const JoinGroupRequest& request, const Caller& caller, JoinDone done) {
  const Refusal refusal = topic_.ensure();
  inTurn([&](Outbox& outbox) MR_REQUIRES(mutex_) {
    std::string memberId = request.memberId;
    ErrorCode code = refusal.code;
    if (!refusal.refused()) code = admit(request, caller, done, memberId, outbox);
    if (code == ErrorCode::kNone) return;
    outbox.emplace_back(
        [done = std::move(done), shown = refusedJoin(code, memberId)] { done(shown); });
  });
}

ErrorCode GroupCoordinator::admit(const JoinGroupRequest& request, const Caller& caller,
                                  JoinDone& done, std::string& memberId, Outbox& outbox) {
  if (stopped_) return ErrorCode::kCoordinatorNotAvailable;
  if (request.groupId.empty()) return ErrorCode::kInvalidGroupId;
  if (request.sessionTimeoutMs < settings_.minSessionMs ||
      request.sessionTimeoutMs > settings_.maxSessionMs)
    return ErrorCode::kInvalidSessionTimeout;
  if (request.protocolType.empty() || request.protocols.empty())
    return ErrorCode::kInconsistentGroupProtocol;
  Group* group = find(request.groupId);
  if (group == nullptr) {
    if (!request.memberId.empty()) return ErrorCode::kUnknownMemberId;
    group = &groups_[request.groupId];
    group->id = request.groupId;
    enter(*group, GroupState::kEmpty);
  }
  std::string known = request.memberId;
  if (request.groupInstanceId.has_value()) {
    const auto found = group->statics.find(*request.groupInstanceId);
    if (found != group->statics.end()) known = found->second;
    if (!request.memberId.empty() && found != group->statics.end() && known != request.memberId)
      return ErrorCode::kFencedInstanceId;
    if (!request.memberId.empty() && found == group->statics.end())
      return ErrorCode::kUnknownMemberId;
  }
  const Member member = memberOf(request, caller);
  if (!group->agreesWith(request.protocolType, member.protocols, known))
    return ErrorCode::kInconsistentGroupProtocol;
  if (request.memberId.empty()) return joinUnknown(*group, request, caller, done, memberId, outbox);
  if (const auto promised = group->promised.find(request.memberId);
      promised != group->promised.end()) {
    parts_.deadlines.cancel(promised->second);
    group->promised.erase(promised);
    Member fresh = member;
    fresh.id = request.memberId;
    fresh.joining = std::move(done);
    group->protocolType = request.protocolType;
    addMember(*group, std::move(fresh), outbox);
    return ErrorCode::kNone;
  }
  Member* const found = group->find(request.memberId);
  if (found == nullptr) return ErrorCode::kUnknownMemberId;
  return joinKnown(*group, *found, request, done, outbox);
}

ErrorCode GroupCoordinator::joinUnknown(Group& group, const JoinGroupRequest& request,
                                        const Caller& caller, JoinDone& done, std::string& memberId,
                                        Outbox& outbox) {
  Member fresh = memberOf(request, caller);
  const bool isStatic = request.groupInstanceId.has_value();
  fresh.id = newId(isStatic ? *request.groupInstanceId : caller.clientId);
  if (isStatic && group.statics.contains(*request.groupInstanceId)) {
    group.protocolType = request.protocolType;
    replaceStatic(group, request, caller, std::move(fresh), std::move(done), outbox);
    return ErrorCode::kNone;
  }
  if (group.members.size() + group.promised.size() >= settings_.mostMembers)
    return ErrorCode::kGroupMaxSizeReached;
  if (!isStatic && caller.version >= kFirstWithPromisedIds) {
    memberId = fresh.id;
    promise(group, fresh.id, request.sessionTimeoutMs);
    return ErrorCode::kMemberIdRequired;
  }
  fresh.joining = std::move(done);
  group.protocolType = request.protocolType;
  addMember(group, std::move(fresh), outbox);
  return ErrorCode::kNone;
}

void GroupCoordinator::addMember(Group& group, Member member, Outbox& outbox) {
  const std::string id = member.id;
  if (member.instance.has_value()) group.statics[*member.instance] = id;
  Member& added = group.members[id];
  added = std::move(member);
  if (group.leader.empty()) group.leader = id;
  alive(group, added);
  watch(group, added);
  if (group.state != GroupState::kPreparing) {
    prepare(group, outbox);
    return;
  }
  // Who comes while the first ones are waited for may not be the last.
  if (group.notBefore > 0) {
    group.notBefore = std::max(group.notBefore,
                               parts_.clock.monotonic() + settings_.initialDelayMs * kMillisecond);
    armPhase(group, group.notBefore);
  }
  tryComplete(group, false, outbox);
}

ErrorCode GroupCoordinator::joinKnown(Group& group, Member& member, const JoinGroupRequest& request,
                                      JoinDone& done, Outbox& outbox) {
  std::vector<Member::Protocol> protocols;
  for (const auto& each : request.protocols)
    protocols.push_back({each.name, copyOf(each.metadata)});
  const bool same = member.sameProtocols(protocols);
  const bool leads = group.leader == member.id;
  alive(group, member);
  const bool told = (group.state == GroupState::kCompleting && same) ||
                    (group.state == GroupState::kStable && same && !leads);
  if (told) {  // the last answer was lost, or nothing changed
    outbox.emplace_back(
        [done = std::move(done), shown = joined(group, member.id, group.leader)] { done(shown); });
    return ErrorCode::kNone;
  }
  group.protocolType = request.protocolType;
  member.protocols = std::move(protocols);
  member.sessionMs = request.sessionTimeoutMs;
  if (request.rebalanceTimeoutMs >= 0) member.rebalanceMs = request.rebalanceTimeoutMs;
  // A client that asks again has given up on the first answer.
  if (member.joining) refuseWaiting(member, ErrorCode::kUnknownMemberId, outbox);
  member.joining = std::move(done);
  if (group.state != GroupState::kPreparing) {
    prepare(group, outbox);
  } else {
    tryComplete(group, false, outbox);
  }
  return ErrorCode::kNone;
}

void GroupCoordinator::replaceStatic(Group& group, const JoinGroupRequest& request,
                                     const Caller& caller, Member fresh, JoinDone done,
                                     Outbox& outbox) {
  const std::string oldId = group.statics[*request.groupInstanceId];
  const std::string oldLeader = group.leader;
  Member& old = group.members.at(oldId);
  refuseWaiting(old, ErrorCode::kFencedInstanceId, outbox);
  if (old.watch.has_value()) parts_.deadlines.cancel(*old.watch);
  fresh.assignment = old.assignment;
  // What counts is what the chosen protocol is told: it decided the assignment.
  const Blob before = old.metadataFor(group.protocol);
  const Blob after = fresh.metadataFor(group.protocol);
  const bool unchanged = before != nullptr && after != nullptr && *before == *after;
  group.members.erase(oldId);
  group.statics[*request.groupInstanceId] = fresh.id;
  if (group.leader == oldId) group.leader = fresh.id;
  const std::string id = fresh.id;
  Member& member = group.members[id];
  member = std::move(fresh);
  alive(group, member);
  watch(group, member);
  if (group.state == GroupState::kStable && unchanged) {
    const bool skips = caller.version >= kFirstWithSkippedAssignment;
    // An older leader would assign anew if it knew that it leads: nobody expects that.
    auto shown = joined(group, id, skips ? group.leader : oldLeader);
    shown.response.skipAssignment = skips && group.leader == id;
    const auto written = persist(group, [done, shown] { done(shown); });
    if (!written.ok())
      outbox.emplace_back([done, id, code = written.refusal.code] { done(refusedJoin(code, id)); });
    return;
  }
  member.joining = std::move(done);
  if (group.state == GroupState::kPreparing) {
    tryComplete(group, false, outbox);
  } else {
    prepare(group, outbox);
  }
}

Shown<JoinGroupResponse> GroupCoordinator::joined(const Group& group, const std::string& memberId,
                                                  const std::string& leader) const {
  Shown<JoinGroupResponse> shown;
  shown.response.generationId = group.generation;
  shown.response.protocolType = group.protocolType;
  shown.response.protocolName = group.protocol;
  shown.response.leader = leader;
  shown.response.memberId = memberId;
  if (leader != memberId) return shown;
  for (const auto& [id, member] : group.members) {
    const Blob metadata = member.metadataFor(group.protocol);
    shown.kept.push_back(metadata);
    shown.response.members.push_back({id, member.instance, bytesOf(metadata)});
  }
  return shown;
}

void GroupCoordinator::prepare(Group& group, Outbox& outbox) {
  for (auto& [id, member] : group.members) {
    if (!member.syncing) continue;
    JoinDone joining = std::exchange(member.joining, nullptr);  // it joins the next generation
    refuseWaiting(member, ErrorCode::kRebalanceInProgress, outbox);
    member.joining = std::move(joining);
    alive(group, member);
  }
  const Nanos now = parts_.clock.monotonic();
  const bool first = group.state == GroupState::kEmpty && !group.members.empty();
  group.notBefore =
      first && settings_.initialDelayMs > 0 ? now + settings_.initialDelayMs * kMillisecond : 0;
  enter(group, GroupState::kPreparing);
  armPhase(group,
           group.notBefore > 0 ? group.notBefore : now + group.longestRebalanceMs() * kMillisecond);
  tryComplete(group, false, outbox);
}

void GroupCoordinator::fence(Group& group, Outbox& outbox) {
  ++group.generation;
  prepare(group, outbox);
}

void GroupCoordinator::armPhase(Group& group, Nanos when) {
  if (group.phase.has_value()) parts_.deadlines.cancel(*group.phase);
  group.phase =
      parts_.deadlines.at(when, [this, id = group.id, generation = group.generation,
                                 state = group.state] { phaseIsLate(id, generation, state); });
}

void GroupCoordinator::phaseIsLate(const std::string& groupId, std::int32_t generation,
                                   GroupState state) {
  inTurn([&](Outbox& outbox) MR_REQUIRES(mutex_) {
    Group* const group = find(groupId);
    if (stopped_ || group == nullptr || group->state != state || group->generation != generation)
      return;
    if (state == GroupState::kPreparing) {
      const bool delayed = std::exchange(group->notBefore, 0) > 0;
      if (delayed && !group->everybodyJoined()) {
        armPhase(*group, parts_.clock.monotonic() + group->longestRebalanceMs() * kMillisecond);
        return;
      }
      tryComplete(*group, true, outbox);
      return;
    }
    // Who joined and does not ask for its assignment holds up the others.
    std::vector<std::string> silent;
    for (const auto& [id, member] : group->members) {
      if (!member.syncing) silent.push_back(id);
    }
    for (const std::string& id : silent)
      removeMember(*group, id, ErrorCode::kUnknownMemberId, outbox);
  });
}

void GroupCoordinator::tryComplete(Group& group, bool late, Outbox& outbox) {
  if (group.state != GroupState::kPreparing) return;
  const bool ready = group.everybodyJoined() && parts_.clock.monotonic() >= group.notBefore;
  if (!ready && !late) return;
  if (late) {
    for (const auto& [id, token] : group.promised) parts_.deadlines.cancel(token);
    group.promised.clear();
    std::vector<std::string> gone;
    bool anybody = false;
    for (const auto& [id, member] : group.members) {
      anybody = anybody || member.joining;
      if (!member.joining && !member.instance.has_value()) gone.push_back(id);
    }
    for (const std::string& id : gone) {
      if (group.members.at(id).watch.has_value())
        parts_.deadlines.cancel(*group.members.at(id).watch);
      group.members.erase(id);
    }
    if (!anybody && !group.members.empty()) {  // static ones, which may come back
      armPhase(group, parts_.clock.monotonic() + group.longestRebalanceMs() * kMillisecond);
      return;
    }
  }
  completeJoin(group, outbox);
}

void GroupCoordinator::completeJoin(Group& group, Outbox& outbox) {
  if (group.phase.has_value()) parts_.deadlines.cancel(*group.phase);
  group.phase.reset();
  ++group.generation;
  if (group.members.empty()) {
    group.protocol.clear();
    group.leader.clear();
    enter(group, GroupState::kEmpty);
    (void)persist(group, [] {});  // at the worst a restart waits for members that are gone
    return;
  }
  group.protocol = group.vote();
  const Member* const leads = group.find(group.leader);
  if (leads == nullptr || !leads->joining) {
    for (const auto& [id, member] : group.members) {
      if (!member.joining) continue;
      group.leader = id;
      break;
    }
  }
  enter(group, GroupState::kCompleting);
  for (auto& [id, member] : group.members) {
    member.assignment = nullptr;
    alive(group, member);
    if (!member.joining) continue;  // a static one that may come back
    outbox.emplace_back([done = std::exchange(member.joining, nullptr),
                         shown = joined(group, id, group.leader)] { done(shown); });
  }
  armPhase(group, parts_.clock.monotonic() + group.longestRebalanceMs() * kMillisecond);
}

std::string GroupCoordinator::newId(const std::string& prefix) {
  const std::uint64_t high = random_.next();
  const std::uint64_t low = random_.next();
  return fmt::format("{}-{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", prefix, high >> 32U,
                     (high >> 16U) & 0xffffU, high & 0xfffU, 0x8000U | ((low >> 48U) & 0x3fffU),
                     low & 0xffffffffffffU);
}

}  // namespace millrace::log
