// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/pattern.h"
#include "engine/processor/processor.h"
#include "processors/http/shared_services.h"
#include "processors/kafka/kafka_connection.h"
#include "processors/kafka/key_text.h"

#include <fmt/format.h>

#include <array>
#include <map>

namespace millrace::processors {
namespace {

using expression::Matcher;
using expression::Pattern;

constexpr std::string_view kByNames = "names";
constexpr std::string_view kByPattern = "pattern";
constexpr std::string_view kOneEach = "FLOW_FILE";
constexpr std::string_view kDemarcated = "DEMARCATOR";

constexpr std::array kTopicFormats{
    AllowedValue{kByNames, "Topics is a list of names, with commas between."},
    AllowedValue{kByPattern, "Topics is a regular expression that matches whole names."},
};
constexpr std::array kResets{
    AllowedValue{"earliest", "With the oldest record."},
    AllowedValue{"latest", "With what comes from now on."},
    AllowedValue{"none", "Not at all: it is an error."},
};
constexpr std::array kStrategies{
    AllowedValue{kOneEach, "Each record is a FlowFile."},
    AllowedValue{kDemarcated,
                 "Records of one partition with the same headers are one FlowFile, with Message "
                 "Demarcator between them."},
};
constexpr std::array kKeyEncodings{
    AllowedValue{kKeyAsText, "The key's bytes are text in UTF-8."},
    AllowedValue{kKeyAsHex, "As hexadecimal digits."},
    AllowedValue{kNoKey, "Not at all."},
};
constexpr std::array<std::string_view, 1> kDemarcatedOnly{kDemarcated};
constexpr std::array<std::string_view, 1> kGroupAliases{"group.id"};
constexpr std::array<std::string_view, 2> kTopicsAliases{"topic", "Topic Name(s)"};
constexpr std::array<std::string_view, 2> kFormatAliases{"topic_type", "Topic Name Format"};
constexpr std::array<std::string_view, 2> kResetAliases{"auto.offset.reset", "Offset Reset"};
constexpr std::array<std::string_view, 1> kHeaderAliases{"header-name-regex"};
constexpr std::array<std::string_view, 2> kKeyAliases{"key-attribute-encoding",
                                                      "Kafka Key Attribute Encoding"};
constexpr std::array<std::string_view, 1> kDemarcatorAliases{"message-demarcator"};
constexpr std::array<std::string_view, 1> kSeparateAliases{"separate-by-key"};

constexpr Property<ServiceName> kConnection{
    {.name = "Kafka Connection Service",
     .description = "The service that knows the log with the topics.",
     .required = true,
     .serviceType = KafkaConnection::kType}};
constexpr Property<std::string> kGroup{
    {.name = "Group ID",
     .description = "The consumer group: its members share the partitions, and its committed "
                    "offsets are where a restart goes on.",
     .required = true,
     .aliases = kGroupAliases}};
constexpr Property<std::string> kTopicFormat{{.name = "Topic Format",
                                              .description = "What Topics is.",
                                              .defaultValue = kByNames,
                                              .required = true,
                                              .allowed = kTopicFormats,
                                              .aliases = kFormatAliases}};
constexpr Property<std::string> kTopics{{.name = "Topics",
                                         .description = "The topics to consume.",
                                         .required = true,
                                         .scope = ExpressionScope::kEnvironment,
                                         .aliases = kTopicsAliases}};
constexpr Property<std::string> kReset{
    {.name = "Auto Offset Reset",
     .description = "Where a group begins that has no offset, or one that the log no longer has.",
     .defaultValue = "latest",
     .required = true,
     .allowed = kResets,
     .aliases = kResetAliases}};
constexpr Property<bool> kCommit{
    {.name = "Commit Offsets",
     .description = "Whether the group's offsets are committed with the session; without it a "
                    "restart begins as Auto Offset Reset says.",
     .defaultValue = "true",
     .required = true}};
constexpr Property<DataSize> kMostBytes{
    {.name = "Max Uncommitted Size",
     .description = "The most bytes that one session takes from a partition, but for one batch.",
     .defaultValue = "16 MB",
     .atLeast = 1,
     .atMost = 1 << 30}};
constexpr Property<Duration> kPatience{
    {.name = "Max Uncommitted Time",
     .description =
         "How long a session waits for one more record of a cluster. Of the log inside of "
         "this program it takes what is there.",
     .defaultValue = "100 millis",
     .required = true,
     .atLeast = 0,
     .atMost = 3600 * kSecond}};
constexpr Property<RegexText> kHeaders{
    {.name = "Header Name Pattern",
     .description = "Headers whose whole names match become attributes, read as UTF-8.",
     .aliases = kHeaderAliases}};
constexpr Property<std::string> kHeaderPrefix{
    {.name = "Header Name Prefix",
     .description = "What stands before a header's name in the attribute's."}};
constexpr Property<std::string> kStrategy{{.name = "Processing Strategy",
                                           .description = "How records become FlowFiles.",
                                           .defaultValue = kOneEach,
                                           .required = true,
                                           .allowed = kStrategies}};
constexpr Property<std::string> kKeyEncoding{
    {.name = "Key Attribute Encoding",
     .description = "How the key gets into the attribute kafka.key.",
     .defaultValue = kKeyAsText,
     .required = true,
     .allowed = kKeyEncodings,
     .aliases = kKeyAliases}};
constexpr Property<std::string> kDemarcator{{.name = "Message Demarcator",
                                             .description = "The bytes (UTF-8) between records.",
                                             .scope = ExpressionScope::kEnvironment,
                                             .aliases = kDemarcatorAliases,
                                             .dependsOn = "Processing Strategy",
                                             .dependsOnValues = kDemarcatedOnly}};
constexpr Property<bool> kSeparate{
    {.name = "Separate By Key",
     .description = "Whether records of one FlowFile have one key, which is in kafka.key then.",
     .defaultValue = "false",
     .aliases = kSeparateAliases,
     .dependsOn = "Processing Strategy",
     .dependsOnValues = kDemarcatedOnly}};
constexpr std::array kProperties{
    &kConnection.info, &kGroup.info,       &kTopicFormat.info, &kTopics.info,  &kReset.info,
    &kCommit.info,     &kMostBytes.info,   &kPatience.info,    &kHeaders.info, &kHeaderPrefix.info,
    &kStrategy.info,   &kKeyEncoding.info, &kDemarcator.info,  &kSeparate.info};

constexpr Relationship kSuccess{"success", "What was consumed."};
constexpr std::array kRelationships{&kSuccess};
constexpr std::array kWrites{
    AttributeInfo{"kafka.topic", "The topic."},
    AttributeInfo{"kafka.partition", "The number of the partition."},
    AttributeInfo{"kafka.offset", "The offset of the record, or of the first of several."},
    AttributeInfo{"kafka.timestamp", "Its time, in milliseconds since 1970."},
    AttributeInfo{"kafka.count", "How many records the FlowFile has."},
    AttributeInfo{"kafka.key", "Its key, if it has one and Key Attribute Encoding lets it."},
    AttributeInfo{"kafka.tombstone", "true for a record without a value."},
    AttributeInfo{"<header>", "Headers that Header Name Pattern matches, behind the prefix."},
};
constexpr std::array<std::string_view, 6> kTags{"kafka",  "consume", "get",
                                                "ingest", "topic",   "log"};

class ConsumeKafka final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    consumer_.reset();
    connection_ = MR_TRY(serviceOf<KafkaConnection>(context, kConnection));
    headers_.reset();
    if (context.has(kHeaders))
      headers_ = MR_TRY(Pattern::compile(context.get(kHeaders), Pattern::Use::kWhole));
    demarcator_ = MR_TRY(context.evaluate(kDemarcator));
    log::ConsumerOptions options;
    options.group = context.get(kGroup);
    options.member = fmt::format("millrace-{}", context.componentId().raw());
    MR_TRY(subscribe(context, options));
    const std::string_view reset = context.get(kReset);
    options.reset = reset == "earliest" ? log::OffsetReset::kEarliest
                    : reset == "latest" ? log::OffsetReset::kLatest
                                        : log::OffsetReset::kNone;
    options.readCommitted = connection_->reading().committedOnly;
    options.commitOffsets = context.get(kCommit);
    options.onReady = [&context] { context.wake(); };
    consumer_ = MR_TRY(connection_->log().consumer(std::move(options)));
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    log::PollLimits limits;
    limits.records = connection_->reading().mostRecords;
    if (context.has(kMostBytes)) limits.bytes = context.get(kMostBytes);
    limits.patience = context.get(kPatience);
    log::Polled polled = MR_TRY(consumer_->poll(limits));
    for (const log::Polled::Part& part : polled.parts) {
      if (context.get(kStrategy) == kOneEach) {
        MR_TRY(oneEach(context, session, part));
      } else {
        MR_TRY(demarcated(context, session, part));
      }
    }
    if (polled.work != nullptr)
      session.onCommit(*connection_->log().commits(), std::move(polled.work));
    return Done{};
  }

