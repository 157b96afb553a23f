// SPDX-License-Identifier: Apache-2.0
#include "log-backend/browse/log_overview.h"

#include "log-backend/embedded/range_assignor.h"

#include <algorithm>
#include <map>

namespace millrace::log {
namespace {

/// The version of OffsetFetch that asks group by group.
constexpr std::int16_t kByGroup = 8;

TopicFigures figuresOf(const Topic& topic) {
  TopicFigures figures;
  figures.entry = topic.entry;
  figures.internal = topic.entry.name.starts_with("__");
  for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
    const Partition& partition = *topic.partitions[i];
    figures.partitions.push_back({static_cast<std::int32_t>(i), partition.bounds(),
                                  partition.bytes(), partition.segments(),
                                  partition.voidedAtOpen()});
  }
  return figures;
}

/// What a group committed and has been given, by topic and partition.
class Places {
 public:
  GroupPlaceFigures& at(const std::string& topic, std::int32_t partition) {
    const auto [found, fresh] = places_.try_emplace({topic, partition});
    if (fresh) {
      found->second.topic = topic;
      found->second.partition = partition;
    }
    return found->second;
  }
  std::vector<GroupPlaceFigures> take(const Topics& topics) {
    std::vector<GroupPlaceFigures> all;
    for (auto& [key, place] : places_) {
      if (const auto partition = topics.partition(place.topic, place.partition);
          partition != nullptr)
        place.end = partition->bounds().highWatermark;
      all.push_back(std::move(place));
    }
    return all;
  }

 private:
  std::map<std::pair<std::string, std::int32_t>, GroupPlaceFigures> places_;
};

}  // namespace

std::optional<Offset> GroupPlaceFigures::lag() const {
  if (!committed || !end) return std::nullopt;
  return std::max<Offset>(0, *end - *committed);
}

Offset GroupFigures::lag() const {
  Offset sum = 0;
  for (const GroupPlaceFigures& place : places) sum += place.lag().value_or(0);
  return sum;
}

std::vector<TopicFigures> LogOverview::topics() const {
  std::vector<TopicFigures> all;
  for (const auto& topic : topics_.all()) all.push_back(figuresOf(*topic));
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.entry.name < b.entry.name; });
  return all;
}

std::optional<TopicFigures> LogOverview::topic(const std::string& name) const {
  const auto found = topics_.find(name);
  if (found == nullptr) return std::nullopt;
  return figuresOf(*found);
}

std::map<std::string, std::string> LogOverview::settingsInForce(const TopicEntry& entry) {
  std::map<std::string, std::string> settings;
  for (const ConfigDefinition& each : topicConfigs())
    settings.emplace(each.name, entry.config.text(each.name));
  return settings;
}

std::vector<GroupFigures> LogOverview::groups() const {
  std::vector<GroupFigures> all;
  const wire::ListGroupsResponse listed = groups_.list({});
  for (const auto& each : listed.groups) {
    if (auto figures = group(each.groupId); figures.has_value()) all.push_back(std::move(*figures));
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return all;
}

std::optional<GroupFigures> LogOverview::group(const std::string& name) const {
  wire::DescribeGroupsRequest asked;
  asked.groups.push_back(name);
  const auto described = groups_.describe(asked);
  const auto& answer = described.response.groups.at(0);
  if (answer.groupState == "Dead") return std::nullopt;
  GroupFigures figures{name, answer.groupState, answer.protocolType, answer.protocolData, {}, {}};
  Places places;
  wire::OffsetFetchRequest offsets;
  offsets.groups.emplace_back().groupId = name;
  const wire::OffsetFetchResponse fetched = groups_.fetch(offsets, {kByGroup, "", ""});
  for (const auto& topic : fetched.groups.at(0).topics) {
    for (const auto& partition : topic.partitions) {
      GroupPlaceFigures& place = places.at(topic.name, partition.partitionIndex);
      if (partition.committedOffset >= 0) place.committed = partition.committedOffset;
      place.metadata = partition.metadata.value_or("");
    }
  }
  for (const auto& member : answer.members) {
    GroupMemberFigures one{member.memberId, member.groupInstanceId, member.clientId,
                           member.clientHost, std::nullopt};
    if (answer.protocolType == "consumer")
      one.partitions = decodeAssignment(member.memberAssignment);
    if (one.partitions.has_value()) {
      for (const auto& [topic, partition] : *one.partitions)
        places.at(topic, partition).member = one.id;
    }
    figures.members.push_back(std::move(one));
  }
  figures.places = places.take(topics_);
  return figures;
}

}  // namespace millrace::log
