// SPDX-License-Identifier: Apache-2.0
#include "log-backend/client/kafka_admin_call.h"

#include <fmt/format.h>

#include <array>

namespace millrace::log {
namespace {

struct DestroyMetadata {
  void operator()(const rd_kafka_metadata_t* metadata) const {
    rd_kafka_metadata_destroy(metadata);
  }
};
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, DestroyMetadata>;

/// One whose request or answer got lost may be asked again, another is the user's.
bool isEnvironment(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__TIMED_OUT ||
         code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || code == RD_KAFKA_RESP_ERR__RESOLVE ||
         code == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT ||
         code == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE ||
         code == RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR;
}

Result<> judge(const std::string& doing, const rd_kafka_topic_result_t** results,
               std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = rd_kafka_topic_result_error(results[i]);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return refused(doing, code, rd_kafka_topic_result_error_string(results[i]));
  }
  return Done{};
}

using Resource = Owned<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy>;

}  // namespace

Error refused(const std::string& doing, rd_kafka_resp_err_t code, const char* text) {
  std::string message = fmt::format(
      "{} failed: {}", doing, text == nullptr || *text == '\0' ? rd_kafka_err2str(code) : text);
  return isEnvironment(code) ? Error::environment(std::move(message))
                             : Error::user(std::move(message));
}

Result<std::unique_ptr<KafkaAdmin>> KafkaAdmin::make(const KafkaSettings& settings) {
  KafkaConf conf = MR_TRY(kafkaConf(settings));
  KafkaClient client = MR_TRY(kafkaClient(RD_KAFKA_PRODUCER, std::move(conf)));
  return std::unique_ptr<KafkaAdmin>(new KafkaAdmin(settings, std::move(client)));
}

KafkaAdmin::Asked KafkaAdmin::prepare(rd_kafka_admin_op_t operation) {
  Asked asked{
      decltype(Asked::options)(rd_kafka_AdminOptions_new(client_.get(), operation)),
      KafkaQueue(rd_kafka_queue_new(client_.get()))};
  std::array<char, 256> why{};
  (void)rd_kafka_AdminOptions_set_request_timeout(
      asked.options.get(), milliseconds(settings_.clientTimeout), why.data(), why.size());
  return asked;
}

Result<> KafkaAdmin::await(Asked& asked, const std::string& doing) {
  constexpr int kMoreMs = 5000;  // the request's own timeout comes first
  asked.answer.reset(
      rd_kafka_queue_poll(asked.queue.get(), milliseconds(settings_.clientTimeout) + kMoreMs));
  if (asked.answer == nullptr)
    return Error::environment(fmt::format("{} failed: the cluster does not answer", doing));
  const auto code = rd_kafka_event_error(asked.answer.get());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return Done{};
  return refused(doing, code, rd_kafka_event_error_string(asked.answer.get()));
}

Result<std::vector<std::string>> KafkaAdmin::topics() {
  const rd_kafka_metadata_t* given = nullptr;
  const auto code = rd_kafka_metadata(client_.get(), 1, nullptr, &given,
                                      milliseconds(settings_.metadataWait));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return refused("asking for the topics", code, nullptr);
  const Metadata metadata(given);
  std::vector<std::string> names;
  for (int i = 0; i < metadata->topic_cnt; ++i) names.emplace_back(metadata->topics[i].topic);
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::vector<PartitionAbout>> KafkaAdmin::partitions(const std::string& topic) {
  // All topics are asked for: to ask for one by name may create it.
  const rd_kafka_metadata_t* given = nullptr;
  const auto code = rd_kafka_metadata(client_.get(), 1, nullptr, &given,
                                      milliseconds(settings_.metadataWait));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return refused("asking for the topics", code, nullptr);
  const Metadata metadata(given);
  std::vector<PartitionAbout> found;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic_t& each = metadata->topics[i];
    if (topic != each.topic) continue;
    for (int p = 0; p < each.partition_cnt; ++p) {
      const rd_kafka_metadata_partition_t& about = each.partitions[p];
      found.push_back({about.id,
                       about.leader,
                       {about.replicas, about.replicas + about.replica_cnt},
                       {about.isrs, about.isrs + about.isr_cnt}});
    }
  }
  if (found.empty())
    return Error::user(fmt::format("there is no topic '{}'; 'millrace topics list' lists all", topic));
  for (PartitionAbout& each : found) {
    const auto asked = rd_kafka_query_watermark_offsets(client_.get(), topic.c_str(), each.number,
                                                        &each.first, &each.end,
                                                        milliseconds(settings_.clientTimeout));
    if (asked != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return refused(fmt::format("asking for the offsets of {}, partition {}", topic, each.number),
                     asked, nullptr);
    }
  }
  return found;
}