  void onStopped(ProcessContext&) override { consumer_.reset(); }

 private:
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  static Result<> subscribe(ProcessContext& context, log::ConsumerOptions& options) {
    const std::string topics = MR_TRY(context.evaluate(kTopics));
    if (context.get(kTopicFormat) == kByPattern) {
      // Shared with the copies of the function.
      auto pattern =
          std::make_shared<const Pattern>(MR_TRY(Pattern::compile(topics, Pattern::Use::kWhole)));
      options.matches = [pattern](std::string_view topic) {
        Matcher matcher(*pattern);
        const auto found = matcher.find(topic);
        return found.ok() && *found;
      };
      return Done{};
    }
    std::string_view left = topics;
    while (!left.empty()) {
      const std::size_t end = std::min(left.find(','), left.size());
      std::string_view name = left.substr(0, end);
      left.remove_prefix(std::min(end + 1, left.size()));
      while (name.starts_with(' ')) name.remove_prefix(1);
      while (name.ends_with(' ')) name.remove_suffix(1);
      if (!name.empty()) options.topics.emplace_back(name);
    }
    if (options.topics.empty()) return Error::user("Topics names no topic");
    return Done{};
  }

  /// Headers that become attributes.
  Result<Pairs> headersOf(ProcessContext& context, const log::InRecord& record) const {
    Pairs pairs;
    if (!headers_.has_value() || record.headers.empty()) return pairs;
    Matcher matcher(*headers_);
    for (const log::LogHeader& each : record.headers) {
      if (!MR_TRY(matcher.find(each.name))) continue;
      pairs.emplace_back(std::string(context.get(kHeaderPrefix)) + each.name,
                         each.value.value_or(""));
    }
    return pairs;
  }

