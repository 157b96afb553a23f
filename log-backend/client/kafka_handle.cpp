// SPDX-License-Identifier: Apache-2.0
#include "log-backend/client/kafka_handle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

namespace millrace::log {
namespace {

struct DestroyMetadata {
  void operator()(const rd_kafka_metadata_t* metadata) const {
    rd_kafka_metadata_destroy(metadata);
  }
};
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, DestroyMetadata>;

Result<Metadata> metadataOf(rd_kafka_t& client, Nanos patience) {
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto code = rd_kafka_metadata(&client, 1, nullptr, &metadata, milliseconds(patience));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return kafkaFailure("asking for the topics", code);
  return Metadata(metadata);
}

}  // namespace

int milliseconds(Nanos time) {
  return static_cast<int>(
      std::clamp<Nanos>(time / kMillisecond, 0, std::numeric_limits<int>::max()));
}

Error kafkaFailure(const std::string& doing, rd_kafka_resp_err_t code, const std::string& text) {
  return Error::environment(
      fmt::format("{} failed: {}", doing, text.empty() ? rd_kafka_err2str(code) : text));
}

Result<> set(rd_kafka_conf_t& conf, const std::string& name, const std::string& value) {
  std::array<char, 512> why{};
  if (rd_kafka_conf_set(&conf, name.c_str(), value.c_str(), why.data(), why.size()) ==
      RD_KAFKA_CONF_OK)
    return Done{};
  return Error::user(fmt::format("the setting {} is refused: {}", name, why.data()));
}

Result<KafkaConf> kafkaConf(const KafkaSettings& settings) {
  KafkaConf conf(rd_kafka_conf_new());
  MR_TRY(set(*conf, "bootstrap.servers", settings.bootstrapServers));
  MR_TRY(set(*conf, "client.id", "millrace"));
  MR_TRY(set(*conf, "socket.timeout.ms", std::to_string(milliseconds(settings.clientTimeout))));
  for (const auto& [name, value] : settings.settings) MR_TRY(set(*conf, name, value));
  // What it has to say comes back as errors of calls.
  rd_kafka_conf_set_log_cb(conf.get(), nullptr);
  return conf;
}

Result<KafkaClient> kafkaClient(rd_kafka_type_t type, KafkaConf conf) {
  std::array<char, 512> why{};
  KafkaClient client(rd_kafka_new(type, conf.get(), why.data(), why.size()));
  if (client == nullptr)
    return Error::user(fmt::format("the settings of the cluster are refused: {}", why.data()));
  (void)conf.release();  // it is the client's now
  return client;
}

Result<std::vector<std::string>> topicsOf(rd_kafka_t& client,
                                          const std::function<bool(std::string_view)>& matches,
                                          Nanos patience) {
  const Metadata metadata = MR_TRY(metadataOf(client, patience));
  std::vector<std::string> topics;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const std::string_view name = metadata->topics[i].topic;
    if (!name.starts_with("__") && matches(name)) topics.emplace_back(name);
  }
  std::sort(topics.begin(), topics.end());
  return topics;
}

Result<std::int32_t> partitionsOf(rd_kafka_t& client, const std::string& topic, Nanos patience) {
  const Metadata metadata = MR_TRY(metadataOf(client, patience));
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    if (metadata->topics[i].topic == topic && metadata->topics[i].partition_cnt > 0)
      return metadata->topics[i].partition_cnt;
  }
  return Error::environment(fmt::format("the cluster has no topic '{}'", topic));
}

}  // namespace millrace::log
