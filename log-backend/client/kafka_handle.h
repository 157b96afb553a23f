// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the users of librdkafka share: its handles with their owners, and its errors as ours.
// Threads: as librdkafka says, any.

#include "log-backend/client/kafka_log.h"

#include <librdkafka/rdkafka.h>

#include <memory>

namespace millrace::log {

template <auto destroy>
struct DestroyedBy {
  template <typename Handle>
  void operator()(Handle* handle) const {
    destroy(handle);
  }
};
using KafkaClient = std::unique_ptr<rd_kafka_t, DestroyedBy<rd_kafka_destroy>>;
using KafkaConf = std::unique_ptr<rd_kafka_conf_t, DestroyedBy<rd_kafka_conf_destroy>>;
using KafkaError = std::unique_ptr<rd_kafka_error_t, DestroyedBy<rd_kafka_error_destroy>>;
using KafkaMessage = std::unique_ptr<rd_kafka_message_t, DestroyedBy<rd_kafka_message_destroy>>;
using KafkaPlaces = std::unique_ptr<rd_kafka_topic_partition_list_t,
                                    DestroyedBy<rd_kafka_topic_partition_list_destroy>>;
using KafkaHeaders = std::unique_ptr<rd_kafka_headers_t, DestroyedBy<rd_kafka_headers_destroy>>;
using KafkaQueue = std::unique_ptr<rd_kafka_queue_t, DestroyedBy<rd_kafka_queue_destroy>>;

/// The settings that producers and consumers have in common.
Result<KafkaConf> kafkaConf(const KafkaSettings& settings);
/// The Error of librdkafka names the setting.
Result<> set(rd_kafka_conf_t& conf, const std::string& name, const std::string& value);
/// Takes the configuration.
Result<KafkaClient> kafkaClient(rd_kafka_type_t type, KafkaConf conf);
Error kafkaFailure(const std::string& doing, rd_kafka_resp_err_t code,
                   const std::string& text = {});
int milliseconds(Nanos time);

/// The cluster's topics that a function takes, but for its internal ones.
Result<std::vector<std::string>> topicsOf(rd_kafka_t& client,
                                          const std::function<bool(std::string_view)>& matches,
                                          Nanos patience);
/// How many partitions a topic has.
Result<std::int32_t> partitionsOf(rd_kafka_t& client, const std::string& topic, Nanos patience);

}  // namespace millrace::log
