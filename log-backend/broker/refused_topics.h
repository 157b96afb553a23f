// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the requests about offsets share, whose topics have the same shape on the wire: topics that
// their sender may not use are answered with an error for each partition, and the rest goes on.

#include "log-backend/broker/desk.h"

#include <vector>

namespace millrace::log {

template <typename Asked, typename Answer>
void refuseTopic(const Asked& topic, ErrorCode code, std::vector<Answer>& answers) {
  auto& refused = answers.emplace_back();
  refused.name = topic.name;
  for (const auto& partition : topic.partitions) {
    auto& answer = refused.partitions.emplace_back();
    answer.partitionIndex = partition.partitionIndex;
    answer.errorCode = wireCode(code);
  }
}

template <typename Asked, typename Answer>
void refuseTopics(const std::vector<Asked>& topics, ErrorCode code, std::vector<Answer>& answers) {
  for (const Asked& topic : topics) refuseTopic(topic, code, answers);
}

/// Moves the topics on which `operation` is not allowed from the request into the answers.
template <typename Asked, typename Answer>
void takeOutRefused(std::vector<Asked>& topics, const Access& access, Operation operation,
                    std::vector<Answer>& answers) {
  std::erase_if(topics, [&](const Asked& topic) {
    if (access.mayTopic(operation, topic.name)) return false;
    refuseTopic(topic, ErrorCode::kTopicAuthorizationFailed, answers);
    return true;
  });
}

}  // namespace millrace::log
