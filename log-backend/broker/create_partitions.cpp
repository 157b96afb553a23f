// SPDX-License-Identifier: Apache-2.0
// CreatePartitions: more of them for topics that are there.
#include "log-backend/broker/requests.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::log {
namespace {

using wire::CreatePartitionsRequest;

Refusal check(const Desk& desk, const Access& access, const CreatePartitionsRequest& request,
              const CreatePartitionsRequest::CreatePartitionsTopic& asked) {
  const auto sameName = std::count_if(request.topics.begin(), request.topics.end(),
                                      [&](const auto& each) { return each.name == asked.name; });
  if (sameName > 1) return {ErrorCode::kInvalidRequest, "the request names this topic twice"};
  if (!access.mayTopic(Operation::kAlter, asked.name))
    return {ErrorCode::kTopicAuthorizationFailed,
            fmt::format("you may not change '{}'", asked.name)};
  const auto topic = desk.topics.find(asked.name);
  if (topic == nullptr)
    return {ErrorCode::kUnknownTopicOrPartition, fmt::format("there is no topic '{}'", asked.name)};
  if (isInternal(asked.name))
    return {ErrorCode::kInvalidTopic, "the log needs this topic as it is"};
  if (asked.count <= topic->entry.partitions) {
    return {ErrorCode::kInvalidPartitions,
            fmt::format("'{}' has {} partitions, and can get more only, not {}", asked.name,
                        topic->entry.partitions, asked.count)};
  }
  if (!asked.assignments.has_value()) return {};
  const auto added = static_cast<std::size_t>(asked.count - topic->entry.partitions);
  const std::vector<std::int32_t> here{desk.identity.nodeId};
  const bool fits = asked.assignments->size() == added &&
                    std::all_of(asked.assignments->begin(), asked.assignments->end(),
                                [&here](const auto& each) { return each.brokerIds == here; });
  if (fits) return {};
  return {ErrorCode::kInvalidReplicaAssignment,
          fmt::format("each of the {} new partitions must be on broker {} alone", added,
                      desk.identity.nodeId)};
}

}  // namespace

wire::CreatePartitionsResponse createPartitions(Desk& desk, const CreatePartitionsRequest& request,
                                                const Call& call) {
  wire::CreatePartitionsResponse response;
  for (const auto& asked : request.topics) {
    Refusal refusal = check(desk, call.access, request, asked);
    if (!refusal.refused() && !request.validateOnly)
      refusal = desk.topics.growTo(asked.name, asked.count);
    response.results.push_back({asked.name, wireCode(refusal.code), wireMessage(refusal)});
  }
  return response;
}

}  // namespace millrace::log
