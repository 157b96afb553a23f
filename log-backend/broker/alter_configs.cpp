// SPDX-License-Identifier: Apache-2.0
// AlterConfigs, which replaces everything that was set for a topic, and IncrementalAlterConfigs,
// which changes one config at a time.
#include "log-backend/broker/requests.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::log {
namespace {

constexpr std::int8_t kTopicResource = 2;

enum class Change : std::int8_t { kSet = 0, kDelete = 1, kAppend = 2, kSubtract = 3 };

std::vector<std::string> wordsOf(std::string_view list) {
  std::vector<std::string> words;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (comma > 0) words.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return words;
}

/// The words of a list, with those of another added or taken out.
std::string changedList(std::string_view list, std::string_view by, Change operation) {
  std::vector<std::string> words = wordsOf(list);
  for (const std::string& word : wordsOf(by)) {
    const auto found = std::find(words.begin(), words.end(), word);
    if (operation == Change::kAppend && found == words.end()) words.push_back(word);
    if (operation == Change::kSubtract && found != words.end()) words.erase(found);
  }
  return fmt::format("{}", fmt::join(words, ","));
}

Refusal checkResource(const Desk& desk, const Access& access, std::int8_t type,
                      const std::string& name) {
  if (type == kTopicResource && !access.mayTopic(Operation::kAlterConfigs, name))
    return {ErrorCode::kTopicAuthorizationFailed,
            fmt::format("you may not change the configs of '{}'", name)};
  if (type != kTopicResource && !access.mayCluster(Operation::kAlterConfigs))
    return {ErrorCode::kClusterAuthorizationFailed, "you may not change the broker's configs"};
  if (type != kTopicResource)
    return {ErrorCode::kInvalidRequest,
            "only the configs of topics can be changed, the broker's are fixed"};
  if (desk.topics.find(name) == nullptr)
    return {ErrorCode::kUnknownTopicOrPartition, fmt::format("there is no topic '{}'", name)};
  if (isInternal(name)) return {ErrorCode::kInvalidTopic, "the log needs this topic as it is"};
  return {};
}

Refusal apply(Desk& desk, const std::string& topic, const TopicConfig::Texts& texts,
              bool onlyCheck) {
  if (!onlyCheck) return desk.topics.configure(topic, texts);
  if (const auto parsed = TopicConfig::parse(texts); !parsed.ok())
    return {ErrorCode::kInvalidConfig, parsed.error().message};
  return {};
}

Refusal replace(Desk& desk, const Access& access,
                const wire::AlterConfigsRequest::AlterConfigsResource& asked, bool onlyCheck) {
  if (Refusal wrong = checkResource(desk, access, asked.resourceType, asked.resourceName);
      wrong.refused())
    return wrong;
  TopicConfig::Texts texts;
  for (const auto& each : asked.configs) {
    if (!each.value.has_value())
      return {ErrorCode::kInvalidConfig, fmt::format("{} has no value, give it one", each.name)};
    texts[each.name] = *each.value;
  }
  return apply(desk, asked.resourceName, texts, onlyCheck);
}

Refusal change(Desk& desk, const Access& access,
               const wire::IncrementalAlterConfigsRequest::IncrementalResource& asked,
               bool onlyCheck) {
  if (Refusal wrong = checkResource(desk, access, asked.resourceType, asked.resourceName);
      wrong.refused())
    return wrong;
  const TopicConfig config = desk.topics.find(asked.resourceName)->entry.config;
  TopicConfig::Texts texts = config.overrides();
  for (const auto& each : asked.configs) {
    const auto operation = static_cast<Change>(each.configOperation);
    const auto definition =
        std::find_if(topicConfigs().begin(), topicConfigs().end(),
                     [&each](const ConfigDefinition& one) { return one.name == each.name; });
    if (definition == topicConfigs().end())
      return {ErrorCode::kInvalidConfig, fmt::format("a topic has no config '{}'", each.name)};
    if (operation == Change::kDelete) {
      texts.erase(each.name);
      continue;
    }
    if (!each.value.has_value())
      return {ErrorCode::kInvalidConfig, fmt::format("{} has no value, give it one", each.name)};
    if (operation == Change::kSet) {
      texts[each.name] = *each.value;
    } else if (definition->type == ConfigType::kList &&
               (operation == Change::kAppend || operation == Change::kSubtract)) {
      const auto known = texts.find(each.name);
      const std::string_view now = known == texts.end() ? definition->byDefault : known->second;
      texts[each.name] = changedList(now, *each.value, operation);
    } else {
      return {ErrorCode::kInvalidConfig, fmt::format("{} is no list, set it instead", each.name)};
    }
  }
  return apply(desk, asked.resourceName, texts, onlyCheck);
}

template <typename Response, typename Request, typename One>
Response changeAll(Desk& desk, const Request& request, const Access& access, One one) {
  Response response;
  for (const auto& asked : request.resources) {
    const Refusal refusal = one(desk, access, asked, request.validateOnly);
    response.responses.push_back(
        {wireCode(refusal.code), wireMessage(refusal), asked.resourceType, asked.resourceName});
  }
  return response;
}

}  // namespace

wire::AlterConfigsResponse alterConfigs(Desk& desk, const wire::AlterConfigsRequest& request,
                                        const Call& call) {
  return changeAll<wire::AlterConfigsResponse>(desk, request, call.access, replace);
}

wire::IncrementalAlterConfigsResponse incrementalAlterConfigs(
    Desk& desk, const wire::IncrementalAlterConfigsRequest& request, const Call& call) {
  return changeAll<wire::IncrementalAlterConfigsResponse>(desk, request, call.access, change);
}

}  // namespace millrace::log
