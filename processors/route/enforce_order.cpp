// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace millrace::processors {
namespace {

constexpr std::array<std::string_view, 1> kGroupAliases{"group-id"};
constexpr std::array<std::string_view, 1> kOrderAliases{"order-attribute"};
constexpr std::array<std::string_view, 1> kInitialAliases{"initial-order"};
constexpr std::array<std::string_view, 1> kMaximumAliases{"maximum-order"};
constexpr std::array<std::string_view, 1> kBatchAliases{"batch-count"};
constexpr std::array<std::string_view, 1> kWaitAliases{"wait-timeout"};
constexpr std::array<std::string_view, 1> kInactiveAliases{"inactive-timeout"};

constexpr Property<std::string> kGroup{
    {.name = "Group Identifier",
     .description = "FlowFiles with the same value are put in order; groups know nothing of each "
                    "other.",
     .defaultValue = "${filename}",
     .required = true,
     .scope = ExpressionScope::kFlowFile,
     .aliases = kGroupAliases}};
constexpr Property<std::string> kOrder{
    {.name = "Order Attribute",
     .description = "The attribute that has a FlowFile's number in its group, a whole number.",
     .required = true,
     .aliases = kOrderAliases}};
constexpr Property<std::string> kInitial{
    {.name = "Initial Order",
     .description = "The number of the first FlowFile of a group, asked of the one that comes "
                    "first.",
     .defaultValue = "0",
     .required = true,
     .scope = ExpressionScope::kFlowFile,
     .aliases = kInitialAliases}};
constexpr Property<std::string> kMaximum{
    {.name = "Maximum Order",
     .description = "The number of the last FlowFile of a group, asked of the one that comes "
                    "first; without it a group has no last.",
     .scope = ExpressionScope::kFlowFile,
     .aliases = kMaximumAliases}};
constexpr Property<std::int64_t> kBatch{
    {.name = "Batch Count",
     .description = "The most FlowFiles that are looked at together.",
     .defaultValue = "1000",
     .required = true,
     .aliases = kBatchAliases,
     .atLeast = 1,
     .atMost = 1'000'000}};
constexpr Property<Duration> kWaitTimeout{
    {.name = "Wait Timeout",
     .description = "How long a FlowFile waits for those before it; then it overtakes them.",
     .defaultValue = "10 min",
     .required = true,
     .aliases = kWaitAliases,
     .atLeast = 0}};
constexpr Property<Duration> kInactiveTimeout{
    {.name = "Inactive Timeout",
     .description = "How long a group is remembered after it last moved on; it must be longer than "
                    "Wait Timeout, or a group begins anew while some of it still wait.",
     .defaultValue = "30 min",
     .required = true,
     .aliases = kInactiveAliases,
     .atLeast = 0}};
constexpr std::array kProperties{&kGroup.info,          &kOrder.info, &kInitial.info,
                                 &kMaximum.info,        &kBatch.info, &kWaitTimeout.info,
                                 &kInactiveTimeout.info};

constexpr Relationship kSuccess{"success", "FlowFiles whose turn it was."};
constexpr Relationship kFailure{"failure", "FlowFiles without a group, or whose numbers are none."};
constexpr Relationship kWait{"wait",
                             "FlowFiles that have to wait; lead it back to this processor."};
constexpr Relationship kOvertook{"overtook",
                                 "FlowFiles that waited too long, and now are before others."};
constexpr Relationship kSkipped{"skipped", "FlowFiles that came after their turn was over."};
constexpr std::array kRelationships{&kSuccess, &kFailure, &kWait, &kOvertook, &kSkipped};

constexpr std::string_view kStarted = "EnforceOrder.startedAt";
constexpr std::string_view kResult = "EnforceOrder.result";
constexpr std::string_view kDetail = "EnforceOrder.detail";
constexpr std::string_view kExpected = "EnforceOrder.expectedOrder";
constexpr std::array kWrites{
    AttributeInfo{kStarted, "When it first came here, in milliseconds since 1970."},
    AttributeInfo{kResult, "The relationship that it took."},
    AttributeInfo{kDetail, "What is wrong; on failure and skipped."},
    AttributeInfo{kExpected, "The number that was due; on wait, overtook and skipped."}};
constexpr std::array<std::string_view, 3> kTags{"sort", "order", "sequence"};
constexpr std::string_view kTargetKey = ".target";
constexpr std::string_view kMaximumKey = ".max";
constexpr std::string_view kUpdatedKey = ".updatedAt";
constexpr Nanos kShortestLook = kMillisecond;
constexpr Nanos kLongestLook = kSecond;

std::optional<std::int64_t> wholeNumber(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  // One less than the greatest, so that there always is a next.
  if (code != std::errc{} || end != text.data() + text.size() || number == INT64_MAX)
    return std::nullopt;
  return number;
}

bool isBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

/// What is known of a group.
struct Group {
  std::int64_t target = 0;
  std::optional<std::int64_t> maximum;
  Millis updated = 0;
};

struct Numbered {
  std::int64_t order = 0;
  SessionFlowFile* file = nullptr;
};

class EnforceOrder final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    waitTimeout_ = context.get(kWaitTimeout) / kMillisecond;
    inactiveTimeout_ = context.get(kInactiveTimeout) / kMillisecond;
    look_ = kShortestLook;
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    const auto files = session.get(static_cast<std::size_t>(context.get(kBatch)));
    if (files.empty()) return Done{};
    const Millis now = context.clock().wall();
    std::map<std::string, Group, std::less<>> groups = readState(session);
    std::map<std::string, std::vector<Numbered>, std::less<>> batches;
    for (SessionFlowFile* file : files) {
      if (const auto problem = admit(context, session, *file, now, groups, batches)) {
        context.log(BulletinLevel::kWarn, *problem);
        send(session, *file, kFailure, *problem, std::nullopt);
      }
    }
    bool moved = false;
    for (auto& [name, batch] : batches) {
      std::stable_sort(batch.begin(), batch.end(),
                       [](const Numbered& a, const Numbered& b) { return a.order < b.order; });
      moved = letThrough(context, session, batch, groups.at(name), now) || moved;
    }
    forgetInactive(session, groups, now);
    writeState(session, groups);
    // Those that wait come back at once: looks less and less often while nothing changes.
    const bool onlyWaited = !moved && !batches.empty();
    if (onlyWaited) context.yield(look_);
    look_ = onlyWaited ? std::min(look_ * 2, kLongestLook) : kShortestLook;
    return Done{};
  }

 private:
  using Groups = std::map<std::string, Group, std::less<>>;
  using Batches = std::map<std::string, std::vector<Numbered>, std::less<>>;

  static Groups readState(ProcessSession& session) {
    Groups groups;
    for (const auto& [key, value] : session.state().entries) {
      const auto number = wholeNumber(value);
      if (!number) continue;
      const std::string_view view(key);
      const auto nameBefore = [view](std::string_view end) {
        return std::string(view.substr(0, view.size() - end.size()));
      };
      if (view.ends_with(kTargetKey)) groups[nameBefore(kTargetKey)].target = *number;
      if (view.ends_with(kMaximumKey)) groups[nameBefore(kMaximumKey)].maximum = *number;
      if (view.ends_with(kUpdatedKey)) groups[nameBefore(kUpdatedKey)].updated = *number;
    }
    return groups;
  }

  static void writeState(ProcessSession& session, const Groups& groups) {
    std::map<std::string_view, std::string_view> known;
    for (const auto& [key, value] : session.state().entries) known.emplace(key, value);
    std::vector<std::pair<std::string, std::string>> changes;
    const auto put = [&](std::string key, std::int64_t number) {
      std::string text = std::to_string(number);
      const auto found = known.find(key);
      if (found == known.end() || found->second != text)
        changes.emplace_back(std::move(key), std::move(text));
    };
    for (const auto& [name, group] : groups) {
      put(name + std::string(kTargetKey), group.target);
      put(name + std::string(kUpdatedKey), group.updated);
      if (group.maximum) put(name + std::string(kMaximumKey), *group.maximum);
    }
    for (const auto& [key, value] : changes) session.putState(key, value);
  }

  /// Puts a FlowFile to its group; says what is wrong where that cannot be.
  static std::optional<std::string> admit(ProcessContext& context, ProcessSession& session,
                                          SessionFlowFile& file, Millis now, Groups& groups,
                                          Batches& batches) {
    const auto name = context.evaluate(kGroup, file);
    if (!name.ok()) return name.error().message;
    if (isBlank(*name)) return "Group Identifier is empty";
    const std::string_view attribute = context.get(kOrder);
    const auto text = file.attribute(attribute);
    if (!text || isBlank(*text)) return fmt::format("there is no attribute '{}'", attribute);
    const auto order = wholeNumber(*text);
    if (!order) return fmt::format("'{}' is '{}', which is no whole number", attribute, *text);
    auto known = groups.find(*name);
    if (known == groups.end()) {
      Group group;
      group.updated = now;
      if (auto problem = begin(context, file, group)) return problem;
      known = groups.emplace(*name, group).first;
    } else if (!known->second.maximum && context.has(kMaximum)) {
      if (auto problem = readMaximum(context, file, known->second)) return problem;
    }
    // One of another processor's, or of a hand, counts from now.
    if (!wholeNumber(file.value(kStarted)))
      session.putAttribute(file, kStarted, std::to_string(now));
    batches[*name].push_back({*order, &file});
    return std::nullopt;
  }

  static std::optional<std::string> begin(ProcessContext& context, const SessionFlowFile& file,
                                          Group& group) {
    const auto text = context.evaluate(kInitial, file);
    if (!text.ok()) return text.error().message;
    const auto number = wholeNumber(*text);
    if (!number) return fmt::format("Initial Order is '{}', which is no whole number", *text);
    group.target = *number;
    return context.has(kMaximum) ? readMaximum(context, file, group) : std::nullopt;
  }

  static std::optional<std::string> readMaximum(ProcessContext& context,
                                                const SessionFlowFile& file, Group& group) {
    const auto text = context.evaluate(kMaximum, file);
    if (!text.ok()) return text.error().message;
    group.maximum = wholeNumber(*text);
    if (group.maximum) return std::nullopt;
    return fmt::format("Maximum Order is '{}', which is no whole number", *text);
  }

  /// Each to its relationship; true when one of them need not wait.
  bool letThrough(ProcessContext& context, ProcessSession& session,
                  const std::vector<Numbered>& batch, Group& group, Millis now) const {
    const std::int64_t before = group.target;
    bool moved = false;
    for (const auto& [order, file] : batch) {
      // The last number stays due, so that another one with it goes too.
      const bool isLast = group.maximum && group.target == *group.maximum;
      if (order == group.target) {
        send(session, *file, kSuccess, {}, std::nullopt);
        if (!isLast) ++group.target;
      } else if (order < group.target) {
        const std::string detail =
            fmt::format("its number is {}, but {} is due", order, group.target);
        context.log(BulletinLevel::kWarn, detail);
        send(session, *file, kSkipped, detail, group.target);
      } else if (now - wholeNumber(file->value(kStarted)).value_or(now) > waitTimeout_) {
        send(session, *file, kOvertook, {}, group.target);
        group.target = isLast ? order : order + 1;
      } else {
        send(session, *file, kWait, {}, group.target);
        continue;
      }
      moved = true;
    }
    if (group.target != before) group.updated = now;
    return moved;
  }

  static void send(ProcessSession& session, SessionFlowFile& file, const Relationship& to,
                   const std::string& detail, std::optional<std::int64_t> expected) {
    session.putAttribute(file, kResult, to.name);
    if (!detail.empty()) {
      session.putAttribute(file, kDetail, detail);
    } else if (file.attribute(kDetail)) {
      session.removeAttribute(file, kDetail);
    }
    if (expected) {
      session.putAttribute(file, kExpected, std::to_string(*expected));
    } else if (file.attribute(kExpected)) {
      session.removeAttribute(file, kExpected);
    }
    session.transfer(file, to);
  }

  void forgetInactive(ProcessSession& session, Groups& groups, Millis now) const {
    std::set<std::string, std::less<>> gone;
    for (auto group = groups.begin(); group != groups.end();) {
      const bool inactive = now - group->second.updated > inactiveTimeout_;
      if (inactive) gone.insert(group->first);
      group = inactive ? groups.erase(group) : std::next(group);
    }
    if (gone.empty()) return;
    std::vector<std::string> keys;
    for (const auto& [key, value] : session.state().entries) {
      const std::string_view view(key);
      for (const std::string_view end : {kTargetKey, kMaximumKey, kUpdatedKey}) {
        if (view.ends_with(end) && gone.contains(view.substr(0, view.size() - end.size())))
          keys.push_back(key);
      }
    }
    for (const std::string& key : keys) session.removeState(key);
  }

  // One task only: nothing needs a lock.
  Millis waitTimeout_ = 0;
  Millis inactiveTimeout_ = 0;
  Nanos look_ = kShortestLook;
};

}  // namespace

MR_PROCESSOR(enforce_order){
    .type = "EnforceOrder",
    .summary =
        "Lets the FlowFiles of a group go on in the order of a number that each of them has, and "
        "holds back those whose turn has not come.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .serial = true,
    .make = make<EnforceOrder>,
};

}  // namespace millrace::processors
