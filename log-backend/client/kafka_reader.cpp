// SPDX-License-Identifier: Apache-2.0
#include "log-backend/client/kafka_reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::log {

Result<std::unique_ptr<KafkaReader>> KafkaReader::make(const KafkaSettings& settings,
                                                       ReaderOptions options) {
  std::unique_ptr<KafkaReader> reader(new KafkaReader(std::move(options)));
  const ReaderOptions& wanted = reader->options_;
  const bool inGroup = !wanted.group.empty();
  KafkaConf conf = MR_TRY(kafkaConf(settings));
  // librdkafka wants the name of a group from everybody who reads; without commits nobody sees it.
  MR_TRY(set(*conf, "group.id", inGroup ? wanted.group : "millrace-reader"));
  MR_TRY(set(*conf, "enable.auto.commit", "false"));
  MR_TRY(set(*conf, "enable.partition.eof", "true"));
  MR_TRY(set(*conf, "fetch.wait.max.ms", "50"));  // the end is known that much later
  MR_TRY(set(*conf, "auto.offset.reset",
             wanted.reset == OffsetReset::kLatest ? "latest" : "earliest"));
  rd_kafka_conf_set_opaque(conf.get(), reader.get());
  if (inGroup) rd_kafka_conf_set_rebalance_cb(conf.get(), &KafkaReader::rebalanced);
  reader->client_ = MR_TRY(kafkaClient(RD_KAFKA_CONSUMER, std::move(conf)));
  rd_kafka_t* client = reader->client_.get();
  rd_kafka_poll_set_consumer(client);
  const KafkaPlaces places(
      rd_kafka_topic_partition_list_new(static_cast<int>(wanted.from.size()) + 1));
  if (inGroup) {
    rd_kafka_topic_partition_list_add(places.get(), wanted.topic.c_str(), RD_KAFKA_PARTITION_UA);
    const auto code = rd_kafka_subscribe(client, places.get());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return kafkaFailure("subscribing", code);
    return reader;
  }
  for (const auto& [partition, offset] : wanted.from) {
    rd_kafka_topic_partition_list_add(places.get(), wanted.topic.c_str(), partition)->offset =
        offset;
    reader->reading_.insert(partition);
  }
  reader->joined_ = true;
  const auto code = rd_kafka_assign(client, places.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return kafkaFailure("beginning to read", code);
  return reader;
}

KafkaReader::~KafkaReader() {
  message_.reset();
  if (client_ != nullptr) (void)rd_kafka_consumer_close(client_.get());
}

void KafkaReader::rebalanced(rd_kafka_t* client, rd_kafka_resp_err_t code,
                             rd_kafka_topic_partition_list_t* places, void* self) {
  auto* reader = static_cast<KafkaReader*>(self);
  reader->reading_.clear();
  reader->ended_.clear();
  if (code != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    reader->done_.clear();  // another member's from now on
    (void)rd_kafka_assign(client, nullptr);
    return;
  }
  reader->joined_ = true;
  for (int i = 0; i < places->cnt; ++i) reader->reading_.insert(places->elems[i].partition);
  (void)rd_kafka_assign(client, places);
}

Result<const rd_kafka_message_t*> KafkaReader::next(Nanos patience) {
  message_.reset(rd_kafka_consumer_poll(client_.get(), milliseconds(patience)));
  if (message_ == nullptr) return static_cast<const rd_kafka_message_t*>(nullptr);
  if (message_->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    ended_.insert(message_->partition);
    return static_cast<const rd_kafka_message_t*>(nullptr);
  }
  if (message_->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return kafkaFailure(fmt::format("reading topic '{}'", options_.topic), message_->err,
                        rd_kafka_message_errstr(message_.get()));
  }
  ended_.erase(message_->partition);
  done_[message_->partition] = message_->offset + 1;
  return static_cast<const rd_kafka_message_t*>(message_.get());
}

bool KafkaReader::atEnd() const {
  return joined_ && std::includes(ended_.begin(), ended_.end(), reading_.begin(), reading_.end());
}

Result<> KafkaReader::commit() {
  if (options_.group.empty() || done_.empty()) return Done{};
  const KafkaPlaces places(rd_kafka_topic_partition_list_new(static_cast<int>(done_.size())));
  for (const auto& [partition, offset] : done_) {
    rd_kafka_topic_partition_list_add(places.get(), options_.topic.c_str(), partition)->offset =
        offset;
  }
  constexpr int kSync = 0;
  const auto code = rd_kafka_commit(client_.get(), places.get(), kSync);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return kafkaFailure(fmt::format("committing for group '{}'", options_.group), code);
  done_.clear();
  return Done{};
}

}  // namespace millrace::log
