// SPDX-License-Identifier: Apache-2.0
#include "engine/base/mutex.h"
#include "engine/processor/processor.h"
#include "processors/mqtt/mqtt_properties.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace millrace::processors {
namespace {

constexpr std::array<std::string_view, 1> kDemarcatorAliases{"message-demarcator"};

constexpr Property<std::string> kGroup{
    {.name = "Group ID",
     .description = "Clients with the same share the messages between them; the broker must know "
                    "shared subscriptions."}};
constexpr Property<std::string> kFilter{{.name = "Topic Filter",
                                         .description = "The topics; + stands for any level, # "
                                                        "for all that follow.",
                                         .required = true,
                                         .scope = ExpressionScope::kEnvironment}};
constexpr Property<std::string> kQuality{
    {.name = "Quality of Service",
     .description = "The quality that the broker shall deliver with at most.",
     .defaultValue = "0",
     .required = true,
     .allowed = kMqttQualities}};
constexpr Property<std::string> kDemarcator{
    {.name = "Message Demarcator",
     .description = "With it the messages of a trigger that are of one topic become one FlowFile, "
                    "with this between them.",
     .scope = ExpressionScope::kEnvironment,
     .aliases = kDemarcatorAliases}};
constexpr Property<std::int64_t> kMost{
    {.name = "Max Queue Size",
     .description = "The most messages that are taken together; the others wait at the broker, or "
                    "on the way.",
     .defaultValue = "1000",
     .required = true,
     .atLeast = 1,
     .atMost = 1'000'000}};
constexpr std::array kProperties{
    &kMqttBroker.info,     &kMqttVersion.info,     &kMqttUser.info,   &kMqttPassword.info,
    &kMqttTls.info,        &kMqttSession.info,     &kMqttExpiry.info, &kMqttClient.info,
    &kGroup.info,          &kFilter.info,          &kQuality.info,    &kDemarcator.info,
    &kMqttPatience.info,   &kMqttKeepAlive.info,   &kMqttWill.info,   &kMqttWillTopic.info,
    &kMqttWillRetain.info, &kMqttWillQuality.info, &kMost.info};

constexpr Relationship kMessage{"Message", "What came from the broker."};
constexpr std::array kRelationships{&kMessage};
constexpr std::array kWrites{
    AttributeInfo{"mqtt.broker", "The broker's URI."},
    AttributeInfo{"mqtt.topic", "The topic of the message."},
    AttributeInfo{"mqtt.qos", "The quality that it was delivered with."},
    AttributeInfo{"mqtt.isDuplicate", "true when the broker says that it may have come before."},
    AttributeInfo{"mqtt.isRetained", "true when it was there before the subscription."}};
constexpr std::array<std::string_view, 6> kTags{"subscribe", "MQTT",   "IoT",
                                                "consume",   "listen", "ingest"};
constexpr std::string_view kClientKey = "client";
constexpr std::string_view kReceivedKey = "received/";  // and the number of the message

/// What commits that became durable have left to say to the broker. Callbacks of commits hold it,
/// beyond the processor's stop; then nobody listens.
class Receipts {
 public:
  explicit Receipts(std::function<void()> wake) : wake_(std::move(wake)) {}
  void add(const std::vector<MqttReceipt>& receipts) {
    const MutexLock lock(mutex_);
    due_.insert(due_.end(), receipts.begin(), receipts.end());
    if (wake_) wake_();
  }
  std::vector<MqttReceipt> take() {
    const MutexLock lock(mutex_);
    return std::exchange(due_, {});
  }
  void close() {
    const MutexLock lock(mutex_);
    wake_ = nullptr;
  }

