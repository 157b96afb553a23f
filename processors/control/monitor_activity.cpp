// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"

#include <array>
#include <charconv>
#include <string>
#include <vector>

namespace millrace::processors {
namespace {

constexpr std::string_view kNode = "node";
constexpr std::array kScopes{AllowedValue{kNode, "This program."}};

constexpr Property<Duration> kThreshold{
    {.name = "Threshold Duration",
     .description = "How long nothing must have come for the flow to be inactive.",
     .defaultValue = "5 min",
     .required = true,
     .scope = ExpressionScope::kEnvironment,
     .atLeast = kMillisecond}};
constexpr Property<bool> kContinually{
    {.name = "Continually Send Messages",
     .description = "Whether the message of inactivity comes again each Threshold Duration, as "
                    "long as nothing else does.",
     .defaultValue = "false",
     .required = true}};
constexpr Property<std::string> kInactive{
    {.name = "Inactivity Message",
     .description = "The content of what goes to inactive; it may use the attributes that are "
                    "written.",
     .defaultValue = "Lacking activity as of time: ${now():format('yyyy/MM/dd HH:mm:ss')}; flow "
                     "has been inactive for "
                     "${inactivityDurationMillis:toNumber():divide(60000)} minutes",
     .required = true,
     .scope = ExpressionScope::kFlowFile}};
constexpr Property<std::string> kRestored{
    {.name = "Activity Restored Message",
     .description = "The content of what goes to activity.restored; it may use the attributes "
                    "that are written.",
     .defaultValue = "Activity restored at time: ${now():format('yyyy/MM/dd HH:mm:ss')} after "
                     "being inactive for "
                     "${inactivityDurationMillis:toNumber():divide(60000)} minutes",
     .required = true,
     .scope = ExpressionScope::kFlowFile}};
constexpr Property<bool> kWait{
    {.name = "Wait for Activity",
     .description = "Whether inactivity is told only once something has come since the start.",
     .defaultValue = "false",
     .required = true}};
constexpr Property<bool> kReset{
    {.name = "Reset State on Restart",
     .description = "Whether a start counts as activity; otherwise an inactivity that was told "
                    "before goes on.",
     .defaultValue = "true",
     .required = true}};
constexpr Property<bool> kCopy{
    {.name = "Copy Attributes",
     .description = "Whether what goes to activity.restored has the attributes of the FlowFile "
                    "that ended the inactivity.",
     .defaultValue = "false",
     .required = true}};
constexpr Property<std::string> kScope{{.name = "Monitoring Scope",
                                        .description = "Whose activity is watched.",
                                        .defaultValue = kNode,
                                        .required = true,
                                        .allowed = kScopes}};
constexpr std::array kProperties{&kThreshold.info, &kContinually.info, &kInactive.info,
                                 &kRestored.info,  &kWait.info,        &kReset.info,
                                 &kCopy.info,      &kScope.info};

constexpr Relationship kSuccess{"success", "All that comes."};
constexpr Relationship kToInactive{"inactive", "A message when nothing came for too long."};
constexpr Relationship kToRestored{"activity.restored",
                                   "A message when something came after that."};
constexpr std::array kRelationships{&kSuccess, &kToInactive, &kToRestored};
constexpr std::string_view kStart = "inactivityStartMillis";
constexpr std::string_view kDuration = "inactivityDurationMillis";
constexpr std::array kWrites{
    AttributeInfo{kStart, "On messages: since when nothing came, in milliseconds since 1970."},
    AttributeInfo{kDuration, "On messages: for how long nothing came, in milliseconds."}};
constexpr std::array<std::string_view, 5> kTags{"monitor", "active", "inactive", "idle",
                                                "detection"};
constexpr std::string_view kSinceKey = "inactive.since";
constexpr std::size_t kMostTogether = 1000;

class MonitorActivity final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    threshold_ = MR_TRY(context.evaluate(kThreshold));
    last_ = context.clock().wall();
    lastMonotonic_ = context.clock().monotonic();
    toldAt_ = lastMonotonic_;
    begun_ = false;
    mayTell_ = !context.get(kWait);
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    const bool forgot = !begun_ && begin(context, session);
    const auto files = session.get(kMostTogether);
    if (files.empty()) return forgot ? Done{} : lookForInactivity(context, session);
    if (session.state().find(kSinceKey)) {
      MR_TRY(tell(context, session, kRestored, kToRestored, files.front()));
      session.removeState(kSinceKey);
    }
    for (SessionFlowFile* file : files) session.transfer(*file, kSuccess);
    last_ = context.clock().wall();
    lastMonotonic_ = context.clock().monotonic();
    mayTell_ = true;
    return Done{};
  }

 private:
  /// What the state says of the time before this start. True when that shall be forgotten, which
  /// is certain only when the next trigger finds it gone.
  bool begin(ProcessContext& context, ProcessSession& session) {
    const auto since = session.state().find(kSinceKey);
    Millis known = 0;
    const bool isTime =
        since &&
        std::from_chars(since->data(), since->data() + since->size(), known).ec == std::errc{};
    if (since && (context.get(kReset) || !isTime)) {
      session.removeState(kSinceKey);
      return true;
    }
    if (since) last_ = known;
    begun_ = true;
    return false;
  }

  Result<> lookForInactivity(ProcessContext& context, ProcessSession& session) {
    const Nanos now = context.clock().monotonic();
    if (!mayTell_ || now - lastMonotonic_ < threshold_) return Done{};
    const bool told = session.state().find(kSinceKey).has_value();
    if (told && (!context.get(kContinually) || now - toldAt_ < threshold_)) return Done{};
    MR_TRY(tell(context, session, kInactive, kToInactive, nullptr));
    if (!told) session.putState(kSinceKey, std::to_string(last_));
    toldAt_ = now;
    return Done{};
  }

  Result<> tell(ProcessContext& context, ProcessSession& session,
                const Property<std::string>& message, const Relationship& to,
                const SessionFlowFile* cause) {
    SessionFlowFile& file = session.create();
    if (cause != nullptr && context.get(kCopy)) {
      std::vector<std::pair<std::string, std::string>> copied;
      cause->forEachAttribute([&](std::string_view name, std::string_view value) {
        if (name != "uuid") copied.emplace_back(name, value);
      });
      const std::vector<Attributes::Pair> pairs(copied.begin(), copied.end());
      session.putAttributes(file, pairs);
    }
    session.putAttribute(file, kStart, std::to_string(last_));
    session.putAttribute(file, kDuration, std::to_string(context.clock().wall() - last_));
    const std::string text = MR_TRY(context.evaluate(message, file));
    MR_TRY(session.writeAll(file, text));
    session.report(ProvenanceType::kCreate, file);
    session.transfer(file, to);
    return Done{};
  }

  // One task only: nothing needs a lock. That an inactivity was told is in the state, which the
  // message and it are committed with.
  Nanos threshold_ = 0;
  Millis last_ = 0;  ///< when something came, or the start
  Nanos lastMonotonic_ = 0;
  Nanos toldAt_ = 0;
  bool mayTell_ = true;
  bool begun_ = false;
};

}  // namespace

MR_PROCESSOR(monitor_activity){
    .type = "MonitorActivity",
    .summary = "Tells when nothing has come by for a while, and when something does again.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .serial = true,
    .wakesItself = true,
    .triggerWhenEmpty = true,
    .make = make<MonitorActivity>,
};

}  // namespace millrace::processors
