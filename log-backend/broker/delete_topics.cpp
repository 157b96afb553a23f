// SPDX-License-Identifier: Apache-2.0
// DeleteTopics, by name or by id; and DeleteRecords, which raises the log start.
#include "log-backend/broker/requests.h"

namespace millrace::log {
namespace {

using wire::DeleteTopicsResponse;
using TopicAnswer = DeleteTopicsResponse::DeletableTopicResult;

TopicAnswer removeTopic(Desk& desk, const Access& access, const std::string& name) {
  TopicAnswer answer;
  answer.name = name;
  answer.topicId = {};
  if (!access.mayTopic(Operation::kDelete, name)) {
    answer.errorCode = wireCode(ErrorCode::kTopicAuthorizationFailed);
    answer.errorMessage = "you may not delete '" + name + "'";
    return answer;
  }
  if (const auto topic = desk.topics.find(name); topic != nullptr)
    answer.topicId = wireId(topic->entry.id);
  const Refusal refusal = isInternal(name)
                              ? Refusal{ErrorCode::kInvalidTopic, "the log needs this topic itself"}
                              : desk.topics.remove(name);
  if (!refusal.refused()) desk.groups.forgetTopic(name);
  answer.errorCode = wireCode(refusal.code);
  answer.errorMessage = wireMessage(refusal);
  return answer;
}

}  // namespace

DeleteTopicsResponse deleteTopics(Desk& desk, const wire::DeleteTopicsRequest& request,
                                  const Call& call) {
  DeleteTopicsResponse response;
  for (const std::string& name : request.topicNames)
    response.responses.push_back(removeTopic(desk, call.access, name));
  for (const auto& each : request.topics) {
    if (each.name.has_value()) {
      response.responses.push_back(removeTopic(desk, call.access, *each.name));
      continue;
    }
    const auto topic = desk.topics.find(topicId(each.topicId));
    // The name of an id is not for those who may not see the topic.
    const bool isHidden =
        topic != nullptr && !call.access.mayTopic(Operation::kDescribe, topic->entry.name);
    if (topic != nullptr && !isHidden) {
      response.responses.push_back(removeTopic(desk, call.access, topic->entry.name));
      continue;
    }
    TopicAnswer answer;
    answer.topicId = each.topicId;
    answer.errorCode =
        wireCode(isHidden ? ErrorCode::kTopicAuthorizationFailed : ErrorCode::kUnknownTopicId);
    response.responses.push_back(std::move(answer));
  }
  // Whoever waits for more of a topic that is gone must hear of it.
  desk.fetchWaiters.advanced();
  return response;
}

wire::DeleteRecordsResponse deleteRecords(Desk& desk, const wire::DeleteRecordsRequest& request,
                                          const Call& call) {
  wire::DeleteRecordsResponse response;
  for (const auto& topic : request.topics) {
    auto& answers = response.topics.emplace_back();
    answers.name = topic.name;
    for (const auto& asked : topic.partitions) {
      auto& answer = answers.partitions.emplace_back();
      answer.partitionIndex = asked.partitionIndex;
      answer.lowWatermark = kNoOffset;
      if (!call.access.mayTopic(Operation::kDelete, topic.name)) {
        answer.errorCode = wireCode(ErrorCode::kTopicAuthorizationFailed);
        continue;
      }
      const auto partition = desk.topics.partition(topic.name, asked.partitionIndex);
      if (partition == nullptr || isInternal(topic.name)) {
        answer.errorCode = wireCode(partition == nullptr ? ErrorCode::kUnknownTopicOrPartition
                                                         : ErrorCode::kInvalidTopic);
        continue;
      }
      const auto result = partition->deleteRecords(asked.offset);
      answer.errorCode = wireCode(result.refusal.code);
      if (!result.refusal.refused()) answer.lowWatermark = result.logStart;
    }
  }
  return response;
}

}  // namespace millrace::log