Result<std::vector<ConfigAbout>> KafkaAdmin::configs(const std::string& topic) {
  const std::string doing = fmt::format("describing topic '{}'", topic);
  const Resource resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  Asked asked = prepare(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
  rd_kafka_ConfigResource_t* list[] = {resource.get()};
  rd_kafka_DescribeConfigs(client_.get(), list, 1, asked.options.get(), asked.queue.get());
  MR_TRY(await(asked, doing));
  std::size_t count = 0;
  const auto** resources = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(asked.answer.get()), &count);
  std::vector<ConfigAbout> configs;
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = rd_kafka_ConfigResource_error(resources[i]);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return refused(doing, code, rd_kafka_ConfigResource_error_string(resources[i]));
    std::size_t entries = 0;
    const auto** each = rd_kafka_ConfigResource_configs(resources[i], &entries);
    for (std::size_t e = 0; e < entries; ++e) {
      const char* value = rd_kafka_ConfigEntry_value(each[e]);
      configs.push_back({rd_kafka_ConfigEntry_name(each[e]), value == nullptr ? "" : value,
                         rd_kafka_ConfigEntry_is_default(each[e]) != 0,
                         rd_kafka_ConfigEntry_is_read_only(each[e]) != 0});
    }
  }
  std::sort(configs.begin(), configs.end(),
            [](const ConfigAbout& a, const ConfigAbout& b) { return a.name < b.name; });
  return configs;
}

Result<> KafkaAdmin::createTopic(const std::string& topic, std::int32_t partitions,
                                 std::int32_t replicas,
                                 const std::map<std::string, std::string>& configs) {
  const std::string doing = fmt::format("creating topic '{}'", topic);
  std::array<char, 512> why{};
  const Owned<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy> wanted(
      rd_kafka_NewTopic_new(topic.c_str(), partitions, replicas, why.data(), why.size()));
  if (wanted == nullptr) return Error::user(fmt::format("{} failed: {}", doing, why.data()));
  for (const auto& [name, value] : configs)
    (void)rd_kafka_NewTopic_set_config(wanted.get(), name.c_str(), value.c_str());
  Asked asked = prepare(RD_KAFKA_ADMIN_OP_CREATETOPICS);
  rd_kafka_NewTopic_t* list[] = {wanted.get()};
  rd_kafka_CreateTopics(client_.get(), list, 1, asked.options.get(), asked.queue.get());
  MR_TRY(await(asked, doing));
  std::size_t count = 0;
  const auto** results = rd_kafka_CreateTopics_result_topics(
      rd_kafka_event_CreateTopics_result(asked.answer.get()), &count);
  return judge(doing, results, count);
}

Result<> KafkaAdmin::setPartitions(const std::string& topic, std::int32_t total) {
  const std::string doing = fmt::format("giving topic '{}' {} partitions", topic, total);
  std::array<char, 512> why{};
  const Owned<rd_kafka_NewPartitions_t, rd_kafka_NewPartitions_destroy> wanted(
      rd_kafka_NewPartitions_new(topic.c_str(), static_cast<std::size_t>(total), why.data(),
                                 why.size()));
  if (wanted == nullptr) return Error::user(fmt::format("{} failed: {}", doing, why.data()));
  Asked asked = prepare(RD_KAFKA_ADMIN_OP_CREATEPARTITIONS);
  rd_kafka_NewPartitions_t* list[] = {wanted.get()};
  rd_kafka_CreatePartitions(client_.get(), list, 1, asked.options.get(), asked.queue.get());
  MR_TRY(await(asked, doing));
  std::size_t count = 0;
  const auto** results = rd_kafka_CreatePartitions_result_topics(
      rd_kafka_event_CreatePartitions_result(asked.answer.get()), &count);
  return judge(doing, results, count);
}

