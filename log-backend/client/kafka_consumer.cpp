// SPDX-License-Identifier: Apache-2.0
#include "log-backend/client/kafka_consumer.h"

#include <fmt/format.h>

#include <list>
#include <map>

namespace millrace::log {
namespace {

constexpr int kLookMs = 100;
/// How often a poll looks before it finds nothing: with partitions, and while it has none yet.
constexpr int kLooks = 5;
constexpr int kLooksForGroup = 60;

std::string textOf(OffsetReset reset) {
  switch (reset) {
    case OffsetReset::kEarliest:
      return "earliest";
    case OffsetReset::kLatest:
      return "latest";
    case OffsetReset::kNone:
      break;
  }
  return "error";
}

ByteView bytesOf(const void* data, std::size_t size) {
  return {static_cast<const std::byte*>(data), size};
}

std::vector<LogHeader> headersOf(const rd_kafka_message_t& message) {
  std::vector<LogHeader> headers;
  rd_kafka_headers_t* given = nullptr;
  if (rd_kafka_message_headers(&message, &given) != RD_KAFKA_RESP_ERR_NO_ERROR) return headers;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0;
       rd_kafka_header_get_all(given, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    LogHeader& header = headers.emplace_back();
    header.name = name;
    if (value != nullptr) header.value = std::string(asText(bytesOf(value, size)));
  }
  return headers;
}

KafkaPlaces placesOf(const std::vector<KafkaWork::Taken>& taken, bool next) {
  KafkaPlaces places(rd_kafka_topic_partition_list_new(static_cast<int>(taken.size())));
  for (const KafkaWork::Taken& each : taken) {
    rd_kafka_topic_partition_list_add(places.get(), each.topic.c_str(), each.partition)->offset =
        next ? each.next : each.first;
  }
  return places;
}

}  // namespace

KafkaWork::~KafkaWork() {
  if (committed_) return;
  // A partition that is another member's by now is read there, from the committed offset.
  constexpr int kPatienceMs = 5000;
  const auto places = placesOf(taken_, false);
  const KafkaError error(rd_kafka_seek_partitions(client_.get(), places.get(), kPatienceMs));
}

std::function<void()> KafkaWork::settled() const {
  if (!commits_) return [] {};
  return [client = client_, taken = taken_] {
    constexpr int kAsync = 1;
    // One that fails is made good by the next, or its records are polled again.
    (void)rd_kafka_commit(client.get(), placesOf(taken, true).get(), kAsync);
  };
}

KafkaConsumer::KafkaConsumer(const KafkaSettings& settings, ConsumerOptions options,
                             std::shared_ptr<rd_kafka_t> client)
    : settings_(settings),
      options_(std::move(options)),
      client_(std::move(client)),
      queue_(rd_kafka_queue_get_consumer(client_.get())) {}

KafkaConsumer::~KafkaConsumer() {
  rd_kafka_queue_cb_event_enable(queue_.get(), nullptr, nullptr);
  queue_.reset();
  (void)rd_kafka_consumer_close(client_.get());
}

void KafkaConsumer::readyCallback(rd_kafka_t*, void* self) {
  const auto& options = static_cast<KafkaConsumer*>(self)->options_;
  if (options.onReady) options.onReady();
}

Result<std::unique_ptr<LogConsumer>> KafkaConsumer::make(const KafkaSettings& settings,
                                                         ConsumerOptions options) {
  KafkaConf conf = MR_TRY(kafkaConf(settings));
  MR_TRY(set(*conf, "group.id", options.group));
  MR_TRY(set(*conf, "enable.auto.commit", "false"));
  MR_TRY(set(*conf, "enable.auto.offset.store", "false"));
  MR_TRY(set(*conf, "auto.offset.reset", textOf(options.reset)));
  MR_TRY(
      set(*conf, "isolation.level", options.readCommitted ? "read_committed" : "read_uncommitted"));
  // Who has nothing to do does not poll; that it lives is said by librdkafka's own thread.
  MR_TRY(set(*conf, "max.poll.interval.ms", "86400000"));
  MR_TRY(set(*conf, "allow.auto.create.topics", "true"));
  KafkaClient client = MR_TRY(kafkaClient(RD_KAFKA_CONSUMER, std::move(conf)));
  rd_kafka_poll_set_consumer(client.get());
  std::unique_ptr<KafkaConsumer> made(
      new KafkaConsumer(settings, std::move(options), std::move(client)));
  {
    MutexLock lock(made->turn_);
    MR_TRY(made->subscribe());
  }
  rd_kafka_queue_cb_event_enable(made->queue_.get(), &KafkaConsumer::readyCallback, made.get());
  return std::unique_ptr<LogConsumer>(std::move(made));
}

Result<> KafkaConsumer::subscribe() {
  std::vector<std::string> topics = options_.topics;
  if (options_.matches)
    topics = MR_TRY(topicsOf(*client_, options_.matches, settings_.metadataWait));
  if (topics == subscribed_ || topics.empty()) return Done{};
  const KafkaPlaces places(rd_kafka_topic_partition_list_new(static_cast<int>(topics.size())));
  for (const std::string& topic : topics)
    rd_kafka_topic_partition_list_add(places.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  const auto code = rd_kafka_subscribe(client_.get(), places.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return kafkaFailure("subscribing", code);
  subscribed_ = std::move(topics);
  return Done{};
}

bool KafkaConsumer::isAssigned() const {
  rd_kafka_topic_partition_list_t* given = nullptr;
  if (rd_kafka_assignment(client_.get(), &given) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  const KafkaPlaces places(given);
  return places->cnt > 0;
}

Result<KafkaMessage> KafkaConsumer::firstMessage() {
  for (int look = 0; look < kLooksForGroup; ++look) {
    if (look >= kLooks && isAssigned()) break;
    KafkaMessage message(rd_kafka_consumer_poll(client_.get(), kLookMs));
    if (message == nullptr) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return message;
    // Topics may come; everything else is for somebody to know.
    if (message->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) continue;
    return kafkaFailure("consuming", message->err, rd_kafka_message_errstr(message.get()));
  }
  return KafkaMessage();
}

Result<Polled> KafkaConsumer::poll(const PollLimits& limits) {
  MutexLock lock(turn_);
  Polled polled;
  auto kept = std::make_shared<std::list<KafkaMessage>>();  // what the records show
  std::map<std::pair<std::string, std::int32_t>, std::size_t> places;
  KafkaMessage message = MR_TRY(firstMessage());
  if (message == nullptr) {
    MR_TRY(subscribe());  // there may be new topics that match
    return polled;
  }
  std::size_t records = 0;
  std::uint64_t bytes = 0;
  while (message != nullptr) {
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const std::string topic = rd_kafka_topic_name(message->rkt);
      const auto [place, fresh] =
          places.try_emplace({topic, message->partition}, polled.parts.size());
      if (fresh) polled.parts.push_back({topic, message->partition, {}});
      InRecord& record = polled.parts[place->second].records.emplace_back();
      record.offset = message->offset;
      record.timestamp = rd_kafka_message_timestamp(message.get(), nullptr);
      if (message->key != nullptr) record.key = bytesOf(message->key, message->key_len);
      if (message->payload != nullptr) record.value = bytesOf(message->payload, message->len);
      record.headers = headersOf(*message);
      ++records;
      bytes += message->len + message->key_len;
      kept->push_back(std::move(message));
    }
    if (records >= limits.records || bytes >= limits.bytes) break;
    message.reset(rd_kafka_consumer_poll(client_.get(), milliseconds(limits.patience)));
  }
  std::vector<KafkaWork::Taken> taken;
  for (const Polled::Part& part : polled.parts) {
    taken.push_back(
        {part.topic, part.partition, part.records.front().offset, part.records.back().offset + 1});
  }
  polled.memory = std::move(kept);
  polled.work = std::make_unique<KafkaWork>(client_, std::move(taken), options_.commitOffsets);
  return polled;
}

}  // namespace millrace::log
