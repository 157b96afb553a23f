// SPDX-License-Identifier: Apache-2.0
#include "log-backend/client/kafka_producer.h"

#include <fmt/format.h>

#include <map>

namespace millrace::log {
namespace {

std::string textOf(Acknowledgement acknowledgement) {
  switch (acknowledgement) {
    case Acknowledgement::kNone:
      return "0";
    case Acknowledgement::kOne:
      return "1";
    case Acknowledgement::kAll:
      break;
  }
  return "all";
}

Error failureOf(const std::string& doing, rd_kafka_error_t* given) {
  const KafkaError error(given);
  return kafkaFailure(doing, rd_kafka_error_code(error.get()), rd_kafka_error_string(error.get()));
}

}  // namespace

/// What became of the records of one call; shared with the callbacks of those that are late.
struct KafkaProducer::Delivery {
  Mutex mutex;
  std::size_t waiting MR_GUARDED_BY(mutex) = 0;
  rd_kafka_resp_err_t failed MR_GUARDED_BY(mutex) = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::shared_ptr<Delivery> self MR_GUARDED_BY(mutex);  ///< while any record is on its way
};

Result<std::unique_ptr<LogProducer>> KafkaProducer::make(const KafkaSettings& settings,
                                                         ProducerOptions options) {
  KafkaConf conf = MR_TRY(kafkaConf(settings));
  const bool transactions = options.transactions && !options.transactionalId.empty();
  MR_TRY(set(*conf, "acks", textOf(options.acknowledgement)));
  MR_TRY(set(*conf, "compression.codec", options.compression));
  MR_TRY(set(*conf, "message.max.bytes",
             std::to_string(
                 std::clamp<std::uint64_t>(options.maxRecordBytes + 1000, 1000, 1'000'000'000))));
  MR_TRY(set(*conf, "partitioner", "murmur2_random"));
  MR_TRY(set(*conf, "delivery.timeout.ms",
             std::to_string(std::max(1, milliseconds(settings.acknowledgementWait)))));
  if (options.acknowledgement == Acknowledgement::kAll)
    MR_TRY(set(*conf, "enable.idempotence", "true"));
  if (transactions) {
    MR_TRY(set(*conf, "transactional.id", options.transactionalId));
    MR_TRY(set(*conf, "transaction.timeout.ms",
               std::to_string(std::max(1000, milliseconds(settings.clientTimeout)))));
  }
  rd_kafka_conf_set_dr_msg_cb(conf.get(), &KafkaProducer::delivered);
  KafkaClient client = MR_TRY(kafkaClient(RD_KAFKA_PRODUCER, std::move(conf)));
  options.transactions = transactions;
  return std::unique_ptr<LogProducer>(
      new KafkaProducer(settings, std::move(options), std::move(client)));
}

void KafkaProducer::delivered(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  auto* delivery = static_cast<Delivery*>(message->_private);
  std::shared_ptr<Delivery> last;
  MutexLock lock(delivery->mutex);
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) delivery->failed = message->err;
  if (--delivery->waiting == 0) last = std::move(delivery->self);
}

Result<> KafkaProducer::hand(const OutRecord& record, Delivery& delivery) {
  const std::string topic(record.topic);
  KafkaHeaders headers;
  if (!record.headers.empty()) {
    headers.reset(rd_kafka_headers_new(record.headers.size()));
    for (const LogHeader& each : record.headers) {
      const auto code = rd_kafka_header_add(
          headers.get(), each.name.data(), static_cast<ssize_t>(each.name.size()),
          each.value.has_value() ? each.value->data() : nullptr,
          each.value.has_value() ? static_cast<ssize_t>(each.value->size()) : 0);
      if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return kafkaFailure("adding a header", code);
    }
  }
  std::int32_t partition = record.partition.value_or(RD_KAFKA_PARTITION_UA);
  if (!record.partition.has_value() && options_.spread == Spread::kInTurn) {
    const auto count = MR_TRY(partitionsOf(*client_, topic, settings_.metadataWait));
    partition = static_cast<std::int32_t>(next_.fetch_add(1) % static_cast<std::uint32_t>(count));
  }
  const auto pointer = [](const std::optional<ByteView>& bytes) {
    // An empty key or value is one, too.
    static const char kNothing = 0;
    if (!bytes.has_value()) return static_cast<const void*>(nullptr);
    return bytes->empty() ? static_cast<const void*>(&kNothing)
                          : static_cast<const void*>(bytes->data());
  };
  {
    MutexLock lock(delivery.mutex);
    ++delivery.waiting;
  }
  const auto size = [](const std::optional<ByteView>& bytes) {
    return bytes.has_value() ? bytes->size() : std::size_t{0};
  };
  while (true) {
    const auto code = rd_kafka_producev(
        client_.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_KEY(pointer(record.key), size(record.key)),
        RD_KAFKA_V_VALUE(const_cast<void*>(pointer(record.value)), size(record.value)),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE(&delivery),
        RD_KAFKA_V_HEADERS(headers.get()), RD_KAFKA_V_END);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      (void)headers.release();  // they are the message's now
      return Done{};
    }
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      constexpr int kLook = 100;
      rd_kafka_poll(client_.get(), kLook);
      continue;
    }
    MutexLock lock(delivery.mutex);
    --delivery.waiting;
    return kafkaFailure(fmt::format("publishing to '{}'", topic), code);
  }
}

Result<> KafkaProducer::sendAll(std::span<const OutRecord> records) {
  const auto delivery = std::make_shared<Delivery>();
  {
    MutexLock lock(delivery->mutex);
    delivery->self = delivery;
    ++delivery->waiting;  // this call itself
  }
  Result<> handed = Done{};
  for (const OutRecord& record : records) {
    handed = hand(record, *delivery);
    if (!handed.ok()) break;
  }
  std::shared_ptr<Delivery> last;
  {
    MutexLock lock(delivery->mutex);
    if (--delivery->waiting == 0) last = std::move(delivery->self);
  }
  constexpr int kLook = 100;
  // delivery.timeout.ms ends the wait of every record.
  while (true) {
    {
      MutexLock lock(delivery->mutex);
      if (delivery->waiting == 0) break;
    }
    rd_kafka_poll(client_.get(), kLook);
  }
  MR_TRY(std::move(handed));
  MutexLock lock(delivery->mutex);
  if (delivery->failed == RD_KAFKA_RESP_ERR_NO_ERROR) return Done{};
  return kafkaFailure("publishing", delivery->failed);
}

Result<> KafkaProducer::begin() {
  if (!registered_) {
    auto* error = rd_kafka_init_transactions(client_.get(), milliseconds(settings_.clientTimeout));
    if (error != nullptr) return failureOf("beginning with transactions", error);
    registered_ = true;
  }
  auto* error = rd_kafka_begin_transaction(client_.get());
  if (error != nullptr) return failureOf("beginning a transaction", error);
  return Done{};
}

Result<> KafkaProducer::end(Result<> sent) {
  const int patience = milliseconds(settings_.clientTimeout);
  if (sent.ok()) {
    auto* error = rd_kafka_commit_transaction(client_.get(), patience);
    if (error == nullptr) return sent;
    sent = failureOf("committing the transaction", error);
  }
  // Should that fail too, its timeout ends it.
  const KafkaError aborted(rd_kafka_abort_transaction(client_.get(), patience));
  return sent;
}

Result<std::unique_ptr<LogWork>> KafkaProducer::send(std::span<const OutRecord> records) {
  if (options_.transactions) {
    MutexLock lock(turn_);
    MR_TRY(begin());
    MR_TRY(end(sendAll(records)));
  } else {
    MR_TRY(sendAll(records));
  }
  return std::unique_ptr<LogWork>();
}

}  // namespace millrace::log
