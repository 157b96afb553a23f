// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/date_text.h"
#include "engine/expression/regex.h"
#include "engine/processor/processor.h"
#include "processors/control/log_level.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

namespace millrace::processors {
namespace {

constexpr std::string_view kAny = ".*";
constexpr std::string_view kPerAttribute = "Line per Attribute";
constexpr std::array kFormats{
    AllowedValue{kPerAttribute, "A block of lines, two for each attribute."},
    AllowedValue{"Single Line", "Everything in one line."},
};
constexpr std::array<std::string_view, 1> kToLogRegexAliases{"attributes-to-log-regex"};
constexpr std::array<std::string_view, 1> kToIgnoreRegexAliases{"attributes-to-ignore-regex"};
constexpr std::array<std::string_view, 1> kPrefixAliases{"Log prefix"};

constexpr Property<std::string> kLevel{{.name = "Log Level",
                                        .description = "At which level to log.",
                                        .defaultValue = "info",
                                        .required = true,
                                        .allowed = kLogLevels}};
constexpr Property<bool> kPayload{
    {.name = "Log Payload",
     .description = "Whether the content is logged too, as UTF-8 text, up to 1 MB of it.",
     .defaultValue = "false",
     .required = true}};
constexpr Property<std::string> kToLog{
    {.name = "Attributes to Log",
     .description =
         "Names of attributes to log, with commas between. What this list or the regular "
         "expression names is logged; an expression left at its default counts only "
         "without a list."}};
constexpr Property<RegexText> kToLogRegex{
    {.name = "Attributes to Log Regular Expression",
     .description = "Attributes whose whole name matches are logged.",
     .defaultValue = kAny,
     .aliases = kToLogRegexAliases}};
constexpr Property<std::string> kToIgnore{
    {.name = "Attributes to Ignore",
     .description = "Names of attributes not to log, with commas between."}};
constexpr Property<RegexText> kToIgnoreRegex{
    {.name = "Attributes to Ignore Regular Expression",
     .description = "Attributes whose whole name matches are not logged.",
     .aliases = kToIgnoreRegexAliases}};
constexpr Property<bool> kFacts{
    {.name = "Log FlowFile Properties",
     .description = "Whether entry date, lineage start and size are logged too.",
     .defaultValue = "true",
     .required = true}};
constexpr Property<std::string> kFormat{{.name = "Output Format",
                                         .description = "How the text is laid out.",
                                         .defaultValue = kPerAttribute,
                                         .required = true,
                                         .allowed = kFormats}};
constexpr Property<std::string> kPrefix{
    {.name = "Log Prefix",
     .description = "Text that stands before each logged FlowFile, so that it is easily found.",
     .scope = ExpressionScope::kFlowFile,
     .aliases = kPrefixAliases}};
constexpr std::array kProperties{&kLevel.info,      &kPayload.info,  &kToLog.info,
                                 &kToLogRegex.info, &kToIgnore.info, &kToIgnoreRegex.info,
                                 &kFacts.info,      &kFormat.info,   &kPrefix.info};

constexpr Relationship kSuccess{"success", "Every FlowFile, once it is logged."};
constexpr std::array kRelationships{&kSuccess};
constexpr std::array<std::string_view, 3> kTags{"log", "attributes", "debug"};

constexpr std::uint64_t kMostPayload = 1 << 20;

std::set<std::string, std::less<>> names(std::string_view list) {
  std::set<std::string, std::less<>> result;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view name = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
    while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
    while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
    if (!name.empty()) result.emplace(name);
  }
  return result;
}

class LogAttribute final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    using expression::Regex;
    level_ = bulletinLevel(context.get(kLevel));
    toLog_ = names(context.get(kToLog));
    toIgnore_ = names(context.get(kToIgnore));
    const std::string_view regex = context.get(kToLogRegex);
    all_ = toLog_.empty() && (regex.empty() || regex == kAny);
    toLogRegex_.reset();
    if (!regex.empty() && regex != kAny)
      toLogRegex_ = MR_TRY(Regex::compile(regex, Regex::Use::kFull));
    toIgnoreRegex_.reset();
    if (context.has(kToIgnoreRegex))
      toIgnoreRegex_ = MR_TRY(Regex::compile(context.get(kToIgnoreRegex), Regex::Use::kFull));
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    const std::string prefix = MR_TRY(context.evaluate(kPrefix, *file));
    const bool lines = context.get(kFormat) == kPerAttribute;
    std::string text = lines ? block(context, *file, prefix) : line(context, *file, prefix);
    if (context.get(kPayload)) {
      MR_TRY(appendPayload(session, *file, lines, text));
    }
    context.log(level_, text, file->value("uuid"));
    session.transfer(*file, kSuccess);
    return Done{};
  }

 private:
  std::vector<Attributes::Pair> chosen(const SessionFlowFile& file) const {
    std::vector<Attributes::Pair> pairs;
    expression::Workspace work(zone_);
    file.forEachAttribute([&](std::string_view name, std::string_view value) {
      if (toIgnore_.contains(name) || (toIgnoreRegex_ && toIgnoreRegex_->matches(name, work)))
        return;
      if (all_ || toLog_.contains(name) || (toLogRegex_ && toLogRegex_->matches(name, work)))
        pairs.emplace_back(name, value);
    });
    std::sort(pairs.begin(), pairs.end());
    return pairs;
  }

  std::vector<std::pair<std::string_view, std::string>> facts(const ProcessContext& context,
                                                              const SessionFlowFile& file) const {
    if (!context.get(kFacts)) return {};
    using expression::Instant;
    return {
        {"entryDate", expression::dateText(Instant::ofMillis(file.entryDate()), zone_)},
        {"lineageStartDate", expression::dateText(Instant::ofMillis(file.lineageStart()), zone_)},
        {"fileSize", std::to_string(file.size())}};
  }

  std::string block(const ProcessContext& context, const SessionFlowFile& file,
                    std::string_view prefix) const {
    const std::string rule(50, '-');
    std::string text =
        fmt::format("logging for flow file {}\n{}{}", file.value("uuid"), rule, prefix);
    if (!prefix.empty()) text += rule;
    const auto standard = facts(context, file);
    if (!standard.empty()) text += "\nFlowFile Properties";
    for (const auto& [name, value] : standard)
      fmt::format_to(std::back_inserter(text), "\nKey: '{}'\n\tValue: '{}'", name, value);
    text += "\nFlowFile Attribute Map Content";
    for (const auto& [name, value] : chosen(file))
      fmt::format_to(std::back_inserter(text), "\nKey: '{}'\n\tValue: '{}'", name, value);
    text += "\n" + rule;
    return text;
  }

  std::string line(const ProcessContext& context, const SessionFlowFile& file,
                   std::string_view prefix) const {
    std::string text(prefix);
    const auto add = [&text](std::string_view name, std::string_view value) {
      fmt::format_to(std::back_inserter(text), "{}{}: '{}'", text.empty() ? "" : " ", name, value);
    };
    for (const auto& [name, value] : facts(context, file)) add(name, value);
    for (const auto& [name, value] : chosen(file)) add(name, value);
    return text;
  }

  static Result<> appendPayload(ProcessSession& session, const SessionFlowFile& file, bool lines,
                                std::string& text) {
    text += lines ? "\n" : " payload: ";
    auto reader = MR_TRY(session.read(file));
    std::uint64_t left = kMostPayload;
    while (left > 0) {
      const ByteView part =
          MR_TRY(reader->next(static_cast<std::size_t>(std::min<std::uint64_t>(left, 64 * 1024))));
      if (part.empty()) break;
      text += asText(part);
      left -= part.size();
    }
    if (file.size() > kMostPayload)
      fmt::format_to(std::back_inserter(text), "… ({} bytes in all)", file.size());
    return Done{};
  }

  // Set when scheduled, constant while triggers run.
  BulletinLevel level_ = BulletinLevel::kInfo;
  bool all_ = true;
  std::set<std::string, std::less<>> toLog_;
  std::set<std::string, std::less<>> toIgnore_;
  std::optional<expression::Regex> toLogRegex_;
  std::optional<expression::Regex> toIgnoreRegex_;
  expression::TimeZone zone_ = expression::TimeZone::ofProcess();
};

}  // namespace

MR_PROCESSOR(log_attribute){
    .type = "LogAttribute",
    .summary = "Writes the attributes of each FlowFile, and its content if wanted, to the log.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .batching = true,
    .make = make<LogAttribute>,
};

}  // namespace millrace::processors