Result<> KafkaAdmin::setConfigs(const std::string& topic,
                                const std::map<std::string, std::optional<std::string>>& configs) {
  const std::string doing = fmt::format("changing topic '{}'", topic);
  const Resource resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  // This request replaces all that was set, so what shall stay goes with it.
  for (const ConfigAbout& each : MR_TRY(this->configs(topic))) {
    if (each.isDefault || each.isReadOnly || configs.contains(each.name)) continue;
    (void)rd_kafka_ConfigResource_set_config(resource.get(), each.name.c_str(),
                                             each.value.c_str());
  }
  for (const auto& [name, value] : configs) {
    if (value)
      (void)rd_kafka_ConfigResource_set_config(resource.get(), name.c_str(), value->c_str());
  }
  Asked asked = prepare(RD_KAFKA_ADMIN_OP_ALTERCONFIGS);
  rd_kafka_ConfigResource_t* list[] = {resource.get()};
  rd_kafka_AlterConfigs(client_.get(), list, 1, asked.options.get(), asked.queue.get());
  MR_TRY(await(asked, doing));
  std::size_t count = 0;
  const auto** resources = rd_kafka_AlterConfigs_result_resources(
      rd_kafka_event_AlterConfigs_result(asked.answer.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = rd_kafka_ConfigResource_error(resources[i]);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return refused(doing, code, rd_kafka_ConfigResource_error_string(resources[i]));
  }
  return Done{};
}

Result<> KafkaAdmin::deleteTopic(const std::string& topic) {
  const std::string doing = fmt::format("deleting topic '{}'", topic);
  const Owned<rd_kafka_DeleteTopic_t, rd_kafka_DeleteTopic_destroy> wanted(
      rd_kafka_DeleteTopic_new(topic.c_str()));
  Asked asked = prepare(RD_KAFKA_ADMIN_OP_DELETETOPICS);
  rd_kafka_DeleteTopic_t* list[] = {wanted.get()};
  rd_kafka_DeleteTopics(client_.get(), list, 1, asked.options.get(), asked.queue.get());
  MR_TRY(await(asked, doing));
  std::size_t count = 0;
  const auto** results = rd_kafka_DeleteTopics_result_topics(
      rd_kafka_event_DeleteTopics_result(asked.answer.get()), &count);
  return judge(doing, results, count);
}

Result<> KafkaAdmin::deleteRecords(const std::string& topic, const Offsets& before) {
  const std::string doing = fmt::format("deleting records of topic '{}'", topic);
  const KafkaPlaces places(
      rd_kafka_topic_partition_list_new(static_cast<int>(before.size())));
  for (const auto& [partition, offset] : before) {
    rd_kafka_topic_partition_list_add(places.get(), topic.c_str(), partition)->offset =
        offset < 0 ? RD_KAFKA_OFFSET_END : offset;
  }
  const Owned<rd_kafka_DeleteRecords_t, rd_kafka_DeleteRecords_destroy> wanted(
      rd_kafka_DeleteRecords_new(places.get()));
  Asked asked = prepare(RD_KAFKA_ADMIN_OP_DELETERECORDS);
  rd_kafka_DeleteRecords_t* list[] = {wanted.get()};
  rd_kafka_DeleteRecords(client_.get(), list, 1, asked.options.get(), asked.queue.get());
  MR_TRY(await(asked, doing));
  const auto* offsets = rd_kafka_DeleteRecords_result_offsets(
      rd_kafka_event_DeleteRecords_result(asked.answer.get()));
  for (int i = 0; i < offsets->cnt; ++i) {
    const rd_kafka_topic_partition_t& each = offsets->elems[i];
    if (each.err != RD_KAFKA_RESP_ERR_NO_ERROR)
      return refused(fmt::format("{}, partition {},", doing, each.partition), each.err, nullptr);
  }
  return Done{};
}

}  // namespace millrace::log
