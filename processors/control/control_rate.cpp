// SPDX-License-Identifier: Apache-2.0
#include "engine/base/units.h"
#include "engine/processor/processor.h"
#include "processors/control/throttle.h"

#include <array>
#include <charconv>
#include <map>
#include <optional>

namespace millrace::processors {
namespace {

constexpr std::string_view kData = "data rate";
constexpr std::string_view kCount = "flowfile count";
constexpr std::string_view kValue = "attribute value";
constexpr std::string_view kDataOrCount = "data rate or flowfile count";
constexpr std::array<std::string_view, 1> kDataOrCountAliases{"DATA_OR_FLOWFILE_RATE"};
constexpr std::array kCriteria{
    AllowedValue{kData, "Bytes of content."},
    AllowedValue{kCount, "The number of FlowFiles."},
    AllowedValue{kValue, "The number that an attribute holds."},
    AllowedValue{kDataOrCount, "Bytes and FlowFiles, whichever reaches its limit first.",
                 kDataOrCountAliases},
};
constexpr std::string_view kHold = "Hold FlowFile";
constexpr std::array kExceeded{
    AllowedValue{kHold, "FlowFiles wait in the queue."},
    AllowedValue{"Route to 'rate exceeded'", "FlowFiles go to rate exceeded at once."},
};
constexpr std::array<std::string_view, 2> kIfData{kData, kDataOrCount};
constexpr std::array<std::string_view, 2> kIfCount{kCount, kDataOrCount};
constexpr std::array<std::string_view, 1> kIfValue{kValue};

constexpr Property<std::string> kCriterion{{.name = "Rate Control Criteria",
                                            .description = "What is limited.",
                                            .defaultValue = kData,
                                            .required = true,
                                            .allowed = kCriteria}};
constexpr Property<Duration> kSpan{{.name = "Time Duration",
                                    .description = "The span of time that a limit is meant for.",
                                    .defaultValue = "1 min",
                                    .required = true,
                                    .atLeast = kSecond}};
constexpr Property<std::int64_t> kMaxRate{
    {.name = "Maximum Rate",
     .description = "The greatest sum of the attribute's values in the span.",
     .dependsOn = "Rate Control Criteria",
     .dependsOnValues = kIfValue,
     .atLeast = 1}};
constexpr Property<DataSize> kMaxData{{.name = "Maximum Data Rate",
                                       .description = "The most content in the span, as 1 MB.",
                                       .dependsOn = "Rate Control Criteria",
                                       .dependsOnValues = kIfData,
                                       .atLeast = 1}};
constexpr Property<std::int64_t> kMaxCount{{.name = "Maximum FlowFile Rate",
                                            .description = "The most FlowFiles in the span.",
                                            .dependsOn = "Rate Control Criteria",
                                            .dependsOnValues = kIfCount,
                                            .atLeast = 1}};
constexpr Property<std::string> kStrategy{
    {.name = "Rate Exceeded Strategy",
     .description = "What happens to FlowFiles for which there is no room in the span.",
     .defaultValue = kHold,
     .required = true,
     .allowed = kExceeded}};
constexpr Property<std::string> kAttribute{
    {.name = "Rate Controlled Attribute",
     .description = "The attribute that holds a whole, positive number.",
     .dependsOn = "Rate Control Criteria",
     .dependsOnValues = kIfValue}};
constexpr Property<std::string> kGrouping{
    {.name = "Grouping Attribute",
     .description = "FlowFiles with different values of this attribute are limited separately."}};
constexpr std::array kProperties{&kCriterion.info, &kSpan.info,     &kMaxRate.info,
                                 &kMaxData.info,   &kMaxCount.info, &kStrategy.info,
                                 &kAttribute.info, &kGrouping.info};

constexpr Relationship kSuccess{"success", "FlowFiles, at the pace that the limit allows."};
constexpr Relationship kFailure{
    "failure", "FlowFiles whose Rate Controlled Attribute is missing or no positive number."};
constexpr Relationship kTooMuch{"rate exceeded",
                                "FlowFiles beyond the limit, if they are not to wait."};
constexpr std::array kRelationships{&kSuccess, &kFailure, &kTooMuch};
constexpr std::array<std::string_view, 4> kTags{"rate", "throttle", "limit", "pace"};

/// What one FlowFile weighs: one amount for each throttle of its group.
using Amounts = std::vector<std::int64_t>;

class ControlRate final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    criterion_ = context.get(kCriterion);
    span_ = context.get(kSpan);
    limits_.clear();
    if (criterion_ == kValue) limits_.push_back(context.get(kMaxRate));
    if (criterion_ == kData || criterion_ == kDataOrCount)
      limits_.push_back(static_cast<std::int64_t>(context.get(kMaxData)));
    if (criterion_ == kCount || criterion_ == kDataOrCount)
      limits_.push_back(context.get(kMaxCount));
    groups_.clear();
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    const Nanos now = context.clock().monotonic();
    std::erase_if(groups_, [now](const auto& group) {
      bool idle = true;
      for (const Throttle& throttle : group.second) idle = idle && throttle.isIdle(now);
      return idle;
    });
    if (context.get(kStrategy) == kHold) return hold(context, session, now);
    constexpr std::size_t kMost = 1000;
    for (SessionFlowFile* file : session.get(kMost)) {
      const auto amounts = weigh(context, *file);
      if (!amounts) {
        session.transfer(*file, kFailure);
      } else {
        session.transfer(*file, pass(context, *file, *amounts, now) ? kSuccess : kTooMuch);
      }
    }
    return Done{};
  }

