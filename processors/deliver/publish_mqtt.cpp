// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"
#include "processors/kafka/demarcated.h"
#include "processors/mqtt/mqtt_properties.h"

#include <fmt/format.h>

#include <array>
#include <memory>
#include <vector>

namespace millrace::processors {
namespace {

constexpr std::array<std::string_view, 1> kDemarcatorAliases{"message-demarcator"};

constexpr Property<std::string> kTopic{{.name = "Topic",
                                        .description = "The topic to publish to.",
                                        .required = true,
                                        .scope = ExpressionScope::kFlowFile}};
constexpr Property<std::string> kRetain{
    {.name = "Retain Message",
     .description = "true when the broker shall keep the message for those who subscribe later; "
                    "otherwise false.",
     .defaultValue = "false",
     .required = true,
     .scope = ExpressionScope::kFlowFile}};
constexpr Property<std::string> kQuality{
    {.name = "Quality of Service",
     .description = "0: at most once; 1: at least once; 2: exactly once.",
     .defaultValue = "0",
     .required = true,
     .scope = ExpressionScope::kFlowFile}};
constexpr Property<std::string> kDemarcator{
    {.name = "Message Demarcator",
     .description = "With it a content is many messages, with this between them; parts without a "
                    "byte are left out.",
     .scope = ExpressionScope::kEnvironment,
     .aliases = kDemarcatorAliases}};
constexpr std::array kProperties{
    &kMqttBroker.info,     &kMqttVersion.info,    &kMqttUser.info,   &kMqttPassword.info,
    &kMqttTls.info,        &kMqttSession.info,    &kMqttExpiry.info, &kMqttClient.info,
    &kTopic.info,          &kRetain.info,         &kQuality.info,    &kDemarcator.info,
    &kMqttPatience.info,   &kMqttKeepAlive.info,  &kMqttWill.info,   &kMqttWillTopic.info,
    &kMqttWillRetain.info, &kMqttWillQuality.info};

constexpr Relationship kSuccess{"success", "What the broker has taken."};
constexpr Relationship kFailure{"failure", "What it has not, or what cannot be sent."};
constexpr std::array kRelationships{&kSuccess, &kFailure};
constexpr std::array<std::string_view, 5> kTags{"publish", "MQTT", "IoT", "put", "send"};
constexpr std::size_t kBatch = 256;
constexpr std::uint64_t kMostBytes = 8ULL << 20U;  // of contents that are sent together
/// What MQTT can say of a message: four bytes of seven bits each, less its head.
constexpr std::uint64_t kLongest = 268'000'000;

class PublishMqtt final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    options_ = MR_TRY(mqttLinkOptions(context));
    if (options_.connect.clientId.empty()) options_.connect.clientId = newMqttClientId(context);
    demarcator_ = MR_TRY(context.evaluate(kDemarcator));
    link_.reset();
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    if (link_ != nullptr && !link_->keepAlive().ok()) link_.reset();
    std::vector<SessionFlowFile*> files;
    std::vector<MqttMessage> messages;
    std::vector<std::size_t> owners;  // of each message, the file
    std::uint64_t bytes = 0;
    while (files.size() < kBatch && bytes < kMostBytes) {
      SessionFlowFile* file = session.get();
      if (file == nullptr) break;
      const std::size_t before = messages.size();
      if (const auto made = add(context, session, *file, messages); !made.ok()) {
        messages.resize(before);
        if (made.error().fault != Fault::kUser) return made.error();
        fail(context, session, *file, made.error().message);
        continue;
      }
      owners.resize(messages.size(), files.size());
      files.push_back(file);
      bytes += file->size();
    }
    if (files.empty()) return Done{};
    return send(context, session, files, std::move(messages), owners);
  }

  void onStopped(ProcessContext&) override { link_.reset(); }

 private:
  static void fail(ProcessContext& context, ProcessSession& session, SessionFlowFile& file,
                   const std::string& why) {
    context.log(BulletinLevel::kError, fmt::format("{}: {}", file.value("filename"), why));
    session.penalize(file);
    session.transfer(file, kFailure);
  }

  /// The messages of a FlowFile. A user's Error is the FlowFile's own fault.
  Result<> add(ProcessContext& context, ProcessSession& session, const SessionFlowFile& file,
               std::vector<MqttMessage>& messages) const {
    MqttMessage message;
    message.topic = MR_TRY(context.evaluate(kTopic, file));
    constexpr std::size_t kLongestTopic = 65'535;
    if (message.topic.empty() || message.topic.size() > kLongestTopic ||
        message.topic.find_first_of(std::string_view("+#\0", 3)) != std::string::npos)
      return Error::user(fmt::format("Topic is '{}', but must be a text without + and #",
                                     message.topic.substr(0, 200)));
    const std::string quality = MR_TRY(context.evaluate(kQuality, file));
    if (quality != "0" && quality != "1" && quality != "2")
      return Error::user(fmt::format("Quality of Service is '{}', not 0, 1 or 2", quality));
    message.qos = static_cast<std::uint8_t>(quality.front() - '0');
    const std::string retain = MR_TRY(context.evaluate(kRetain, file));
    if (retain != "true" && retain != "false")
      return Error::user(fmt::format("Retain Message is '{}', not true or false", retain));
    message.retain = retain == "true";
    if (file.size() > kLongest)
      return Error::user(fmt::format("the content has {} bytes; a message of MQTT has at most {}",
                                     file.size(), kLongest));
    if (demarcator_.empty()) {
      message.payload = asText(MR_TRY(session.readAll(file, kLongest)));
      messages.push_back(std::move(message));
      return Done{};
    }
    const auto reader = MR_TRY(session.read(file));
    DemarcatedContent content(*reader, demarcator_, kLongest);
    while (const auto part = MR_TRY(content.next())) {
      message.payload = *part;
      messages.push_back(message);
    }
    return Done{};
  }

  Result<> send(ProcessContext& context, ProcessSession& session,
                const std::vector<SessionFlowFile*>& files, std::vector<MqttMessage> messages,
                const std::vector<std::size_t>& owners) {
    std::vector<std::string> topics(files.size());
    for (std::size_t i = 0; i < messages.size(); ++i) topics[owners[i]] = messages[i].topic;
    if (link_ == nullptr)
      link_ = MR_TRY(MqttLink::open(context.network(), context.clock(), options_));
    auto sent = link_->publish(std::move(messages));
    if (!sent.ok()) {
      link_.reset();
      return sent.error();
    }
    std::vector<std::string> refused(files.size());
    for (std::size_t i = 0; i < sent->size(); ++i) {
      if (!(*sent)[i].ok()) refused[owners[i]] = (*sent)[i].error().message;
    }
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (!refused[i].empty()) {
        fail(context, session, *files[i], refused[i]);
        continue;
      }
      session.report(ProvenanceType::kSend, *files[i],
                     fmt::format("{}/{}", link_->broker().uri, topics[i]));
      session.transfer(*files[i], kSuccess);
    }
    return Done{};
  }

  // One task only: nothing needs a lock.
  MqttLinkOptions options_;
  std::string demarcator_;
  std::unique_ptr<MqttLink> link_;
};

}  // namespace

MR_PROCESSOR(publish_mqtt){
    .type = "PublishMQTT",
    .summary = "Publishes contents as messages at an MQTT broker.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .serial = true,
    .blocking = true,
    .wakesItself = true,
    .triggerWhenEmpty = true,
    .effect = OutsideEffect::kOutside,
    .validate = checkMqtt,
    .make = make<PublishMqtt>,
};

}  // namespace millrace::processors
