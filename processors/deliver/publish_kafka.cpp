// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/pattern.h"
#include "engine/processor/processor.h"
#include "processors/http/shared_services.h"
#include "processors/kafka/demarcated.h"
#include "processors/kafka/kafka_connection.h"
#include "processors/kafka/key_text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace millrace::processors {
namespace {

using expression::Matcher;
using expression::Pattern;

constexpr std::string_view kToFailure = "Route to Failure";
constexpr std::string_view kByKey =
    "org.apache.kafka.clients.producer.internals.DefaultPartitioner";
constexpr std::string_view kInTurn = "org.apache.kafka.clients.producer.RoundRobinPartitioner";
constexpr std::string_view kByExpression = "ExpressionLanguagePartitioner";

constexpr std::array kFailureStrategies{
    AllowedValue{kToFailure, "The FlowFile goes to failure."},
    AllowedValue{"Rollback", "The FlowFile stays in its queue, penalized, and is tried again."},
};
constexpr std::array<std::string_view, 1> kAllAliases{"Guarantee Replicated Delivery"};
constexpr std::array<std::string_view, 1> kOneAliases{"Guarantee Single Node Delivery"};
constexpr std::array<std::string_view, 1> kNoneAliases{"Best Effort"};
constexpr std::array kGuarantees{
    AllowedValue{"all", "All replicas that are in sync have it.", kAllAliases},
    AllowedValue{"1", "One broker has it.", kOneAliases},
    AllowedValue{"0", "Nobody is asked.", kNoneAliases},
};
constexpr std::array kCompressions{
    AllowedValue{"none", "Records are stored as they are."},
    AllowedValue{"gzip", "Small, slow."},
    AllowedValue{"snappy", "Fast."},
    AllowedValue{"lz4", "Fast."},
    AllowedValue{"zstd", "Small, and faster than gzip."},
};
constexpr std::array<std::string_view, 2> kByKeyAliases{"DefaultPartitioner",
                                                        "Default Partitioner"};
constexpr std::array<std::string_view, 2> kInTurnAliases{
    "RoundRobinPartitioner",
    "org.apache.nifi.processors.kafka.pubsub.Partitioners$RoundRobinPartitioner"};
constexpr std::array<std::string_view, 1> kByExpressionAliases{
    "org.apache.nifi.processors.kafka.pubsub.Partitioners$ExpressionLanguagePartitioner"};
constexpr std::array kPartitioners{
    AllowedValue{kByKey, "By the key, as Kafka's Java client does; without a key in turn.",
                 kByKeyAliases},
    AllowedValue{kInTurn, "In turn.", kInTurnAliases},
    AllowedValue{kByExpression, "The number that Partition gives.", kByExpressionAliases},
};
constexpr std::array<std::string_view, 1> kByExpressionOnly{kByExpression};
constexpr std::array kKeyEncodings{
    AllowedValue{kKeyAsText, "The text's bytes in UTF-8."},
    AllowedValue{kKeyAsHex, "Hexadecimal digits, two a byte."},
    AllowedValue{kNoKey, "Records get no key."},
};
constexpr std::array<std::string_view, 1> kTopicAliases{"topic"};
constexpr std::array<std::string_view, 1> kGuaranteeAliases{"acks"};
constexpr std::array<std::string_view, 1> kTransactionsAliases{"use-transactions"};
constexpr std::array<std::string_view, 1> kPrefixAliases{"transactional-id-prefix"};
constexpr std::array<std::string_view, 1> kTransactionsOnly{"true"};
constexpr std::array<std::string_view, 1> kCompressionAliases{"compression.type"};
constexpr std::array<std::string_view, 1> kSizeAliases{"max.request.size"};
constexpr std::array<std::string_view, 1> kPartitionerAliases{"partitioner.class"};
constexpr std::array<std::string_view, 1> kPartitionAliases{"partition"};
constexpr std::array<std::string_view, 1> kDemarcatorAliases{"message-demarcator"};
constexpr std::array<std::string_view, 1> kKeyAliases{"kafka-key"};
constexpr std::array<std::string_view, 2> kKeyEncodingAliases{"key-attribute-encoding",
                                                              "Key Attribute Encoding"};
constexpr std::array<std::string_view, 1> kHeaderAliases{"attribute-name-regex"};

constexpr Property<ServiceName> kConnection{
    {.name = "Kafka Connection Service",
     .description = "The service that knows the log with the topics.",
     .required = true,
     .serviceType = KafkaConnection::kType}};
constexpr Property<std::string> kTopic{{.name = "Topic Name",
                                        .description = "The topic to publish to.",
                                        .required = true,
                                        .scope = ExpressionScope::kFlowFile,
                                        .aliases = kTopicAliases}};
constexpr Property<std::string> kFailureStrategy{
    {.name = "Failure Strategy",
     .description = "What becomes of a FlowFile that cannot be published.",
     .defaultValue = kToFailure,
     .required = true,
     .allowed = kFailureStrategies}};
constexpr Property<std::string> kGuarantee{
    {.name = "Delivery Guarantee",
     .description = "What a cluster must have done with a record. The log inside of this program "
                    "always has it durably with the session's commit.",
     .defaultValue = "all",
     .required = true,
     .allowed = kGuarantees,
     .aliases = kGuaranteeAliases}};
constexpr Property<bool> kTransactions{
    {.name = "Transactions Enabled",
     .description = "Whether the records of a FlowFile are one transaction of a cluster, which "
                    "needs the guarantee all. In the log inside of this program what a session "
                    "publishes is part of its commit in any case.",
     .defaultValue = "true",
     .required = true,
     .aliases = kTransactionsAliases}};
constexpr Property<std::string> kPrefix{
    {.name = "Transactional ID Prefix",
     .description = "What stands before the component's number in the transactional id.",
     .scope = ExpressionScope::kEnvironment,
     .aliases = kPrefixAliases,
     .dependsOn = "Transactions Enabled",
     .dependsOnValues = kTransactionsOnly}};
constexpr Property<std::string> kCompression{{.name = "Compression Type",
                                              .description = "How batches of records are packed.",
                                              .defaultValue = "none",
                                              .required = true,
                                              .allowed = kCompressions,
                                              .aliases = kCompressionAliases}};
constexpr Property<DataSize> kMostBytes{{.name = "Max Request Size",
                                         .description = "The longest record.",
                                         .defaultValue = "1 MB",
                                         .required = true,
                                         .aliases = kSizeAliases,
                                         .atLeast = 1,
                                         .atMost = 1 << 30}};
constexpr Property<std::string> kPartitioner{
    {.name = "Partitioner Class",
     .description = "Which partition of the topic a record goes to.",
     .defaultValue = kByKey,
     .required = true,
     .allowed = kPartitioners,
     .aliases = kPartitionerAliases}};
constexpr Property<std::string> kPartition{{.name = "Partition",
                                            .description = "The number of the partition, from 0.",
                                            .scope = ExpressionScope::kFlowFile,
                                            .aliases = kPartitionAliases,
                                            .dependsOn = "Partitioner Class",
                                            .dependsOnValues = kByExpressionOnly}};
constexpr Property<std::string> kDemarcator{
    {.name = "Message Demarcator",
     .description = "The bytes (UTF-8) between the records of a content; without it the content is "
                    "one record. Parts without a byte are left out.",
     .scope = ExpressionScope::kFlowFile,
     .aliases = kDemarcatorAliases}};
constexpr Property<RegexText> kHeaders{
    {.name = "FlowFile Attribute Header Pattern",
     .description = "Attributes whose whole names match become headers, in UTF-8.",
     .aliases = kHeaderAliases}};
constexpr Property<std::string> kKey{
    {.name = "Kafka Key",
     .description = "The key of the records; without it the attribute kafka.key, if there is one.",
     .scope = ExpressionScope::kFlowFile,
     .aliases = kKeyAliases}};
constexpr Property<std::string> kKeyEncoding{{.name = "Kafka Key Attribute Encoding",
                                              .description = "What the key's text stands for.",
                                              .defaultValue = kKeyAsText,
                                              .required = true,
                                              .allowed = kKeyEncodings,
                                              .aliases = kKeyEncodingAliases}};
constexpr Property<std::string> kLagGroup{
    {.name = "Lag Group",
     .description =
         "A consumer group of the log inside of this program: while it is Most Lag records or more "
         "behind the end of Topic Name, nothing is published. Records that it reads again do not "
         "count."}};
constexpr Property<std::int64_t> kMostLag{{.name = "Most Lag",
                                           .description = "How far Lag Group may be behind.",
                                           .defaultValue = "10000",
                                           .required = true,
                                           .dependsOn = "Lag Group",
                                           .atLeast = 1}};
constexpr std::array kProperties{
    &kConnection.info,   &kTopic.info,       &kFailureStrategy.info, &kGuarantee.info,
    &kTransactions.info, &kPrefix.info,      &kCompression.info,     &kMostBytes.info,
    &kPartitioner.info,  &kPartition.info,   &kDemarcator.info,      &kHeaders.info,
    &kKey.info,          &kKeyEncoding.info, &kLagGroup.info,        &kMostLag.info};

constexpr Relationship kSuccess{"success", "What was published."};
constexpr Relationship kFailure{"failure", "What could not be published."};
constexpr std::array kRelationships{&kSuccess, &kFailure};
constexpr std::array kWrites{AttributeInfo{"msg.count", "How many records were made of it."}};
constexpr std::array<std::string_view, 6> kTags{"kafka", "publish", "put", "send", "topic", "log"};
constexpr std::size_t kBatch = 256;

class PublishKafka final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    producer_.reset();
    connection_ = MR_TRY(serviceOf<KafkaConnection>(context, kConnection));
    headers_.reset();
    if (context.has(kHeaders))
      headers_ = MR_TRY(Pattern::compile(context.get(kHeaders), Pattern::Use::kWhole));
    log::ProducerOptions options;
    options.compression = context.get(kCompression);
    options.maxRecordBytes = context.get(kMostBytes);
    const std::string_view guarantee = context.get(kGuarantee);
    options.acknowledgement = guarantee == "0"   ? log::Acknowledgement::kNone
                              : guarantee == "1" ? log::Acknowledgement::kOne
                                                 : log::Acknowledgement::kAll;
    options.transactions = context.get(kTransactions) && guarantee == "all";
    options.transactionalId =
        fmt::format("{}{}", MR_TRY(context.evaluate(kPrefix)), context.componentId().raw());
    if (context.get(kPartitioner) == kInTurn) options.spread = log::Spread::kInTurn;
    producer_ = MR_TRY(connection_->log().producer(std::move(options)));
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    std::uint64_t room = kBatch;
    if (context.has(kLagGroup)) {
      room = MR_TRY(roomFor(context, session));
      if (room == 0) {
        context.yield();
        return Done{};
      }
    }
    for (std::size_t taken = 0; taken < std::min<std::uint64_t>(kBatch, room); ++taken) {
      SessionFlowFile* file = session.get();
      if (file == nullptr) break;
      MR_TRY(publish(context, session, *file));
    }
    return Done{};
  }

  void onStopped(ProcessContext&) override { producer_.reset(); }

 private:
  struct Draft {
    std::string topic;
    std::optional<std::int32_t> partition;
    std::optional<std::vector<std::byte>> key;
    std::vector<log::LogHeader> headers;
    std::string demarcator;
  };

  /// How many records more Lag Group may get. What it has read once stays read, also when it goes
  /// back: that much is state of the component.
  Result<std::uint64_t> roomFor(ProcessContext& context, ProcessSession& session) const {
    const std::string topic = MR_TRY(context.evaluate(kTopic));
    const auto places =
        MR_TRY(connection_->log().placesOf(std::string(context.get(kLagGroup)), topic));
    std::uint64_t lag = 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
      const std::string key = fmt::format("{}/{}", topic, i);
      std::int64_t furthest = 0;
      if (const auto known = session.state().find(key)) {
        (void)std::from_chars(known->data(), known->data() + known->size(), furthest);
      }
      // A topic that was made anew begins at 0 again.
      if (places[i].committed > furthest || furthest > places[i].end) {
        furthest = places[i].committed;
        session.putState(key, std::to_string(furthest));
      }
      lag += static_cast<std::uint64_t>(std::max<std::int64_t>(places[i].end - furthest, 0));
    }
    const auto most = static_cast<std::uint64_t>(context.get(kMostLag));
    return lag >= most ? 0 : most - lag;
  }

  Result<Draft> draftOf(ProcessContext& context, const SessionFlowFile& file) const {
    Draft draft;
    draft.topic = MR_TRY(context.evaluate(kTopic, file));
    if (draft.topic.empty()) return Error::user("Topic Name is empty");
    if (context.get(kPartitioner) == kByExpression) {
      const std::string text = MR_TRY(context.evaluate(kPartition, file));
      std::int32_t number = 0;
      const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (code != std::errc{} || end != text.data() + text.size() || number < 0)
        return Error::user(fmt::format("Partition is '{}', which is no number of one", text));
      draft.partition = number;
    }
    std::string key;
    if (context.has(kKey)) key = MR_TRY(context.evaluate(kKey, file));
    const bool fromAttribute = !context.has(kKey) && file.attribute("kafka.key").has_value();
    if (fromAttribute) key = file.value("kafka.key");
    if (context.get(kKeyEncoding) != kNoKey && (fromAttribute || !key.empty())) {
      if (context.get(kKeyEncoding) == kKeyAsHex) {
        draft.key = MR_TRY(fromHex(key));
      } else {
        const ByteView bytes = asBytes(key);
        draft.key.emplace(bytes.begin(), bytes.end());
      }
    }
    if (context.has(kDemarcator)) draft.demarcator = MR_TRY(context.evaluate(kDemarcator, file));
    if (!headers_.has_value()) return draft;
    Matcher matcher(*headers_);
    Result<> failed = Done{};
    file.forEachAttribute([&](std::string_view name, std::string_view value) {
      const auto found = matcher.find(name);
      if (!found.ok()) failed = found.error();
      if (found.ok() && *found) draft.headers.push_back({std::string(name), std::string(value)});
    });
    MR_TRY(std::move(failed));
    return draft;
  }

  Result<std::size_t> send(ProcessContext& context, ProcessSession& session,
                           SessionFlowFile& file) {
    const Draft draft = MR_TRY(draftOf(context, file));
    log::OutRecord record{draft.topic, draft.partition, std::nullopt, std::nullopt, draft.headers};
    if (draft.key.has_value()) record.key = *draft.key;
    std::vector<log::OutRecord> records;
    std::vector<std::string> parts;
    const std::uint64_t longest = context.get(kMostBytes);
    if (draft.demarcator.empty()) {
      if (file.size() > longest) {
        return Error::user(
            fmt::format("the content has {} bytes, Max Request Size is {}", file.size(), longest));
      }
      const bool tombstone = file.size() == 0 && file.value("kafka.tombstone") == "true";
      if (!tombstone) record.value = MR_TRY(session.readAll(file, longest));
      records.push_back(record);
    } else {
      const auto reader = MR_TRY(session.read(file));
      DemarcatedContent content(*reader, draft.demarcator, longest);
      while (const auto part = MR_TRY(content.next())) parts.emplace_back(*part);
      records.reserve(parts.size());
      for (const std::string& part : parts) {
        record.value = asBytes(part);
        records.push_back(record);
      }
    }
    auto work = MR_TRY(producer_->send(records));
    if (work != nullptr) session.onCommit(*connection_->log().commits(), std::move(work));
    session.report(ProvenanceType::kSend, file,
                   fmt::format("kafka://{}/{}", connection_->place(), draft.topic),
                   fmt::format("{} records", records.size()));
    return records.size();
  }

  Result<> publish(ProcessContext& context, ProcessSession& session, SessionFlowFile& file) {
    const auto sent = send(context, session, file);
    if (sent.ok()) {
      session.putAttribute(file, "msg.count", std::to_string(*sent));
      session.transfer(file, kSuccess);
      return Done{};
    }
    if (context.get(kFailureStrategy) != kToFailure) return sent.error();
    context.log(BulletinLevel::kError, sent.error().message);
    session.penalize(file);
    session.transfer(file, kFailure);
    return Done{};
  }

  KafkaConnection* connection_ = nullptr;
  std::optional<Pattern> headers_;
  std::unique_ptr<log::LogProducer> producer_;
};

std::vector<std::string> validate(std::span<const PropertyText> values) {
  if (textOf(values, kPartitioner.info.name) == kByExpression &&
      textOf(values, kPartition.info.name).empty())
    return {"Partition must be set for the ExpressionLanguagePartitioner"};
  if (!textOf(values, kLagGroup.info.name).empty() &&
      textOf(values, kTopic.info.name).find("${") != std::string_view::npos)
    return {"Lag Group needs one Topic Name for all FlowFiles, without an expression"};
  return {};
}

}  // namespace

MR_PROCESSOR(publish_kafka){
    .type = "PublishKafka",
    .summary =
        "Publishes contents as records of a topic; an empty content with the attribute "
        "kafka.tombstone=true is a record without a value.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .batching = true,
    .blocking = true,
    .effect = OutsideEffect::kOutside,
    .validate = validate,
    .make = make<PublishKafka>,
};

}  // namespace millrace::processors
