// SPDX-License-Identifier: Apache-2.0
#include "engine/base/mutex.h"
#include "engine/processor/processor.h"
#include "processors/cache/cached_service.h"
#include "processors/cache/signal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>
#include <vector>

namespace millrace::processors {
namespace {

constexpr std::array<std::string_view, 1> kSignalAliases{"release-signal-id"};
constexpr std::array<std::string_view, 1> kTargetAliases{"target-signal-count"};
constexpr std::array<std::string_view, 1> kCounterAliases{"signal-counter-name"};
constexpr std::array<std::string_view, 1> kBufferAliases{"wait-buffer-count"};
constexpr std::array<std::string_view, 1> kReleasableAliases{"releasable-flowfile-count"};
constexpr std::array<std::string_view, 1> kExpirationAliases{"expiration-duration"};
constexpr std::array<std::string_view, 1> kCopyAliases{"attribute-copy-mode"};
constexpr std::array<std::string_view, 1> kModeAliases{"wait-mode"};
constexpr std::array<std::string_view, 1> kPenaltyAliases{"wait-penalty-duration"};
constexpr std::string_view kReplace = "replace";
constexpr std::string_view kKeepOriginal = "keeporiginal";
constexpr std::array kCopyModes{
    AllowedValue{kReplace, "Attributes of the signal take the place of those that are there."},
    AllowedValue{kKeepOriginal, "Attributes that are there stay; the others are added."},
};
constexpr std::string_view kRoute = "wait";
constexpr std::string_view kStay = "keep";
constexpr std::array kModes{
    AllowedValue{kRoute, "They go to the relationship 'wait'."},
    AllowedValue{kStay, "They stay in the queue that they came from."},
};

constexpr Property<std::string> kSignal{{.name = "Release Signal Identifier",
                                         .description = "The signal that is waited for.",
                                         .required = true,
                                         .scope = ExpressionScope::kFlowFile,
                                         .aliases = kSignalAliases}};
constexpr Property<std::string> kTarget{
    {.name = "Target Signal Count",
     .description = "The count of the signal at which FlowFiles may go.",
     .defaultValue = "1",
     .required = true,
     .scope = ExpressionScope::kFlowFile,
     .aliases = kTargetAliases}};
constexpr Property<std::string> kCounter{
    {.name = "Signal Counter Name",
     .description = "The counter that is looked at; without it, all of the signal together.",
     .scope = ExpressionScope::kFlowFile,
     .aliases = kCounterAliases}};
constexpr Property<std::int64_t> kBuffer{
    {.name = "Wait Buffer Count",
     .description = "The most FlowFiles of one signal that are looked at together.",
     .defaultValue = "1",
     .required = true,
     .aliases = kBufferAliases,
     .atLeast = 1,
     .atMost = 100'000}};
constexpr Property<std::string> kReleasable{
    {.name = "Releasable FlowFile Count",
     .description = "How many FlowFiles may go each time that the count is reached; 0: the gate "
                    "stays open for all, and the signal is not used up.",
     .defaultValue = "1",
     .required = true,
     .scope = ExpressionScope::kFlowFile,
     .aliases = kReleasableAliases}};
constexpr Property<Duration> kExpiration{{.name = "Expiration Duration",
                                          .description = "How long a FlowFile waits at most.",
                                          .defaultValue = "10 min",
                                          .required = true,
                                          .aliases = kExpirationAliases,
                                          .atLeast = 0}};
constexpr Property<std::string> kCopyMode{
    {.name = "Attribute Copy Mode",
     .description = "What becomes of attributes that FlowFile and signal both have.",
     .defaultValue = kKeepOriginal,
     .required = true,
     .allowed = kCopyModes,
     .aliases = kCopyAliases}};
constexpr Property<std::string> kMode{{.name = "Wait Mode",
                                       .description = "Where FlowFiles wait.",
                                       .defaultValue = kRoute,
                                       .required = true,
                                       .allowed = kModes,
                                       .aliases = kModeAliases}};
constexpr Property<Duration> kPenalty{
    {.name = "Wait Penalty Duration",
     .description =
         "How long a signal that did not let anything go is passed over, so that it does "
         "not hold up the FlowFiles of others.",
     .aliases = kPenaltyAliases,
     .atLeast = 0}};
constexpr std::array kProperties{
    &kSignal.info,     &kTarget.info,   &kCounter.info,  &kBuffer.info, &kReleasable.info,
    &kExpiration.info, &kMapCache.info, &kCopyMode.info, &kMode.info,   &kPenalty.info};

constexpr Relationship kSuccess{"success", "FlowFiles whose signal came."};
constexpr Relationship kFailure{"failure", "FlowFiles whose properties make no sense."};
constexpr Relationship kWait{"wait",
                             "FlowFiles that have to wait; lead it back to this processor."};
constexpr Relationship kExpired{"expired", "FlowFiles that waited too long."};
constexpr std::array kRelationships{&kSuccess, &kFailure, &kWait, &kExpired};
constexpr std::string_view kStarted = "wait.start.timestamp";
constexpr std::array kWrites{
    AttributeInfo{kStarted, "When it began to wait, in milliseconds since 1970; gone at the end."},
    AttributeInfo{"wait.counter.<counter>", "Each counter of the signal before it was used up."},
    AttributeInfo{"wait.counter.total", "Their sum."}};
constexpr std::array<std::string_view, 4> kTags{"signal", "notify", "cache", "hold"};
constexpr Nanos kShortestLook = kMillisecond;
constexpr Nanos kLongestLook = kSecond;

std::optional<std::int64_t> wholeNumber(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

class Wait final : public Processor {
 public:
  Result<> onScheduled(ProcessContext&) override {
    const MutexLock lock(mutex_);
    penalized_.clear();
    look_ = kShortestLook;
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    MapCache* const cache = MR_TRY(mapCacheOf(context));
    Taken taken = take(context, session);
    for (SessionFlowFile* file : taken.failed) fail(session, *file);
    if (taken.waiting.empty()) return Done{};
    sortOut(context, session, taken);
    std::optional<Signal> before;
    bool readable = true;
    MR_TRY(cache->update(taken.signal, [&](const std::optional<std::string>& present) {
      if (!present) return present;
      std::optional<Signal> signal = Signal::decode(*present);
      readable = signal.has_value();
      if (!readable) return present;
      before = signal;
      return decide(context, taken, std::move(*signal));
    }));
    if (!readable)
      return Error::user(fmt::format(
          "the cache has something else than a signal at '{}'; choose another Release Signal "
          "Identifier",
          taken.signal));
    const bool anyGo = !taken.released.empty();
    for (SessionFlowFile* file : taken.released)
      hand(context, session, *file, before, kSuccess, true);
    for (SessionFlowFile* file : taken.expired)
      hand(context, session, *file, before, kExpired, true);
    for (SessionFlowFile* file : taken.refused) {
      session.penalize(*file);
      hand(context, session, *file, before, kFailure, true);
    }
    for (SessionFlowFile* file : taken.waiting) letWait(context, session, *file, before);
    pause(context, taken.signal, anyGo, !taken.waiting.empty());
    return Done{};
  }

 private:
  /// What one trigger works on: FlowFiles of one signal, and those that have none.
  struct Taken {
    std::string signal;
    std::vector<SessionFlowFile*> waiting;
    std::vector<SessionFlowFile*> released;
    std::vector<SessionFlowFile*> expired;
    std::vector<SessionFlowFile*> refused;
    std::vector<SessionFlowFile*> failed;
  };

  Taken take(ProcessContext& context, ProcessSession& session) {
    using Choice = ProcessSession::Choice;
    const Nanos now = context.clock().monotonic();
    std::set<std::string, std::less<>> passedOver;
    {
      const MutexLock lock(mutex_);
      std::erase_if(penalized_, [now](const auto& entry) { return entry.second <= now; });
      for (const auto& [signal, until] : penalized_) passedOver.insert(signal);
    }
    Taken taken;
    std::set<FlowFileId> failed;
    const std::int64_t most = context.get(kBuffer);
    std::int64_t count = 0;
    const auto files = session.get([&](const SessionFlowFile& file) {
      const auto signal = context.evaluate(kSignal, file);
      if (!signal.ok() || isBlank(*signal)) {
        failed.insert(file.id());
        return Choice::kAccept;
      }
      if (count == 0 && !passedOver.contains(*signal)) taken.signal = *signal;
      if (count == 0 ? passedOver.contains(*signal) : *signal != taken.signal)
        return Choice::kReject;
      return ++count < most ? Choice::kAccept : Choice::kAcceptAndStop;
    });
    for (SessionFlowFile* file : files)
      (failed.contains(file->id()) ? taken.failed : taken.waiting).push_back(file);
    if (!taken.failed.empty())
      context.log(BulletinLevel::kError, "a FlowFile has no Release Signal Identifier");
    if (files.empty() && !passedOver.empty()) context.yield(kShortestLook * 10);
    return taken;
  }

  /// Starts the clock of those that are new here, and takes out those whose time is over.
  static void sortOut(ProcessContext& context, ProcessSession& session, Taken& taken) {
    const Millis now = context.clock().wall();
    const Millis patience = context.get(kExpiration) / kMillisecond;
    std::vector<SessionFlowFile*> stay;
    for (SessionFlowFile* file : taken.waiting) {
      std::string started(file->value(kStarted));
      if (!file->attribute(kStarted)) {
        started = std::to_string(now);
        session.putAttribute(*file, kStarted, started);
      }
      const auto since = wholeNumber(started);
      if (!since) {
        context.log(BulletinLevel::kError,
                    fmt::format("{} of a FlowFile is '{}', which is no time", kStarted, started));
        taken.refused.push_back(file);
      } else if (now > *since + patience) {
        taken.expired.push_back(file);
      } else {
        stay.push_back(file);
      }
    }
    taken.waiting = std::move(stay);
  }

  /// Who may go; what is left of the signal.
  static std::optional<std::string> decide(ProcessContext& context, Taken& taken, Signal signal) {
    std::string counter;
    std::int64_t target = 1;
    std::int64_t releasable = 1;
    std::vector<SessionFlowFile*> candidates;
    for (SessionFlowFile* file : taken.waiting) {
      // The first one that makes sense speaks for all of the signal.
      if (candidates.empty() && !read(context, *file, counter, target, releasable)) {
        taken.refused.push_back(file);
        continue;
      }
      candidates.push_back(file);
    }
    taken.waiting.clear();
    std::size_t go = 0;
    std::optional<std::string> left = signal.encode();
    if (candidates.empty()) return left;
    if (releasable > 0) {
      go = signal.release(counter, target, releasable, candidates.size());
      if (signal.isSpent()) {
        left.reset();
      } else if (go > 0) {
        left = signal.encode();
      }
    } else if (signal.count(counter) >= target) {
      go = candidates.size();
    }
    const auto border = candidates.begin() + static_cast<std::ptrdiff_t>(go);
    taken.released.assign(candidates.begin(), border);
    taken.waiting.assign(border, candidates.end());
    return left;
  }

  static bool read(ProcessContext& context, const SessionFlowFile& file, std::string& counter,
                   std::int64_t& target, std::int64_t& releasable) {
    const auto name = context.evaluate(kCounter, file);
    const auto targetText = context.evaluate(kTarget, file);
    const auto releasableText = context.evaluate(kReleasable, file);
    const auto targetNumber = wholeNumber(targetText.valueOr(""));
    const auto releasableNumber = wholeNumber(releasableText.valueOr(""));
    if (!name.ok() || !targetNumber || *targetNumber < 1 || !releasableNumber) {
      context.log(
          BulletinLevel::kError,
          fmt::format("Target Signal Count is '{}' and Releasable FlowFile Count '{}'; they "
                      "must be whole numbers, the first at least 1",
                      targetText.valueOr(""), releasableText.valueOr("")));
      return false;
    }
    counter = isBlank(*name) ? std::string() : *name;
    target = *targetNumber;
    releasable = *releasableNumber;
    return true;
  }

  static void fail(ProcessSession& session, SessionFlowFile& file) {
    session.penalize(file);
    session.removeAttribute(file, kStarted);
    session.transfer(file, kFailure);
  }

  static void copyAttributes(ProcessContext& context, ProcessSession& session,
                             SessionFlowFile& file, const Signal& signal) {
    std::map<std::string, std::string> attributes;
    const bool replaces = context.get(kCopyMode) == kReplace;
    for (const auto& [name, value] : signal.attributes) {
      if (name != "uuid" && (replaces || !file.attribute(name))) attributes[name] = value;
    }
    for (const auto& [name, count] : signal.counts)
      attributes["wait.counter." + name] = std::to_string(count);
    attributes["wait.counter.total"] = std::to_string(signal.total());
    const std::vector<Attributes::Pair> pairs(attributes.begin(), attributes.end());
    session.putAttributes(file, pairs);
  }

  static void hand(ProcessContext& context, ProcessSession& session, SessionFlowFile& file,
                   const std::optional<Signal>& signal, const Relationship& relationship,
                   bool ends) {
    if (ends) session.removeAttribute(file, kStarted);
    if (signal) copyAttributes(context, session, file, *signal);
    session.transfer(file, relationship);
  }

  static void letWait(ProcessContext& context, ProcessSession& session, SessionFlowFile& file,
                      const std::optional<Signal>& signal) {
    if (context.get(kMode) != kStay) {
      hand(context, session, file, signal, kWait, false);
      return;
    }
    if (signal) copyAttributes(context, session, file, *signal);
    session.transferToSelf(file);
  }

  /// Looks less and less often while nothing may go.
  void pause(ProcessContext& context, const std::string& signal, bool anyGo, bool anyWait) {
    const MutexLock lock(mutex_);
    if (anyWait && context.has(kPenalty))
      penalized_[signal] = context.clock().monotonic() + context.get(kPenalty);
    if (anyGo || !anyWait) {
      look_ = kShortestLook;
      return;
    }
    context.yield(look_);
    look_ = std::min(look_ * 2, kLongestLook);
  }

  Mutex mutex_;
  /// Signals that are passed over, and until when (monotonic clock).
  std::map<std::string, Nanos> penalized_ MR_GUARDED_BY(mutex_);
  Nanos look_ MR_GUARDED_BY(mutex_) = kShortestLook;
};

}  // namespace

MR_PROCESSOR(wait){
    .type = "Wait",
    .summary =
        "Holds FlowFiles back until Notify has sent their signal often enough, or their time "
        "is over.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .batching = true,
    .make = make<Wait>,
};

}  // namespace millrace::processors
