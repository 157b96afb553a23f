// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>
#include <vector>

namespace millrace::processors {
namespace {

constexpr std::array<std::string_view, 1> kGroupAliases{"group-id"};
constexpr std::array<std::string_view, 1> kOrderAliases{"order-attribute"};
constexpr std::array<std::string_view, 1> kInitialAliases{"initial-order"};
constexpr std::array<std::string_view, 1> kMostAliases{"maximum-order"};
constexpr std::array<std::string_view, 1> kBatchAliases{"batch-count"};
constexpr std::array<std::string_view, 1> kWaitAliases{"wait-timeout"};
constexpr std::array<std::string_view, 1> kInactiveAliases{"inactive-timeout"};

constexpr Property<std::string> kGroup{{.name = "Group Identifier",
                                        .description = "FlowFiles of one group are in one order.",
                                        .defaultValue = "${filename}",
                                        .required = true,
                                        .scope = ExpressionScope::kFlowFile,
                                        .aliases = kGroupAliases}};
constexpr Property<std::string> kOrder{
    {.name = "Order Attribute",
     .description = "The name of the attribute that holds a FlowFile's number.",
     .required = true,
     .aliases = kOrderAliases}};
constexpr Property<std::string> kInitial{{.name = "Initial Order",
                                          .description = "The number of a group's first FlowFile.",
                                          .defaultValue = "0",
                                          .required = true,
                                          .scope = ExpressionScope::kFlowFile,
                                          .aliases = kInitialAliases}};
constexpr Property<std::string> kLast{
    {.name = "Maximum Order",
     .description = "The number of a group's last FlowFile: behind it, none is waited for.",
     .scope = ExpressionScope::kFlowFile,
     .aliases = kMostAliases}};
constexpr Property<std::int64_t> kBatch{{.name = "Batch Count",
                                         .description = "The most FlowFiles looked at together.",
                                         .defaultValue = "1000",
                                         .required = true,
                                         .aliases = kBatchAliases,
                                         .atLeast = 1,
                                         .atMost = 1'000'000}};
constexpr Property<Duration> kWaitTimeout{
    {.name = "Wait Timeout",
     .description = "How long a FlowFile waits for those before it, before it overtakes them.",
     .defaultValue = "10 min",
     .required = true,
     .aliases = kWaitAliases,
     .atLeast = 0}};
constexpr Property<Duration> kInactiveTimeout{
    {.name = "Inactive Timeout",
     .description = "When a group that got no new FlowFile is forgotten; longer than Wait Timeout.",
     .defaultValue = "30 min",
     .required = true,
     .aliases = kInactiveAliases,
     .atLeast = 0}};
constexpr std::array kProperties{&kGroup.info,          &kOrder.info, &kInitial.info,
                                 &kLast.info,           &kBatch.info, &kWaitTimeout.info,
                                 &kInactiveTimeout.info};

constexpr Relationship kSuccess{"success", "FlowFiles in their order."};
constexpr Relationship kFailure{"failure", "FlowFiles without a group or a number."};
constexpr Relationship kWait{"wait",
                             "FlowFiles that came too early; lead it back to this processor."};
constexpr Relationship kOvertook{"overtook", "FlowFiles that waited long enough for the others."};
constexpr Relationship kSkipped{"skipped", "FlowFiles that others had overtaken."};
constexpr std::array kRelationships{&kSuccess, &kFailure, &kWait, &kOvertook, &kSkipped};
constexpr std::string_view kStarted = "EnforceOrder.startedAt";
constexpr std::string_view kResult = "EnforceOrder.result";
constexpr std::string_view kDetail = "EnforceOrder.detail";
constexpr std::string_view kExpected = "EnforceOrder.expectedOrder";
constexpr std::array kWrites{
    AttributeInfo{kStarted, "When it came here first, in milliseconds since 1970."},
    AttributeInfo{kResult, "The relationship."},
    AttributeInfo{kDetail, "What was wrong, on failure and skipped."},
    AttributeInfo{kExpected, "The number that was next, on wait, overtook and skipped."}};
constexpr std::array<std::string_view, 3> kTags{"order", "sort", "sequence"};
constexpr Nanos kShortestLook = kMillisecond;
constexpr Nanos kLongestLook = kSecond;

std::optional<std::int64_t> wholeNumber(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The state of a group is "TARGET UPDATED", under the group's name: the number that is next, and
/// when a new FlowFile came, in milliseconds since 1970.
struct GroupState {
  std::int64_t target = 0;
  Millis updated = 0;

  std::string text() const { return fmt::format("{} {}", target, updated); }
  static GroupState from(std::string_view text) {
    const std::size_t space = std::min(text.find(' '), text.size());
    GroupState state;
    state.target = wholeNumber(text.substr(0, space)).value_or(0);
    state.updated = wholeNumber(text.substr(std::min(space + 1, text.size()))).value_or(0);
    return state;
  }
};

class EnforceOrder final : public Processor {
 public:
  Result<> onScheduled(ProcessContext&) override {
    look_ = kShortestLook;
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    const Millis now = context.clock().wall();
    std::map<std::string, GroupState> known;
    for (const auto& [name, text] : session.state().entries) {
      const GroupState state = GroupState::from(text);
      if (state.updated + context.get(kInactiveTimeout) / kMillisecond < now) {
        forgotten_.push_back(name);
      } else {
        known.emplace(name, state);
      }
    }
    for (const std::string& name : forgotten_) session.removeState(name);
    forgotten_.clear();
    const auto before = known;
    std::map<std::string, std::vector<Numbered>> groups;
    for (SessionFlowFile* file : session.get(static_cast<std::size_t>(context.get(kBatch))))
      take(context, session, *file, now, known, groups);
    bool anyWent = false;
    bool anyWaits = false;
    for (auto& [name, files] : groups) {
      std::stable_sort(files.begin(), files.end(),
                       [](const Numbered& a, const Numbered& b) { return a.order < b.order; });
      for (const Numbered& file : files) {
        const bool waits = route(context, session, file, now, known[name].target);
        (waits ? anyWaits : anyWent) = true;
      }
    }
    for (const auto& [name, state] : known) {
      const auto old = before.find(name);
      if (old == before.end() || old->second.text() != state.text())
        session.putState(name, state.text());
    }
    // Looks less and less often while nothing may go.
    if (anyWaits && !anyWent) {
      context.yield(look_);
      look_ = std::min(look_ * 2, kLongestLook);
    } else {
      look_ = kShortestLook;
    }
    return Done{};
  }

 private:
  struct Numbered {
    SessionFlowFile* file = nullptr;
    std::int64_t order = 0;
    Millis started = 0;
    std::optional<std::int64_t> last;
  };

  static void fail(ProcessSession& session, SessionFlowFile& file, const std::string& detail) {
    session.putAttribute(file, kResult, kFailure.name);
    session.putAttribute(file, kDetail, detail);
    session.transfer(file, kFailure);
  }

  static void take(ProcessContext& context, ProcessSession& session, SessionFlowFile& file,
                   Millis now, std::map<std::string, GroupState>& known,
                   std::map<std::string, std::vector<Numbered>>& groups) {
    const std::string group = context.evaluate(kGroup, file).valueOr("");
    if (group.find_first_not_of(" \t\r\n") == std::string::npos)
      return fail(session, file, "it has no Group Identifier");
    const auto order = wholeNumber(file.value(context.get(kOrder)));
    if (!order)
      return fail(session, file,
                  fmt::format("the attribute '{}' is '{}', which is no whole number",
                              context.get(kOrder), file.value(context.get(kOrder))));
    const std::string lastText = context.evaluate(kLast, file).valueOr("?");
    const auto last = wholeNumber(lastText);
    if (!lastText.empty() && !last)
      return fail(session, file,
                  fmt::format("Maximum Order is '{}', which is no whole number", lastText));
    if (!known.contains(group)) {
      const std::string initialText = context.evaluate(kInitial, file).valueOr("?");
      const auto initial = wholeNumber(initialText);
      if (!initial)
        return fail(session, file,
                    fmt::format("Initial Order is '{}', which is no whole number", initialText));
      known[group].target = *initial;
      known[group].updated = now;
    }
    std::optional<std::int64_t> started;
    if (const auto text = file.attribute(kStarted)) started = wholeNumber(*text);
    if (!started) {
      started = now;
      session.putAttribute(file, kStarted, std::to_string(now));
      known[group].updated = now;
    }
    groups[group].push_back({&file, *order, *started, last});
  }

  /// True when it has to wait.
  static bool route(ProcessContext& context, ProcessSession& session, const Numbered& numbered,
                    Millis now, std::int64_t& target) {
    SessionFlowFile& file = *numbered.file;
    const auto send = [&](const Relationship& relationship, bool expected) {
      session.putAttribute(file, kResult, relationship.name);
      if (expected) {
        session.putAttribute(file, kExpected, std::to_string(target));
      } else {
        session.removeAttribute(file, kExpected);
      }
      session.transfer(file, relationship);
    };
    if (numbered.order < target || (numbered.last && target > *numbered.last)) {
      session.putAttribute(file, kDetail,
                           fmt::format("its number is {}, but {} is next", numbered.order, target));
      send(kSkipped, true);
      return false;
    }
    if (numbered.order == target) {
      send(kSuccess, false);
      target = std::min(numbered.order, INT64_MAX - 1) + 1;
      return false;
    }
    if (now - numbered.started > context.get(kWaitTimeout) / kMillisecond) {
      send(kOvertook, true);
      target = std::min(numbered.order, INT64_MAX - 1) + 1;
      return false;
    }
    send(kWait, true);
    return true;
  }

  // One task only: nothing needs a lock.
  Nanos look_ = kShortestLook;
  std::vector<std::string> forgotten_;
};

std::vector<std::string> check(std::span<const PropertyText> values) {
  const auto wait = parsePropertyNumber(kWaitTimeout.info, textOf(values, kWaitTimeout.info.name));
  const auto inactive =
      parsePropertyNumber(kInactiveTimeout.info, textOf(values, kInactiveTimeout.info.name));
  if (!wait.ok() || !inactive.ok() || *inactive > *wait) return {};
  return {"Inactive Timeout must be longer than Wait Timeout"};
}

}  // namespace

MR_PROCESSOR(enforce_order){
    .type = "EnforceOrder",
    .summary =
        "Lets the FlowFiles of each group go in the order of their numbers, and holds back "
        "those that come too early.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .serial = true,
    .validate = check,
    .make = make<EnforceOrder>,
};

}  // namespace millrace::processors
