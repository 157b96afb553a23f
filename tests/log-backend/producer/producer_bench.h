// SPDX-License-Identifier: Apache-2.0
#pragma once
// A DirectLog on librdkafka's mock of a cluster, and a consumer of librdkafka that says what is in
// its topics. Threads: the test's.

#include "engine/base/posix_file_system.h"
#include "engine/net/asio_network.h"
#include "log-backend/producer/direct_log.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <QTest>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace producer_test {

using namespace millrace;
using namespace millrace::log;

struct Seen {
  std::int32_t partition = 0;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::string>> headers;
  bool operator==(const Seen&) const = default;
};

class ProducerBench {
 public:
  explicit ProducerBench(int brokers = 1) {
    char why[512];
    client_ = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof why);
    cluster_ = rd_kafka_mock_cluster_new(client_, brokers);
    settings.bootstrapServers = rd_kafka_mock_cluster_bootstraps(cluster_);
    settings.acknowledgementWait = 60 * kSecond;
    settings.metadataWait = 60 * kSecond;
    producerOptions.transactions = false;
  }
  ~ProducerBench() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(client_);
  }
  ProducerBench(const ProducerBench&) = delete;
  ProducerBench& operator=(const ProducerBench&) = delete;

  rd_kafka_mock_cluster_t* cluster() { return cluster_; }
  void makeTopic(const char* name, int partitions = 1) {
    QCOMPARE(rd_kafka_mock_topic_create(cluster_, name, partitions, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  /// With what settings and producerOptions say now.
  std::unique_ptr<LogProducer> producer() {
    auto made = DirectSettings::from(settings, *files_);
    if (!made.ok()) qFatal("%s", made.error().message.c_str());
    log_ = std::make_unique<DirectLog>(*network_, clock_, std::move(*made));
    auto producer = log_->producer(producerOptions);
    if (!producer.ok()) qFatal("%s", producer.error().message.c_str());
    return std::move(*producer);
  }
  /// So many records of a topic, by partition and place.
  std::vector<Seen> read(const char* topic, std::size_t count, int partitions = 1) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    char why[512];
    rd_kafka_conf_set(conf, "bootstrap.servers", settings.bootstrapServers.c_str(), why,
                      sizeof why);
    rd_kafka_conf_set(conf, "group.id", "reader", why, sizeof why);
    rd_kafka_conf_set(conf, "check.crcs", "true", why, sizeof why);
    rd_kafka_conf_set(conf, "enable.partition.eof", "true", why, sizeof why);
    rd_kafka_t* reader = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    rd_kafka_topic_partition_list_t* all = rd_kafka_topic_partition_list_new(partitions);
    for (int i = 0; i < partitions; ++i)
      rd_kafka_topic_partition_list_add(all, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(reader, all);
    rd_kafka_topic_partition_list_destroy(all);
    std::vector<Seen> seen;
    int ends = 0;
    while (seen.size() < count || ends < partitions) {
      rd_kafka_message_t* message = rd_kafka_consumer_poll(reader, 60'000);
      if (message == nullptr) break;
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) ++ends;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) seen.push_back(seenOf(*message));
      rd_kafka_message_destroy(message);
    }
    rd_kafka_destroy(reader);
    std::stable_sort(seen.begin(), seen.end(),
                     [](const Seen& a, const Seen& b) { return a.partition < b.partition; });
    return seen;
  }

  KafkaSettings settings;
  ProducerOptions producerOptions;

 private:
  static std::optional<std::string> textOf(const void* bytes, std::size_t size) {
    if (bytes == nullptr) return std::nullopt;
    return std::string(static_cast<const char*>(bytes), size);
  }
  static Seen seenOf(const rd_kafka_message_t& message) {
    Seen seen{message.partition,
              textOf(message.key, message.key_len),
              textOf(message.payload, message.len),
              {}};
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return seen;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i)
      seen.headers.emplace_back(name, textOf(value, size).value_or("(none)"));
    return seen;
  }

  rd_kafka_t* client_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
  std::unique_ptr<net::Network> network_ = net::makeAsioNetwork();
  SystemClock clock_;
  std::unique_ptr<FileSystem> files_ = makePosixFileSystem();
  std::unique_ptr<DirectLog> log_;
};

inline Result<> sendTexts(LogProducer& producer, const std::string& topic,
                          const std::vector<std::string>& values) {
  std::vector<OutRecord> records;
  for (const std::string& value : values)
    records.push_back({topic, std::nullopt, std::nullopt, asBytes(value), {}});
  MR_TRY(producer.send(records));
  return Done{};
}
inline std::vector<std::string> valuesOf(const std::vector<Seen>& seen) {
  std::vector<std::string> values;
  for (const Seen& each : seen) values.push_back(each.value.value_or("(none)"));
  return values;
}

}  // namespace producer_test