 private:
  using Throttles = std::vector<Throttle>;

  Result<> hold(ProcessContext& context, ProcessSession& session, Nanos now) {
    using Choice = ProcessSession::Choice;
    constexpr std::size_t kMost = 1000;
    std::size_t taken = 0;
    std::optional<Nanos> opens;
    const auto files = session.get([&](const SessionFlowFile& file) {
      const auto amounts = weigh(context, file);
      if (amounts && !pass(context, file, *amounts, now)) {
        for (Throttle& throttle : throttlesOf(context, file)) {
          const Nanos at = throttle.opensAt(now);
          if (!throttle.isOpen(now)) opens = std::min(opens.value_or(at), at);
        }
        // Others of its group must not overtake; with groups, other groups may.
        return context.has(kGrouping) ? Choice::kReject : Choice::kRejectAndStop;
      }
      return ++taken < kMost ? Choice::kAccept : Choice::kAcceptAndStop;
    });
    for (SessionFlowFile* file : files)
      session.transfer(*file, weigh(context, *file) ? kSuccess : kFailure);
    if (opens && taken == 0) context.yield(std::max(*opens - now, kMillisecond));
    return Done{};
  }

  /// What the FlowFile weighs; nothing when its attribute does not say.
  std::optional<Amounts> weigh(const ProcessContext& context, const SessionFlowFile& file) const {
    const auto bytes = static_cast<std::int64_t>(file.size());
    if (criterion_ == kData) return Amounts{bytes};
    if (criterion_ == kCount) return Amounts{1};
    if (criterion_ == kDataOrCount) return Amounts{bytes, 1};
    const std::string_view text = file.value(context.get(kAttribute));
    std::int64_t amount = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), amount);
    if (code != std::errc{} || end != text.data() + text.size() || amount <= 0) return std::nullopt;
    return Amounts{amount};
  }

  Throttles& throttlesOf(const ProcessContext& context, const SessionFlowFile& file) {
    const std::string_view group =
        context.has(kGrouping) ? file.value(context.get(kGrouping)) : std::string_view{};
    const auto known = groups_.find(group);
    if (known != groups_.end()) return known->second;
    Throttles throttles;
    for (const std::int64_t limit : limits_) throttles.emplace_back(limit, span_);
    return groups_.emplace(std::string(group), std::move(throttles)).first->second;
  }

  bool pass(const ProcessContext& context, const SessionFlowFile& file, const Amounts& amounts,
            Nanos now) {
    Throttles& throttles = throttlesOf(context, file);
    for (Throttle& throttle : throttles) {
      if (!throttle.isOpen(now)) return false;
    }
    for (std::size_t i = 0; i < throttles.size(); ++i) throttles[i].pass(amounts[i], now);
    return true;
  }

  // One task only: nothing needs a lock.
  std::string criterion_;
  Nanos span_ = kMinute;
  std::vector<std::int64_t> limits_;
  std::map<std::string, Throttles, std::less<>> groups_;
};

std::vector<std::string> check(std::span<const PropertyText> values) {
  std::vector<std::string> problems;
  const std::string_view criterion = textOf(values, kCriterion.info.name);
  const auto needs = [&](const PropertyInfo& info) {
    if (!textOf(values, info.name).empty()) return;
    problems.push_back("Rate Control Criteria is '" + std::string(criterion) + "': set " +
                       std::string(info.name));
  };
  if (criterion == kData || criterion == kDataOrCount) needs(kMaxData.info);
  if (criterion == kCount || criterion == kDataOrCount) needs(kMaxCount.info);
  if (criterion == kValue) {
    needs(kMaxRate.info);
    needs(kAttribute.info);
  }
  return problems;
}

std::vector<std::string> relationships(std::span<const PropertyText> values) {
  std::vector<std::string> names{"success", "failure"};
  if (textOf(values, kStrategy.info.name) != kHold) names.emplace_back("rate exceeded");
  return names;
}

}  // namespace

MR_PROCESSOR(control_rate){
    .type = "ControlRate",
    .summary =
        "Slows a flow down to a number of bytes, FlowFiles or of anything that an "
        "attribute counts, in each span of time.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .serial = true,
    .relationshipsOf = relationships,
    .validate = check,
    .make = make<ControlRate>,
};

}  // namespace millrace::processors
