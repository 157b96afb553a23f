// SPDX-License-Identifier: Apache-2.0
// DescribeConfigs, of topics and of the broker.
#include "log-backend/broker/requests.h"
#include "log-backend/broker/topic_configs.h"

#include <algorithm>

namespace millrace::log {
namespace {

using wire::DescribeConfigsRequest;
using wire::DescribeConfigsResponse;
using Asked = DescribeConfigsRequest::DescribeConfigsResource;
using ResourceAnswer = DescribeConfigsResponse::DescribeConfigsResult;
using Line = ResourceAnswer::DescribeConfigsResourceResult;

constexpr std::int8_t kTopicResource = 2;
constexpr std::int8_t kBrokerResource = 4;

bool wanted(const Asked& asked, std::string_view name) {
  if (!asked.configurationKeys.has_value()) return true;
  const auto& keys = *asked.configurationKeys;
  return std::find(keys.begin(), keys.end(), name) != keys.end();
}

Line lineOf(std::string_view name, std::string_view value, ConfigSource source, std::int8_t type) {
  Line line;
  line.name = std::string(name);
  line.value = std::string(value);
  line.isDefault = source == ConfigSource::kDefault;
  line.configSource = static_cast<std::int8_t>(source);
  line.configType = type;
  return line;
}

void showTopic(const Desk& desk, const Asked& asked, bool synonyms, ResourceAnswer& answer) {
  const auto topic = desk.topics.find(asked.resourceName);
  if (topic == nullptr) {
    answer.errorCode = wireCode(ErrorCode::kUnknownTopicOrPartition);
    answer.errorMessage = "there is no topic '" + asked.resourceName + "'";
    return;
  }
  const TopicConfig& config = topic->entry.config;
  for (const ConfigDefinition& each : topicConfigs()) {
    if (!wanted(asked, each.name)) continue;
    const ConfigSource source = sourceOf(config, each.name);
    Line line = lineOf(each.name, config.text(each.name), source, wireType(each.type));
    if (synonyms) {
      if (source == ConfigSource::kTopic)
        line.synonyms.push_back({line.name, line.value, static_cast<std::int8_t>(source)});
      line.synonyms.push_back({line.name, std::string(each.byDefault),
                               static_cast<std::int8_t>(ConfigSource::kDefault)});
    }
    answer.configs.push_back(std::move(line));
  }
}

void showBroker(const Desk& desk, const Asked& asked, ResourceAnswer& answer) {
  const std::string self = std::to_string(desk.identity.nodeId);
  if (!asked.resourceName.empty() && asked.resourceName != self) {
    answer.errorCode = wireCode(ErrorCode::kInvalidRequest);
    answer.errorMessage = "there is no broker " + asked.resourceName + ", ask for " + self;
    return;
  }
  for (const auto& each : desk.settings.texts()) {
    if (!wanted(asked, each.name)) continue;
    Line line = lineOf(each.name, each.value, ConfigSource::kStaticBroker, each.type);
    line.readOnly = true;
    answer.configs.push_back(std::move(line));
  }
}

}  // namespace

DescribeConfigsResponse describeConfigs(Desk& desk, const DescribeConfigsRequest& request,
                                        const Call& call) {
  DescribeConfigsResponse response;
  for (const Asked& asked : request.resources) {
    auto& answer = response.results.emplace_back();
    answer.resourceType = asked.resourceType;
    answer.resourceName = asked.resourceName;
    if (asked.resourceType == kTopicResource &&
        !call.access.mayTopic(Operation::kDescribeConfigs, asked.resourceName)) {
      answer.errorCode = wireCode(ErrorCode::kTopicAuthorizationFailed);
      answer.errorMessage = "you may not see the configs of '" + asked.resourceName + "'";
    } else if (asked.resourceType == kBrokerResource &&
               !call.access.mayCluster(Operation::kDescribeConfigs)) {
      answer.errorCode = wireCode(ErrorCode::kClusterAuthorizationFailed);
      answer.errorMessage = "you may not see the broker's configs";
    } else if (asked.resourceType == kTopicResource) {
      showTopic(desk, asked, request.includeSynonyms, answer);
    } else if (asked.resourceType == kBrokerResource) {
      showBroker(desk, asked, answer);
    } else {
      answer.errorCode = wireCode(ErrorCode::kInvalidRequest);
      answer.errorMessage = "configs are of topics (2) and of the broker (4)";
    }
  }
  return response;
}

}  // namespace millrace::log