 private:
  Mutex mutex_;
  std::vector<MqttReceipt> due_ MR_GUARDED_BY(mutex_);
  std::function<void()> wake_ MR_GUARDED_BY(mutex_);
};

/// What came over a link and is in no durable commit yet.
struct Row {
  Mutex mutex;
  MqttLink::Received waiting MR_GUARDED_BY(mutex);
  std::uint64_t link MR_GUARDED_BY(mutex) = 0;  ///< rises with each link that broke
};

/// Numbers are those of a link that is gone: nothing is left to say of them.
void forgetNumbers(MqttLink::Received& received) {
  for (MqttMessage& message : received.messages) message.id = 0;
  received.released.clear();
}

/// What a trigger works on: back in the row unless its commit became durable.
class Taken {
 public:
  Taken(std::shared_ptr<Row> row, MqttLink::Received received)
      : row_(std::move(row)), received_(std::move(received)) {
    const MutexLock lock(row_->mutex);
    link_ = row_->link;
  }
  ~Taken() {
    const MutexLock lock(row_->mutex);
    if (link_ != row_->link) forgetNumbers(received_);
    MqttLink::Received& to = row_->waiting;
    to.messages.insert(to.messages.begin(), std::make_move_iterator(received_.messages.begin()),
                       std::make_move_iterator(received_.messages.end()));
    to.released.insert(to.released.begin(), received_.released.begin(), received_.released.end());
  }
  Taken(const Taken&) = delete;
  Taken& operator=(const Taken&) = delete;
  const MqttLink::Received& all() const { return received_; }
  void confirm() { received_ = {}; }

