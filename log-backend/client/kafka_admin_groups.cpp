// SPDX-License-Identifier: Apache-2.0
#include "log-backend/client/kafka_admin_call.h"

#include <fmt/format.h>

namespace millrace::log {
namespace {

std::string text(const char* given) { return given == nullptr ? std::string() : given; }

Result<> judge(const std::string& doing, const rd_kafka_group_result_t& result) {
  const rd_kafka_error_t* error = rd_kafka_group_result_error(&result);
  if (error != nullptr)
    return refused(doing, rd_kafka_error_code(error), rd_kafka_error_string(error));
  const auto* places = rd_kafka_group_result_partitions(&result);
  for (int i = 0; places != nullptr && i < places->cnt; ++i) {
    const rd_kafka_topic_partition_t& each = places->elems[i];
    if (each.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return refused(fmt::format("{} ({}, partition {})", doing, each.topic, each.partition),
                     each.err, nullptr);
    }
  }
  return Done{};
}

MemberAbout memberOf(const rd_kafka_MemberDescription_t& given) {
  MemberAbout member{text(rd_kafka_MemberDescription_consumer_id(&given)),
                     text(rd_kafka_MemberDescription_client_id(&given)),
                     text(rd_kafka_MemberDescription_host(&given)),
                     {}};
  const auto* assignment = rd_kafka_MemberDescription_assignment(&given);
  const auto* places =
      assignment == nullptr ? nullptr : rd_kafka_MemberAssignment_partitions(assignment);
  for (int i = 0; places != nullptr && i < places->cnt; ++i)
    member.partitions.emplace_back(places->elems[i].topic, places->elems[i].partition);
  return member;
}

}  // namespace

Result<std::vector<GroupListing>> KafkaAdmin::groups() {
  const std::string doing = "asking for the groups";
  Asked asked = prepare(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS);
  rd_kafka_ListConsumerGroups(client_.get(), asked.options.get(), asked.queue.get());
  MR_TRY(await(asked, doing));
  const auto* result = rd_kafka_event_ListConsumerGroups_result(asked.answer.get());
  std::size_t count = 0;
  const auto** errors = rd_kafka_ListConsumerGroups_result_errors(result, &count);
  if (count > 0)
    return refused(doing, rd_kafka_error_code(errors[0]), rd_kafka_error_string(errors[0]));
  const auto** valid = rd_kafka_ListConsumerGroups_result_valid(result, &count);
  std::vector<GroupListing> groups;
  for (std::size_t i = 0; i < count; ++i) {
    groups.push_back({text(rd_kafka_ConsumerGroupListing_group_id(valid[i])),
                      text(rd_kafka_consumer_group_state_name(
                          rd_kafka_ConsumerGroupListing_state(valid[i])))});
  }
  std::sort(groups.begin(), groups.end(),
            [](const GroupListing& a, const GroupListing& b) { return a.name < b.name; });
  return groups;
}

Result<GroupAbout> KafkaAdmin::group(const std::string& name) {
  const std::string doing = fmt::format("describing group '{}'", name);
  Asked asked = prepare(RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS);
  const char* names[] = {name.c_str()};
  rd_kafka_DescribeConsumerGroups(client_.get(), names, 1, asked.options.get(), asked.queue.get());
  MR_TRY(await(asked, doing));
  std::size_t count = 0;
  const auto** groups = rd_kafka_DescribeConsumerGroups_result_groups(
      rd_kafka_event_DescribeConsumerGroups_result(asked.answer.get()), &count);
  GroupAbout about{name, {}, {}, {}};
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_error_t* error = rd_kafka_ConsumerGroupDescription_error(groups[i]);
    if (error != nullptr)
      return refused(doing, rd_kafka_error_code(error), rd_kafka_error_string(error));
    about.state = text(rd_kafka_consumer_group_state_name(
        rd_kafka_ConsumerGroupDescription_state(groups[i])));
    about.assignor = text(rd_kafka_ConsumerGroupDescription_partition_assignor(groups[i]));
    const std::size_t members = rd_kafka_ConsumerGroupDescription_member_count(groups[i]);
    for (std::size_t m = 0; m < members; ++m)
      about.members.push_back(memberOf(*rd_kafka_ConsumerGroupDescription_member(groups[i], m)));
  }
  return about;
}