  static std::optional<std::string> keyOf(ProcessContext& context, const log::InRecord& record) {
    const std::string_view encoding = context.get(kKeyEncoding);
    if (!record.key.has_value() || encoding == kNoKey) return std::nullopt;
    return encoding == kKeyAsHex ? toHex(*record.key) : std::string(asText(*record.key));
  }

  void finish(ProcessSession& session, SessionFlowFile& file, const log::Polled::Part& part,
              const log::InRecord& first, std::size_t count, Pairs pairs) const {
    pairs.emplace_back("kafka.topic", part.topic);
    pairs.emplace_back("kafka.partition", std::to_string(part.partition));
    pairs.emplace_back("kafka.offset", std::to_string(first.offset));
    pairs.emplace_back("kafka.timestamp", std::to_string(first.timestamp));
    pairs.emplace_back("kafka.count", std::to_string(count));
    const std::vector<Attributes::Pair> views(pairs.begin(), pairs.end());
    session.putAttributes(file, views);
    session.report(ProvenanceType::kReceive, file,
                   fmt::format("kafka://{}/{}/{}/{}", connection_->place(), part.topic,
                               part.partition, first.offset));
    session.transfer(file, kSuccess);
  }

  Result<> oneEach(ProcessContext& context, ProcessSession& session,
                   const log::Polled::Part& part) const {
    for (const log::InRecord& record : part.records) {
      SessionFlowFile& file = session.create();
      Pairs pairs = MR_TRY(headersOf(context, record));
      if (auto key = keyOf(context, record)) pairs.emplace_back("kafka.key", std::move(*key));
      if (record.value.has_value()) {
        MR_TRY(session.writeAll(file, *record.value));
      } else {
        pairs.emplace_back("kafka.tombstone", "true");
      }
      finish(session, file, part, record, 1, std::move(pairs));
    }
    return Done{};
  }

  Result<> demarcated(ProcessContext& context, ProcessSession& session,
                      const log::Polled::Part& part) const {
    struct Bundle {
      const log::InRecord* first = nullptr;
      std::size_t count = 0;
      std::string content;
    };
    // By what the FlowFile's attributes say; the order of the first records is kept.
    std::map<std::pair<Pairs, std::optional<std::string>>, std::size_t> places;
    std::vector<std::pair<Pairs, Bundle>> bundles;
    const bool separate = context.get(kSeparate);
    for (const log::InRecord& record : part.records) {
      Pairs pairs = MR_TRY(headersOf(context, record));
      std::optional<std::string> key;
      if (separate && record.key.has_value()) key = std::string(asText(*record.key));
      const auto [place, fresh] = places.try_emplace({pairs, std::move(key)}, bundles.size());
      if (fresh) {
        if (separate) {
          if (auto text = keyOf(context, record)) pairs.emplace_back("kafka.key", std::move(*text));
        }
        bundles.push_back({std::move(pairs), {&record, 0, {}}});
      }
      Bundle& bundle = bundles[place->second].second;
      if (bundle.count++ > 0) bundle.content += demarcator_;
      if (record.value.has_value()) bundle.content += asText(*record.value);
    }
    for (auto& [pairs, bundle] : bundles) {
      SessionFlowFile& file = session.create();
      MR_TRY(session.writeAll(file, bundle.content));
      finish(session, file, part, *bundle.first, bundle.count, std::move(pairs));
    }
    return Done{};
  }

  KafkaConnection* connection_ = nullptr;
  std::optional<Pattern> headers_;
  std::string demarcator_;
  std::unique_ptr<log::LogConsumer> consumer_;
};

std::vector<std::string> validate(std::span<const PropertyText> values) {
  if (textOf(values, kStrategy.info.name) == kDemarcated &&
      textOf(values, kDemarcator.info.name).empty())
    return {"Message Demarcator must be set for the strategy DEMARCATOR"};
  return {};
}

}  // namespace

MR_PROCESSOR(consume_kafka){
    .type = "ConsumeKafka",
    .summary = "Consumes the records of topics as a member of a consumer group.",
    .tags = kTags,
    .input = InputRequirement::kForbidden,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .blocking = true,
    .wakesItself = true,
    .validate = validate,
    .make = make<ConsumeKafka>,
};

}  // namespace millrace::processors