 private:
  const std::shared_ptr<Row> row_;  // shared with the processor, which may be gone before
  MqttLink::Received received_;
  std::uint64_t link_ = 0;
};

class ConsumeMqtt final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    options_ = MR_TRY(mqttLinkOptions(context));
    filter_ = MR_TRY(context.evaluate(kFilter));
    if (filter_.empty()) return Error::user("Topic Filter is empty");
    if (context.has(kGroup)) filter_ = fmt::format("$share/{}/{}", context.get(kGroup), filter_);
    demarcator_ = MR_TRY(context.evaluate(kDemarcator));
    quality_ = static_cast<std::uint8_t>(context.get(kQuality).front() - '0');
    row_ = std::make_shared<Row>();
    listen(context);
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    const auto worked = work(context, session);
    if (worked.ok()) return worked;
    link_.reset();
    listen(context);
    const MutexLock lock(row_->mutex);
    ++row_->link;
    if (options_.connect.cleanSession) {
      forgetNumbers(row_->waiting);  // the broker has forgotten them, too
    } else {
      row_->waiting = {};  // it sends them again
    }
    return worked;
  }

  void onStopped(ProcessContext&) override {
    receipts_->close();
    link_.reset();
  }

 private:
  void listen(ProcessContext& context) {
    if (receipts_ != nullptr) receipts_->close();
    // Shared with callbacks of commits.
    receipts_ = std::make_shared<Receipts>([&context] { context.wake(); });
  }

  Result<> work(ProcessContext& context, ProcessSession& session) {
    if (link_ == nullptr) MR_TRY(connect(context, session));
    MR_TRY(link_->acknowledge(receipts_->take()));
    MR_TRY(link_->keepAlive());
    MqttLink::Received received = waiting();
    if (received.messages.empty() && received.released.empty())
      received = MR_TRY(link_->receive(static_cast<std::size_t>(context.get(kMost))));
    if (received.messages.empty() && received.released.empty()) return Done{};
    auto taken = std::make_shared<Taken>(row_, std::move(received));
    std::vector<MqttReceipt> receipts;
    for (const std::uint16_t id : taken->all().released) {
      if (session.state().find(keyOf(id))) session.removeState(keyOf(id));
      receipts.push_back({MqttReceipt::Step::kCompleted, id});
    }
    std::vector<const MqttMessage*> fresh;
    for (const MqttMessage& message : taken->all().messages) {
      if (isNew(session, message, receipts)) fresh.push_back(&message);
    }
    MR_TRY(demarcator_.empty() ? oneEach(session, fresh) : together(session, fresh));
    session.onDurable([taken, receipts = std::move(receipts), to = receipts_] {
      taken->confirm();
      to->add(receipts);
    });
    return Done{};
  }

  /// False for a message that was committed before, which the broker has not heard of. Either way
  /// it is to be told.
  static bool isNew(ProcessSession& session, const MqttMessage& message,
                    std::vector<MqttReceipt>& receipts) {
    if (message.id == 0) return true;
    const bool once = message.qos == 2;
    receipts.push_back(
        {once ? MqttReceipt::Step::kReceived : MqttReceipt::Step::kAcknowledged, message.id});
    if (!once) return true;
    if (session.state().find(keyOf(message.id))) return false;
    session.putState(keyOf(message.id), "");
    return true;
  }

  static std::string keyOf(std::uint16_t id) { return fmt::format("{}{}", kReceivedKey, id); }

  MqttLink::Received waiting() {
    const MutexLock lock(row_->mutex);
    return std::exchange(row_->waiting, {});
  }

  Result<> connect(ProcessContext& context, ProcessSession& session) {
    MqttLinkOptions options = options_;
    std::string& id = options.connect.clientId;
    if (id.empty() && !options.connect.cleanSession)
      id = session.state().find(kClientKey).value_or("");
    const bool isMade = id.empty();
    if (isMade) id = newMqttClientId(context);
    auto link = MR_TRY(MqttLink::open(context.network(), context.clock(), options));
    if (isMade && !options.connect.cleanSession) session.putState(kClientKey, id);
    if (!link->sessionPresent()) {
      std::vector<std::string> old;
      for (const auto& [key, value] : session.state().entries) {
        if (key.starts_with(kReceivedKey)) old.push_back(key);
      }
      for (const std::string& key : old) session.removeState(key);
    }
    MR_TRY(link->subscribe(filter_, quality_));
    context.log(BulletinLevel::kInfo,
                fmt::format("subscribed to '{}' at {}", filter_, link->broker().uri));
    link_ = std::move(link);
    return Done{};
  }

  void finish(ProcessSession& session, SessionFlowFile& file, const MqttMessage& message) const {
    const std::string quality = std::to_string(message.qos);
    const std::array<Attributes::Pair, 5> pairs{
        {{"mqtt.broker", link_->broker().uri},
         {"mqtt.topic", message.topic},
         {"mqtt.qos", quality},
         {"mqtt.isDuplicate", message.duplicate ? "true" : "false"},
         {"mqtt.isRetained", message.retain ? "true" : "false"}}};
    session.putAttributes(file, pairs);
    session.report(ProvenanceType::kReceive, file,
                   fmt::format("{}/{}", link_->broker().uri, message.topic));
    session.transfer(file, kMessage);
  }

  Result<> oneEach(ProcessSession& session, const std::vector<const MqttMessage*>& fresh) const {
    for (const MqttMessage* message : fresh) {
      SessionFlowFile& file = session.create();
      MR_TRY(session.writeAll(file, message->payload));
      finish(session, file, *message);
    }
    return Done{};
  }

  Result<> together(ProcessSession& session, const std::vector<const MqttMessage*>& fresh) const {
    std::vector<std::vector<const MqttMessage*>> topics;
    for (const MqttMessage* message : fresh) {
      const auto same = std::find_if(topics.begin(), topics.end(), [&](const auto& each) {
        return each.front()->topic == message->topic;
      });
      (same == topics.end() ? topics.emplace_back() : *same).push_back(message);
    }
    for (const auto& messages : topics) {
      std::string content;
      for (const MqttMessage* message : messages) {
        if (message != messages.front()) content += demarcator_;
        content += message->payload;
      }
      SessionFlowFile& file = session.create();
      MR_TRY(session.writeAll(file, content));
      finish(session, file, *messages.front());
    }
    return Done{};
  }

  // One task only: nothing of these needs a lock.
  MqttLinkOptions options_;
  std::string filter_;
  std::string demarcator_;
  std::uint8_t quality_ = 0;
  std::unique_ptr<MqttLink> link_;
  std::shared_ptr<Receipts> receipts_;
  std::shared_ptr<Row> row_;
};

}  // namespace

MR_PROCESSOR(consume_mqtt){
    .type = "ConsumeMQTT",
    .summary =
        "Receives the messages of topics from an MQTT broker, and acknowledges those of "
        "quality 1 and 2 when their FlowFiles are safe on disk.",
    .tags = kTags,
    .input = InputRequirement::kForbidden,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .serial = true,
    .blocking = true,
    .endless = true,
    .validate = checkMqtt,
    .make = make<ConsumeMqtt>,
};

}  // namespace millrace::processors
