// SPDX-License-Identifier: Apache-2.0
// CreateTopics. There is one broker, so every partition has one replica.
#include "log-backend/broker/requests.h"
#include "log-backend/broker/topic_configs.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace millrace::log {
namespace {

using wire::CreateTopicsRequest;
using wire::CreateTopicsResponse;
using Asked = CreateTopicsRequest::CreatableTopic;
using TopicAnswer = CreateTopicsResponse::CreatableTopicResult;

/// Each partition from 0 on exactly once, each on this broker alone.
Refusal checkAssignments(const Asked& asked, std::int32_t nodeId) {
  if (asked.numPartitions != -1 || asked.replicationFactor != -1) {
    return {ErrorCode::kInvalidRequest,
            "replicas are assigned by hand, leave out the number of partitions and of replicas"};
  }
  std::set<std::int32_t> seen;
  for (const auto& each : asked.assignments) {
    const bool inRange = each.partitionIndex >= 0 &&
                         static_cast<std::size_t>(each.partitionIndex) < asked.assignments.size();
    if (!inRange || !seen.insert(each.partitionIndex).second ||
        each.brokerIds != std::vector<std::int32_t>{nodeId}) {
      return {ErrorCode::kInvalidReplicaAssignment,
              fmt::format("partition {} must stand there once and on broker {} alone",
                          each.partitionIndex, nodeId)};
    }
  }
  return {};
}

Refusal read(const Desk& desk, const Asked& asked, std::int32_t& partitions,
             TopicConfig::Texts& configs) {
  if (isInternal(asked.name))
    return {ErrorCode::kInvalidTopic, "the log makes this topic itself, as it needs it"};
  if (!asked.assignments.empty()) {
    if (Refusal wrong = checkAssignments(asked, desk.identity.nodeId); wrong.refused())
      return wrong;
    partitions = static_cast<std::int32_t>(asked.assignments.size());
  } else {
    partitions = asked.numPartitions == -1 ? desk.settings.numPartitions : asked.numPartitions;
    if (asked.replicationFactor != -1 && asked.replicationFactor != 1) {
      return {ErrorCode::kInvalidReplicationFactor,
              fmt::format("there is one broker, so the replication factor is 1, not {}",
                          asked.replicationFactor)};
    }
  }
  for (const auto& each : asked.configs) {
    if (!each.value.has_value())
      return {ErrorCode::kInvalidConfig, fmt::format("{} has no value, give it one", each.name)};
    configs[each.name] = *each.value;
  }
  return {};
}

void showConfigs(const TopicConfig::Texts& texts, TopicAnswer& answer) {
  const auto config = TopicConfig::parse(texts);
  if (!config.ok()) return;
  auto& shown = answer.configs.emplace();
  for (const ConfigDefinition& each : topicConfigs()) {
    shown.push_back({std::string(each.name), std::string(config->text(each.name)), false,
                     static_cast<std::int8_t>(sourceOf(*config, each.name)), false});
  }
}

TopicAnswer create(Desk& desk, const Access& access, const Asked& asked, bool onlyCheck) {
  TopicAnswer answer;
  answer.name = asked.name;
  answer.topicId = {};
  std::int32_t partitions = 0;
  TopicConfig::Texts configs;
  Refusal refusal = read(desk, asked, partitions, configs);
  if (!access.mayCluster(Operation::kCreate) && !access.mayTopic(Operation::kCreate, asked.name))
    refusal = {ErrorCode::kTopicAuthorizationFailed,
               fmt::format("you may not create '{}'", asked.name)};
  if (!refusal.refused()) {
    refusal = onlyCheck ? desk.topics.check(asked.name, partitions, configs)
                        : desk.topics.create(asked.name, partitions, configs);
  }
  answer.errorCode = wireCode(refusal.code);
  answer.errorMessage = wireMessage(refusal);
  if (refusal.refused()) return answer;
  if (const auto topic = desk.topics.find(asked.name); topic != nullptr)
    answer.topicId = wireId(topic->entry.id);
  answer.numPartitions = partitions;
  answer.replicationFactor = 1;
  if (access.mayTopic(Operation::kDescribeConfigs, asked.name)) {
    showConfigs(configs, answer);
  } else {
    answer.numPartitions = -1;
    answer.replicationFactor = -1;
    answer.topicConfigErrorCode = wireCode(ErrorCode::kTopicAuthorizationFailed);
  }
  return answer;
}

}  // namespace

CreateTopicsResponse createTopics(Desk& desk, const CreateTopicsRequest& request,
                                  const Call& call) {
  CreateTopicsResponse response;
  for (const Asked& asked : request.topics) {
    const auto sameName =
        std::count_if(request.topics.begin(), request.topics.end(),
                      [&](const Asked& other) { return other.name == asked.name; });
    if (sameName > 1) {
      TopicAnswer answer;
      answer.name = asked.name;
      answer.topicId = {};
      answer.errorCode = wireCode(ErrorCode::kInvalidRequest);
      answer.errorMessage = "the request names this topic twice";
      response.topics.push_back(std::move(answer));
      continue;
    }
    response.topics.push_back(create(desk, call.access, asked, request.validateOnly));
  }
  return response;
}

}  // namespace millrace::log
