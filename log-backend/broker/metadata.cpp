// SPDX-License-Identifier: Apache-2.0
// Metadata: the one broker, and the topics that are asked for, made where that is allowed.
#include "engine/base/topic_name.h"
#include "log-backend/broker/requests.h"

namespace millrace::log {
namespace {

using wire::MetadataRequest;
using wire::MetadataResponse;
using TopicAnswer = MetadataResponse::MetadataResponseTopic;

TopicAnswer describe(const Desk& desk, const Topic& topic) {
  TopicAnswer answer;
  answer.name = topic.entry.name;
  answer.topicId = wireId(topic.entry.id);
  answer.isInternal = isInternal(topic.entry.name);
  for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
    auto& partition = answer.partitions.emplace_back();
    partition.partitionIndex = static_cast<std::int32_t>(i);
    partition.leaderId = desk.identity.nodeId;
    partition.leaderEpoch = topic.partitions[i]->bounds().leaderEpoch;
    partition.replicaNodes = {desk.identity.nodeId};
    partition.isrNodes = {desk.identity.nodeId};
  }
  return answer;
}

TopicAnswer refuse(std::optional<std::string> name, ErrorCode code) {
  TopicAnswer answer;
  answer.topicId = {};
  answer.name = std::move(name);
  answer.errorCode = wireCode(code);
  return answer;
}

TopicAnswer lookUp(Desk& desk, const MetadataRequest::MetadataRequestTopic& asked,
                   const Access& access, bool mayCreate) {
  if (!asked.name.has_value()) {
    const auto topic = desk.topics.find(topicId(asked.topicId));
    const bool isHidden =
        topic != nullptr && !access.mayTopic(Operation::kDescribe, topic->entry.name);
    if (topic != nullptr && !isHidden) return describe(desk, *topic);
    TopicAnswer answer = refuse(
        std::nullopt, isHidden ? ErrorCode::kTopicAuthorizationFailed : ErrorCode::kUnknownTopicId);
    answer.topicId = asked.topicId;
    return answer;
  }
  const std::string& name = *asked.name;
  if (!wrongTopicName(name).empty()) return refuse(name, ErrorCode::kInvalidTopic);
  if (!access.mayTopic(Operation::kDescribe, name))
    return refuse(name, ErrorCode::kTopicAuthorizationFailed);
  auto topic = desk.topics.find(name);
  if (topic == nullptr) {
    if (!mayCreate) return refuse(name, ErrorCode::kUnknownTopicOrPartition);
    if (const Refusal refusal = autoCreate(desk, name, access); refusal.refused())
      return refuse(name, refusal.code);
    topic = desk.topics.find(name);
  }
  if (topic == nullptr) return refuse(name, ErrorCode::kUnknownTopicOrPartition);
  return describe(desk, *topic);
}

}  // namespace

MetadataResponse metadata(Desk& desk, const MetadataRequest& request, const Call& call) {
  MetadataResponse response;
  const BrokerIdentity& self = desk.identity;
  auto& broker = response.brokers.emplace_back();
  broker.nodeId = self.nodeId;
  broker.host = self.host;
  broker.port = self.port;
  response.clusterId = self.clusterId;
  response.controllerId = self.nodeId;
  const bool everything =
      !request.topics.has_value() || (call.version == 0 && request.topics->empty());
  if (request.includeClusterAuthorizedOperations)
    response.clusterAuthorizedOperations =
        call.access.operations(ResourceType::kCluster, kClusterName);
  if (everything) {
    for (const auto& topic : desk.topics.all()) {
      if (call.access.mayTopic(Operation::kDescribe, topic->entry.name))
        response.topics.push_back(describe(desk, *topic));
    }
  } else {
    const bool mayCreate = call.version < 4 || request.allowAutoTopicCreation;
    for (const auto& each : *request.topics)
      response.topics.push_back(lookUp(desk, each, call.access, mayCreate));
  }
  if (request.includeTopicAuthorizedOperations) {
    for (auto& topic : response.topics) {
      if (topic.errorCode == 0)
        topic.topicAuthorizedOperations =
            call.access.operations(ResourceType::kTopic, topic.name.value_or(""));
    }
  }
  return response;
}

}  // namespace millrace::log