Result<std::vector<GroupOffset>> KafkaAdmin::offsets(const std::string& group) {
  const std::string doing = fmt::format("asking for the offsets of group '{}'", group);
  const Owned<rd_kafka_ListConsumerGroupOffsets_t, rd_kafka_ListConsumerGroupOffsets_destroy>
      wanted(rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), nullptr));
  Asked asked = prepare(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
  rd_kafka_ListConsumerGroupOffsets_t* list[] = {wanted.get()};
  rd_kafka_ListConsumerGroupOffsets(client_.get(), list, 1, asked.options.get(),
                                    asked.queue.get());
  MR_TRY(await(asked, doing));
  std::size_t count = 0;
  const auto** results = rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(asked.answer.get()), &count);
  std::vector<GroupOffset> offsets;
  for (std::size_t i = 0; i < count; ++i) {
    MR_TRY(judge(doing, *results[i]));
    const auto* places = rd_kafka_group_result_partitions(results[i]);
    for (int p = 0; places != nullptr && p < places->cnt; ++p) {
      const rd_kafka_topic_partition_t& each = places->elems[p];
      if (each.offset >= 0) offsets.push_back({each.topic, each.partition, each.offset});
    }
  }
  std::sort(offsets.begin(), offsets.end(), [](const GroupOffset& a, const GroupOffset& b) {
    return std::tie(a.topic, a.partition) < std::tie(b.topic, b.partition);
  });
  return offsets;
}

Result<> KafkaAdmin::setOffsets(const std::string& group, const std::string& topic,
                                const Offsets& offsets) {
  const std::string doing = fmt::format("setting the offsets of group '{}'", group);
  const KafkaPlaces places(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
  for (const auto& [partition, offset] : offsets)
    rd_kafka_topic_partition_list_add(places.get(), topic.c_str(), partition)->offset = offset;
  const Owned<rd_kafka_AlterConsumerGroupOffsets_t, rd_kafka_AlterConsumerGroupOffsets_destroy>
      wanted(rd_kafka_AlterConsumerGroupOffsets_new(group.c_str(), places.get()));
  Asked asked = prepare(RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS);
  rd_kafka_AlterConsumerGroupOffsets_t* list[] = {wanted.get()};
  rd_kafka_AlterConsumerGroupOffsets(client_.get(), list, 1, asked.options.get(),
                                     asked.queue.get());
  MR_TRY(await(asked, doing));
  std::size_t count = 0;
  const auto** results = rd_kafka_AlterConsumerGroupOffsets_result_groups(
      rd_kafka_event_AlterConsumerGroupOffsets_result(asked.answer.get()), &count);
  for (std::size_t i = 0; i < count; ++i) MR_TRY(judge(doing, *results[i]));
  return Done{};
}

Result<> KafkaAdmin::deleteGroup(const std::string& name) {
  const std::string doing = fmt::format("deleting group '{}'", name);
  const Owned<rd_kafka_DeleteGroup_t, rd_kafka_DeleteGroup_destroy> wanted(
      rd_kafka_DeleteGroup_new(name.c_str()));
  Asked asked = prepare(RD_KAFKA_ADMIN_OP_DELETEGROUPS);
  rd_kafka_DeleteGroup_t* list[] = {wanted.get()};
  rd_kafka_DeleteGroups(client_.get(), list, 1, asked.options.get(), asked.queue.get());
  MR_TRY(await(asked, doing));
  std::size_t count = 0;
  const auto** results = rd_kafka_DeleteGroups_result_groups(
      rd_kafka_event_DeleteGroups_result(asked.answer.get()), &count);
  for (std::size_t i = 0; i < count; ++i) MR_TRY(judge(doing, *results[i]));
  return Done{};
}

Result<Offsets> KafkaAdmin::offsetsAt(const std::string& topic, Millis time) {
  const auto about = MR_TRY(partitions(topic));
  const KafkaPlaces places(rd_kafka_topic_partition_list_new(static_cast<int>(about.size())));
  for (const PartitionAbout& each : about)
    rd_kafka_topic_partition_list_add(places.get(), topic.c_str(), each.number)->offset = time;
  const auto code = rd_kafka_offsets_for_times(client_.get(), places.get(),
                                               milliseconds(settings_.clientTimeout));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return refused(fmt::format("asking for the offsets of topic '{}'", topic), code, nullptr);
  Offsets offsets;
  for (const PartitionAbout& each : about) offsets[each.number] = each.end;
  for (int i = 0; i < places->cnt; ++i) {
    if (places->elems[i].offset >= 0)
      offsets[places->elems[i].partition] = places->elems[i].offset;
  }
  return offsets;
}

}  // namespace millrace::log
