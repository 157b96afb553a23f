// SPDX-License-Identifier: Apache-2.0
// DescribeCluster, DescribeLogDirs and DescribeProducers: the one broker, its one folder, and who
// writes to its partitions.
#include "log-backend/broker/requests.h"

#include <algorithm>

namespace millrace::log {

wire::DescribeClusterResponse describeCluster(Desk& desk,
                                              const wire::DescribeClusterRequest& request,
                                              const Call& call) {
  constexpr std::int8_t kBrokers = 1;
  wire::DescribeClusterResponse response;
  response.endpointType = request.endpointType;
  if (request.endpointType != kBrokers) {
    response.errorCode = wireCode(ErrorCode::kInvalidRequest);
    response.errorMessage = "there are no controllers of their own, ask for brokers (1)";
    return response;
  }
  response.clusterId = desk.identity.clusterId;
  response.controllerId = desk.identity.nodeId;
  response.brokers.push_back(
      {desk.identity.nodeId, desk.identity.host, desk.identity.port, std::nullopt});
  if (request.includeClusterAuthorizedOperations)
    response.clusterAuthorizedOperations =
        call.access.operations(ResourceType::kCluster, kClusterName);
  return response;
}

wire::DescribeLogDirsResponse describeLogDirs(Desk& desk,
                                              const wire::DescribeLogDirsRequest& request,
                                              const Call& call) {
  wire::DescribeLogDirsResponse response;
  if (!call.access.mayCluster(Operation::kDescribe)) {
    response.errorCode = wireCode(ErrorCode::kClusterAuthorizationFailed);
    return response;
  }
  auto& folder = response.results.emplace_back();
  folder.logDir = desk.topics.folder();
  for (const auto& topic : desk.topics.all()) {
    const auto asked = [&](std::int32_t number) {
      if (!request.topics.has_value()) return true;
      return std::any_of(request.topics->begin(), request.topics->end(), [&](const auto& each) {
        return each.topic == topic->entry.name &&
               std::find(each.partitions.begin(), each.partitions.end(), number) !=
                   each.partitions.end();
      });
    };
    decltype(folder.topics)::value_type shown;
    shown.name = topic->entry.name;
    for (std::int32_t number = 0; number < topic->entry.partitions; ++number) {
      if (!asked(number)) continue;
      const auto& partition = topic->partitions[static_cast<std::size_t>(number)];
      shown.partitions.push_back({number, static_cast<std::int64_t>(partition->bytes()), 0, false});
    }
    if (!shown.partitions.empty()) folder.topics.push_back(std::move(shown));
  }
  if (const auto room = desk.topics.freeBytes(); room.ok())
    folder.usableBytes = static_cast<std::int64_t>(*room);
  return response;
}

wire::DescribeProducersResponse describeProducers(Desk& desk,
                                                  const wire::DescribeProducersRequest& request,
                                                  const Call& call) {
  wire::DescribeProducersResponse response;
  for (const auto& topic : request.topics) {
    auto& answers = response.topics.emplace_back();
    answers.name = topic.name;
    for (const std::int32_t number : topic.partitionIndexes) {
      auto& answer = answers.partitions.emplace_back();
      answer.partitionIndex = number;
      if (!call.access.mayTopic(Operation::kRead, topic.name)) {
        answer.errorCode = wireCode(ErrorCode::kTopicAuthorizationFailed);
        continue;
      }
      const auto partition = desk.topics.partition(topic.name, number);
      if (partition == nullptr) {
        answer.errorCode = wireCode(ErrorCode::kUnknownTopicOrPartition);
        continue;
      }
      for (const auto& [id, producer] : partition->producers()) {
        answer.activeProducers.push_back({id, producer.epoch, producer.lastSequence(),
                                          producer.seen, producer.coordinatorEpoch,
                                          producer.transactionFirst});
      }
    }
  }
  return response;
}

}  // namespace millrace::log
