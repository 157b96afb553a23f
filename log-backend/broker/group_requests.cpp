// SPDX-License-Identifier: Apache-2.0
// The requests of consumer groups: each is the coordinator's business, and answered when it says.
#include "log-backend/broker/requests.h"

namespace millrace::log {
namespace {

Caller callerOf(const ExchangePointer& exchange) {
  return {exchange->version(), exchange->clientId(), exchange->clientHost()};
}
Caller callerOf(const Call& call) { return {call.version, call.clientId, call.clientHost}; }

}  // namespace

void joinGroup(Desk& desk, wire::JoinGroupRequest request, const ExchangePointer& exchange) {
  desk.groups.join(request, callerOf(exchange),
                   [exchange](const auto& shown) { exchange->answer(shown.response); });
}

void syncGroup(Desk& desk, wire::SyncGroupRequest request, const ExchangePointer& exchange) {
  desk.groups.sync(request, [exchange](const auto& shown) { exchange->answer(shown.response); });
}

wire::HeartbeatResponse heartbeat(Desk& desk, const wire::HeartbeatRequest& request, const Call&) {
  return desk.groups.heartbeat(request);
}

wire::LeaveGroupResponse leaveGroup(Desk& desk, const wire::LeaveGroupRequest& request,
                                    const Call& call) {
  return desk.groups.leave(request, callerOf(call));
}

void offsetCommit(Desk& desk, wire::OffsetCommitRequest request, const ExchangePointer& exchange) {
  desk.groups.commit(request, [exchange](const auto& response) { exchange->answer(response); });
}

wire::OffsetFetchResponse offsetFetch(Desk& desk, const wire::OffsetFetchRequest& request,
                                      const Call& call) {
  return desk.groups.fetch(request, callerOf(call));
}

void offsetDelete(Desk& desk, wire::OffsetDeleteRequest request, const ExchangePointer& exchange) {
  desk.groups.deleteOffsets(request,
                            [exchange](const auto& response) { exchange->answer(response); });
}

wire::ListGroupsResponse listGroups(Desk& desk, const wire::ListGroupsRequest& request,
                                    const Call&) {
  return desk.groups.list(request);
}

void describeGroups(Desk& desk, wire::DescribeGroupsRequest request,
                    const ExchangePointer& exchange) {
  exchange->answer(desk.groups.describe(request).response);
}

void deleteGroups(Desk& desk, wire::DeleteGroupsRequest request, const ExchangePointer& exchange) {
  desk.groups.remove(request, [exchange](const auto& response) { exchange->answer(response); });
}

}  // namespace millrace::log
