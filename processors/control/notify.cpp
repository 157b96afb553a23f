// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/pattern.h"
#include "engine/processor/processor.h"
#include "processors/cache/cached_service.h"
#include "processors/cache/signal.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <map>
#include <vector>

namespace millrace::processors {
namespace {

constexpr std::array<std::string_view, 1> kSignalAliases{"release-signal-id"};
constexpr std::array<std::string_view, 1> kCounterAliases{"signal-counter-name"};
constexpr std::array<std::string_view, 1> kDeltaAliases{"signal-counter-delta"};
constexpr std::array<std::string_view, 1> kBufferAliases{"signal-buffer-count"};
constexpr std::array<std::string_view, 1> kRegexAliases{"attribute-cache-regex"};

constexpr Property<std::string> kSignal{{.name = "Release Signal Identifier",
                                         .description = "The signal that is sent: Wait names it.",
                                         .required = true,
                                         .scope = ExpressionScope::kFlowFile,
                                         .aliases = kSignalAliases}};
constexpr Property<std::string> kCounter{{.name = "Signal Counter Name",
                                          .description = "The counter of the signal that counts.",
                                          .defaultValue = "default",
                                          .scope = ExpressionScope::kFlowFile,
                                          .aliases = kCounterAliases}};
constexpr Property<std::string> kDelta{
    {.name = "Signal Counter Delta",
     .description = "How much it counts: a whole number; 0 sets the counter back to 0.",
     .defaultValue = "1",
     .required = true,
     .scope = ExpressionScope::kFlowFile,
     .aliases = kDeltaAliases}};
constexpr Property<std::int64_t> kBuffer{
    {.name = "Signal Buffer Count",
     .description = "The most FlowFiles whose signals are sent together.",
     .defaultValue = "1",
     .required = true,
     .aliases = kBufferAliases,
     .atLeast = 1,
     .atMost = 100'000}};
constexpr Property<RegexText> kRegex{
    {.name = "Attribute Cache Regular Expression",
     .description = "Attributes whose names match go with the signal to whoever waits for it.",
     .aliases = kRegexAliases}};
constexpr std::array kProperties{&kSignal.info, &kCounter.info,  &kDelta.info,
                                 &kBuffer.info, &kMapCache.info, &kRegex.info};

constexpr Relationship kSuccess{"success", "FlowFiles whose signal was sent."};
constexpr Relationship kFailure{"failure", "FlowFiles without a signal, or whose count is none."};
constexpr std::array kRelationships{&kSuccess, &kFailure};
constexpr std::array kWrites{AttributeInfo{"notified", "true, or false on failure."}};
constexpr std::array<std::string_view, 4> kTags{"signal", "wait", "cache", "release"};

std::optional<std::int32_t> wholeNumber(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int32_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

class Notify final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    regex_.reset();
    if (context.has(kRegex))
      regex_ = MR_TRY(
          expression::Pattern::compile(context.get(kRegex), expression::Pattern::Use::kWhole));
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    MapCache* const cache = MR_TRY(mapCacheOf(context));
    std::map<std::string, Sending> sendings;
    for (std::int64_t left = context.get(kBuffer); left > 0; --left) {
      SessionFlowFile* file = session.get();
      if (file == nullptr) break;
      MR_TRY(take(context, session, *file, sendings));
    }
    for (const auto& [id, sending] : sendings) {
      bool readable = true;
      MR_TRY(cache->update(id, [&](const std::optional<std::string>& present) {
        std::optional<Signal> signal = present ? Signal::decode(*present) : Signal();
        readable = signal.has_value();
        if (!readable) return present;
        for (const auto& [counter, delta] : sending.deltas) signal->notify(counter, delta);
        for (const auto& [name, value] : sending.attributes) signal->attributes[name] = value;
        return std::optional<std::string>(signal->encode());
      }));
      if (!readable)
        return Error::user(
            fmt::format("the cache has something else than a signal at '{}'; choose another "
                        "Release Signal Identifier",
                        id));
      for (SessionFlowFile* file : sending.files) {
        session.putAttribute(*file, "notified", "true");
        session.transfer(*file, kSuccess);
      }
    }
    return Done{};
  }

 private:
  /// The FlowFiles of one signal.
  struct Sending {
    std::map<std::string, std::int64_t> deltas;
    std::map<std::string, std::string> attributes;
    std::vector<SessionFlowFile*> files;
  };

  Result<> take(ProcessContext& context, ProcessSession& session, SessionFlowFile& file,
                std::map<std::string, Sending>& sendings) const {
    const std::string id = MR_TRY(context.evaluate(kSignal, file));
    std::string counter = MR_TRY(context.evaluate(kCounter, file));
    if (counter.empty()) counter = "default";
    const std::string text = MR_TRY(context.evaluate(kDelta, file));
    const auto delta = wholeNumber(text);
    if (isBlank(id) || !delta) {
      context.log(
          BulletinLevel::kError,
          isBlank(id)
              ? std::string("a FlowFile has no Release Signal Identifier")
              : fmt::format("Signal Counter Delta is '{}', which is no whole number", text));
      session.putAttribute(file, "notified", "false");
      session.transfer(file, kFailure);
      return Done{};
    }
    Sending& sending = sendings[id];
    std::int64_t& sum = sending.deltas[counter];
    sum = *delta == 0 ? 0 : sum + *delta;
    if (regex_) {
      expression::Matcher matcher(*regex_);
      file.forEachAttribute([&](std::string_view name, std::string_view value) {
        if (name != "uuid" && matcher.find(name).valueOr(false))
          sending.attributes[std::string(name)] = value;
      });
    }
    sending.files.push_back(&file);
    return Done{};
  }

  std::optional<expression::Pattern> regex_;
};

}  // namespace

MR_PROCESSOR(notify){
    .type = "Notify",
    .summary =
        "Sends a signal for each FlowFile: a counter in a map cache, for which Wait holds "
        "other FlowFiles back.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .batching = true,
    .make = make<Notify>,
};

}  // namespace millrace::processors
