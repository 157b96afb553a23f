// SPDX-License-Identifier: Apache-2.0
// The requests of consumer groups: each is the coordinator's business, and answered when it says,
// for as much of it as its sender may do.
#include "log-backend/broker/refused_topics.h"
#include "log-backend/broker/requests.h"

#include <algorithm>

namespace millrace::log {
namespace {

constexpr auto kNotYourGroup = ErrorCode::kGroupAuthorizationFailed;

Caller callerOf(const ExchangePointer& exchange) {
  return {exchange->version(), exchange->clientId(), exchange->clientHost()};
}
Caller callerOf(const Call& call) { return {call.version, call.clientId, call.clientHost}; }

/// True: refused, and answered.
template <typename Response>
bool refusesGroup(Desk& desk, Operation operation, const std::string& group,
                  const ExchangePointer& exchange) {
  if (accessOf(desk, *exchange).mayGroup(operation, group)) return false;
  Response response;
  response.errorCode = wireCode(kNotYourGroup);
  exchange->answer(response);
  return true;
}

void refuseFetch(wire::OffsetFetchResponse& response, const wire::OffsetFetchRequest& request) {
  // Version 0 and 1 have no other place for an error than each partition.
  response.errorCode = wireCode(kNotYourGroup);
  if (!request.topics.has_value()) return;
  for (const auto& topic : *request.topics) {
    auto& refused = response.topics.emplace_back();
    refused.name = topic.name;
    for (const std::int32_t partition : topic.partitionIndexes) {
      auto& answer = refused.partitions.emplace_back();
      answer.partitionIndex = partition;
      answer.committedOffset = kNoOffset;
      answer.errorCode = wireCode(kNotYourGroup);
    }
  }
}

/// What of fetched offsets is about topics that the caller may not even see: a topic that was named
/// is refused, one that came with all is left out.
template <typename Topics>
void hideTopics(Topics& topics, bool all, const Access& access) {
  const auto isHidden = [&](const auto& topic) {
    return !access.mayTopic(Operation::kDescribe, topic.name);
  };
  if (all) {
    std::erase_if(topics, isHidden);
    return;
  }
  for (auto& topic : topics) {
    if (!isHidden(topic)) continue;
    for (auto& partition : topic.partitions) {
      partition.committedOffset = kNoOffset;
      partition.committedLeaderEpoch = -1;
      partition.metadata.reset();
      partition.errorCode = wireCode(ErrorCode::kTopicAuthorizationFailed);
    }
  }
}

}  // namespace

void joinGroup(Desk& desk, wire::JoinGroupRequest request, const ExchangePointer& exchange) {
  if (refusesGroup<wire::JoinGroupResponse>(desk, Operation::kRead, request.groupId, exchange))
    return;
  desk.groups.join(request, callerOf(exchange),
                   [exchange](const auto& shown) { exchange->answer(shown.response); });
}

void syncGroup(Desk& desk, wire::SyncGroupRequest request, const ExchangePointer& exchange) {
  if (refusesGroup<wire::SyncGroupResponse>(desk, Operation::kRead, request.groupId, exchange))
    return;
  desk.groups.sync(request, [exchange](const auto& shown) { exchange->answer(shown.response); });
}

wire::HeartbeatResponse heartbeat(Desk& desk, const wire::HeartbeatRequest& request,
                                  const Call& call) {
  if (call.access.mayGroup(Operation::kRead, request.groupId))
    return desk.groups.heartbeat(request);
  wire::HeartbeatResponse response;
  response.errorCode = wireCode(kNotYourGroup);
  return response;
}

wire::LeaveGroupResponse leaveGroup(Desk& desk, const wire::LeaveGroupRequest& request,
                                    const Call& call) {
  if (call.access.mayGroup(Operation::kRead, request.groupId))
    return desk.groups.leave(request, callerOf(call));
  wire::LeaveGroupResponse response;
  response.errorCode = wireCode(kNotYourGroup);
  return response;
}

void offsetCommit(Desk& desk, wire::OffsetCommitRequest request, const ExchangePointer& exchange) {
  const Access access = accessOf(desk, *exchange);
  wire::OffsetCommitResponse response;
  if (!access.mayGroup(Operation::kRead, request.groupId)) {
    refuseTopics(request.topics, kNotYourGroup, response.topics);
    exchange->answer(response);
    return;
  }
  takeOutRefused(request.topics, access, Operation::kRead, response.topics);
  if (request.topics.empty()) {
    exchange->answer(response);
    return;
  }
  desk.groups.commit(
      request, [exchange, refused = std::move(response.topics)](wire::OffsetCommitResponse done) {
        done.topics.insert(done.topics.end(), refused.begin(), refused.end());
        exchange->answer(done);
      });
}

wire::OffsetFetchResponse offsetFetch(Desk& desk, const wire::OffsetFetchRequest& request,
                                      const Call& call) {
  constexpr std::int16_t kFirstWithGroups = 8;
  if (call.version < kFirstWithGroups) {
    wire::OffsetFetchResponse response;
    if (!call.access.mayGroup(Operation::kDescribe, request.groupId)) {
      refuseFetch(response, request);
      return response;
    }
    response = desk.groups.fetch(request, callerOf(call));
    hideTopics(response.topics, !request.topics.has_value(), call.access);
    return response;
  }
  wire::OffsetFetchResponse response = desk.groups.fetch(request, callerOf(call));
  for (std::size_t i = 0; i < response.groups.size(); ++i) {
    auto& group = response.groups[i];
    if (!call.access.mayGroup(Operation::kDescribe, group.groupId)) {
      group.topics.clear();
      group.errorCode = wireCode(kNotYourGroup);
    } else {
      hideTopics(group.topics, !request.groups[i].topics.has_value(), call.access);
    }
  }
  return response;
}

void offsetDelete(Desk& desk, wire::OffsetDeleteRequest request, const ExchangePointer& exchange) {
  if (refusesGroup<wire::OffsetDeleteResponse>(desk, Operation::kDelete, request.groupId, exchange))
    return;
  wire::OffsetDeleteResponse response;
  takeOutRefused(request.topics, accessOf(desk, *exchange), Operation::kRead, response.topics);
  desk.groups.deleteOffsets(
      request, [exchange, refused = std::move(response.topics)](wire::OffsetDeleteResponse done) {
        done.topics.insert(done.topics.end(), refused.begin(), refused.end());
        exchange->answer(done);
      });
}

wire::ListGroupsResponse listGroups(Desk& desk, const wire::ListGroupsRequest& request,
                                    const Call& call) {
  wire::ListGroupsResponse response = desk.groups.list(request);
  if (call.access.mayCluster(Operation::kDescribe)) return response;
  std::erase_if(response.groups, [&](const auto& group) {
    return !call.access.mayGroup(Operation::kDescribe, group.groupId);
  });
  return response;
}

void describeGroups(Desk& desk, wire::DescribeGroupsRequest request,
                    const ExchangePointer& exchange) {
  const Access access = accessOf(desk, *exchange);
  std::vector<std::string> refused;
  std::erase_if(request.groups, [&](const std::string& group) {
    if (access.mayGroup(Operation::kDescribe, group)) return false;
    refused.push_back(group);
    return true;
  });
  auto shown = desk.groups.describe(request);
  if (request.includeAuthorizedOperations) {
    for (auto& group : shown.response.groups)
      group.authorizedOperations = access.operations(ResourceType::kGroup, group.groupId);
  }
  for (const std::string& group : refused) {
    auto& answer = shown.response.groups.emplace_back();
    answer.groupId = group;
    answer.errorCode = wireCode(kNotYourGroup);
  }
  exchange->answer(shown.response);
}

void deleteGroups(Desk& desk, wire::DeleteGroupsRequest request, const ExchangePointer& exchange) {
  const Access access = accessOf(desk, *exchange);
  std::vector<std::string> refused;
  std::erase_if(request.groupsNames, [&](const std::string& group) {
    if (access.mayGroup(Operation::kDelete, group)) return false;
    refused.push_back(group);
    return true;
  });
  desk.groups.remove(request, [exchange, refused](wire::DeleteGroupsResponse response) {
    for (const std::string& group : refused)
      response.results.push_back({group, wireCode(kNotYourGroup)});
    exchange->answer(response);
  });
}

}  // namespace millrace::log
