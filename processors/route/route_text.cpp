// SPDX-License-Identifier: Apache-2.0
#include "engine/base/mutex.h"
#include "engine/expression/pattern.h"
#include "engine/expression/utf16.h"
#include "engine/processor/processor.h"
#include "processors/text/charset.h"
#include "processors/text/line_attributes.h"
#include "processors/text/line_reader.h"
#include "processors/text/trimmed.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace millrace::processors {
namespace {

using expression::Matcher;
using expression::Pattern;

constexpr std::string_view kByName = "Route to each matching Property Name";
constexpr std::string_view kIfAll = "Route to 'matched' if line matches all conditions";
constexpr std::string_view kIfAny = "Route to 'matched' if lines matches any condition";
// What MiNiFi's C++ agent calls some of them.
constexpr std::array<std::string_view, 5> kTheirs{"Dynamic Routing", "Route On All", "Route On Any",
                                                  "Matches Regex", "Contains Regex"};
constexpr auto their(std::size_t index) { return std::span(kTheirs).subspan(index, 1); }

constexpr std::array kRouting{
    AllowedValue{kByName, "To the relationship of each property that a line satisfies.", their(0)},
    AllowedValue{kIfAll, "To 'matched' when a line satisfies every property.", their(1)},
    AllowedValue{kIfAny, "To 'matched' when a line satisfies at least one property.", their(2)}};

constexpr std::string_view kSatisfies = "Satisfies Expression";
constexpr std::string_view kStarts = "Starts With";
constexpr std::string_view kEnds = "Ends With";
constexpr std::string_view kHolds = "Contains";
constexpr std::string_view kSame = "Equals";
constexpr std::string_view kMatchesRegex = "Matches Regular Expression";
constexpr std::string_view kContainsRegex = "Contains Regular Expression";
constexpr std::array kMatching{
    AllowedValue{kSatisfies,
                 "The property is true for the line, which it sees as ${line} and ${lineNo}."},
    AllowedValue{kStarts, "The line starts with the property's value."},
    AllowedValue{kEnds, "The line ends with the property's value."},
    AllowedValue{kHolds, "The property's value occurs in the line."},
    AllowedValue{kSame, "The line is the property's value."},
    AllowedValue{kMatchesRegex, "The whole line matches the regular expression.", their(3)},
    AllowedValue{kContainsRegex, "Part of the line matches the regular expression.", their(4)}};

constexpr Property<std::string> kRoutingStrategy{
    {.name = "Routing Strategy",
     .description = "How the conditions decide where a line goes.",
     .defaultValue = kByName,
     .required = true,
     .allowed = kRouting}};
constexpr Property<std::string> kMatchingStrategy{
    {.name = "Matching Strategy",
     .description = "How a line is compared with the value of a property.",
     .required = true,
     .allowed = kMatching}};
constexpr Property<CharsetName> kCharset{{.name = "Character Set",
                                          .description = "The encoding of the text.",
                                          .defaultValue = "UTF-8",
                                          .required = true}};
constexpr Property<bool> kTrim{
    {.name = "Ignore Leading/Trailing Whitespace",
     .description =
         "Whether blanks at both ends of a line are left out of the comparison. The line "
         "is passed on with them.",
     .defaultValue = "true",
     .required = true}};
constexpr Property<bool> kIgnoreCase{
    {.name = "Ignore Case",
     .description = "Whether upper and lower case are the same; not for Satisfies Expression.",
     .defaultValue = "false",
     .required = true}};
constexpr Property<RegexText> kGrouping{
    {.name = "Grouping Regular Expression",
     .description = "Lines whose captured groups are the same go to one FlowFile, others to "
                    "another. A line that does not match as a whole has no group."}};
constexpr std::array kProperties{&kRoutingStrategy.info, &kMatchingStrategy.info,
                                 &kCharset.info,         &kTrim.info,
                                 &kIgnoreCase.info,      &kGrouping.info};

constexpr Relationship kOriginal{"original", "The FlowFile that was read."};
constexpr Relationship kUnmatched{"unmatched", "Lines that satisfy no condition, or not all."};
constexpr Relationship kMatched{"matched", "Lines that satisfy the conditions."};
constexpr std::array kRelationships{&kOriginal, &kUnmatched, &kMatched};

constexpr std::array<std::string_view, 3> kTags{"text", "lines", "routing"};
constexpr std::array kWrites{
    AttributeInfo{"RouteText.Route", "The relationship that the lines were sent to."},
    AttributeInfo{"RouteText.Group", "The captured groups, joined by a comma and a blank."}};

enum class Match : std::uint8_t { kExpression, kStartsWith, kEndsWith, kContains, kEquals, kRegex };

Match matchingOf(std::string_view name) {
  if (name == kSatisfies) return Match::kExpression;
  if (name == kStarts) return Match::kStartsWith;
  if (name == kEnds) return Match::kEndsWith;
  if (name == kHolds) return Match::kContains;
  if (name == kSame) return Match::kEquals;
  return Match::kRegex;
}

/// One property's condition, as it is for one FlowFile.
struct Condition {
  const ConfiguredProperty* property = nullptr;
  std::size_t route = 0;  // in the table of routes
  std::string value;
  std::shared_ptr<const Pattern> pattern;  // shared with the cache
  std::unique_ptr<Matcher> matcher;
};

struct Route {
  std::string name;
  RelationshipIndex index;
};

/// A FlowFile being written, for one route and group.
struct Output {
  SessionFlowFile* file = nullptr;
  std::size_t route = 0;
  std::string group;
  std::unique_ptr<ContentWriter> raw;
  std::unique_ptr<ContentWriter> encoded;  // absent where the encoding is plain
};

class RouteText final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    charset_ = MR_TRY(Charset::find(context.get(kCharset)));
    matching_ = matchingOf(context.get(kMatchingStrategy));
    trim_ = context.get(kTrim);
    ignoreCase_ = context.get(kIgnoreCase);
    use_ = context.get(kMatchingStrategy) == kMatchesRegex ? Pattern::Use::kWhole
                                                           : Pattern::Use::kFind;
    byName_ = context.get(kRoutingStrategy) == kByName;
    all_ = context.get(kRoutingStrategy) == kIfAll;
    grouping_.reset();
    if (context.has(kGrouping))
      grouping_ = MR_TRY(Pattern::compile(context.get(kGrouping), Pattern::Use::kWhole));
    routes_.clear();
    MR_TRY(addRoute(context, kUnmatched.name));
    if (byName_) {
      for (const ConfiguredProperty& property : context.dynamicProperties()) {
        MR_TRY(addRoute(context, property.name()));
      }
    } else {
      MR_TRY(addRoute(context, kMatched.name));
    }
    const MutexLock lock(mutex_);
    patterns_.clear();
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    std::vector<Condition> conditions = MR_TRY(conditionsFor(context, *file));
    std::map<std::string, Output> outputs;  // by route and group
    MR_TRY(readLines(context, session, *file, conditions, outputs));
    for (auto& [key, output] : outputs) {
      MR_TRY((output.encoded ? *output.encoded : *output.raw).finish());
      const std::array<Attributes::Pair, 2> attributes{
          {{"RouteText.Route", routes_[output.route].name}, {"RouteText.Group", output.group}}};
      session.putAttributes(*output.file, attributes);
      session.report(ProvenanceType::kRoute, *output.file);
      session.transfer(*output.file, routes_[output.route].index);
    }
    session.putAttribute(*file, "RouteText.Route", kOriginal.name);
    session.report(ProvenanceType::kRoute, *file);
    session.transfer(*file, kOriginal);
    return Done{};
  }

 private:
  static constexpr std::size_t kUnmatchedRoute = 0;
  static constexpr std::size_t kFirstRoute = 1;
  static constexpr std::size_t kPatternsKept = 100;

  Result<> addRoute(ProcessContext& context, std::string_view name) {
    const auto index = context.relationship(name);
    if (!index) return Error::bug(fmt::format("the relationship '{}' is missing", name));
    routes_.push_back({std::string(name), *index});
    return Done{};
  }

  Result<std::shared_ptr<const Pattern>> patternOf(const std::string& text) {
    {
      const MutexLock lock(mutex_);
      if (const auto known = patterns_.find(text); known != patterns_.end()) return known->second;
    }
    auto pattern = std::make_shared<const Pattern>(
        MR_TRY(Pattern::compile(text, use_, {.caseInsensitive = ignoreCase_})));
    const MutexLock lock(mutex_);
    if (patterns_.size() >= kPatternsKept) patterns_.clear();
    patterns_[text] = pattern;
    return pattern;
  }

  Result<std::vector<Condition>> conditionsFor(ProcessContext& context,
                                               const SessionFlowFile& file) {
    std::vector<Condition> conditions;
    std::size_t route = kFirstRoute;
    for (const ConfiguredProperty& property : context.dynamicProperties()) {
      Condition condition;
      condition.property = &property;
      condition.route = route;
      if (byName_) ++route;
      if (matching_ != Match::kExpression) {
        MR_TRY(context.evaluateText(property, &file, condition.value));
        if (matching_ == Match::kRegex) {
          condition.pattern = MR_TRY(patternOf(condition.value));
          condition.matcher = std::make_unique<Matcher>(*condition.pattern);
        } else if (ignoreCase_) {
          condition.value = expression::toLower(condition.value);
        }
      }
      conditions.push_back(std::move(condition));
    }
    return conditions;
  }

  Result<> readLines(ProcessContext& context, ProcessSession& session, SessionFlowFile& file,
                     std::vector<Condition>& conditions, std::map<std::string, Output>& outputs) {
    const auto raw = MR_TRY(session.read(file));
    std::unique_ptr<ContentReader> decoded;
    if (!charset_.isPlain()) decoded = MR_TRY(DecodedContent::make(*raw, charset_));
    LineReader lines(decoded ? *decoded : *raw, UINT64_MAX);
    LineAttributes attributes(file);
    std::optional<Matcher> grouping;
    if (grouping_) grouping.emplace(*grouping_);
    std::vector<std::size_t> routes;
    std::uint64_t number = 0;
    while (const auto line = MR_TRY(lines.next())) {
      const std::string_view compared = trim_ ? trimmed(*line) : withoutTerminator(*line);
      attributes.set(*line, ++number);
      routes.clear();
      MR_TRY(routesOf(context, attributes, compared, conditions, routes));
      // Nobody sees what goes to an auto-terminated relationship: it is not written.
      if (!context.isConnected(routes_[routes.front()].index) && routes.size() == 1) continue;
      std::string key;
      std::string name;
      if (grouping) MR_TRY(groupOf(*grouping, compared, key, name));
      for (const std::size_t route : routes) {
        Output& output = MR_TRY(outputFor(session, file, route, key, name, outputs));
        ContentWriter& writer = output.encoded ? *output.encoded : *output.raw;
        MR_TRY(writer.write(*line));
      }
    }
    return Done{};
  }

  Result<bool> matches(ProcessContext& context, const LineAttributes& attributes,
                       std::string_view line, Condition& condition) const {
    switch (matching_) {
      case Match::kExpression:
        return context.evaluateBoolean(*condition.property, &attributes);
      case Match::kRegex:
        return condition.matcher->find(line);
      case Match::kStartsWith:
        return line.starts_with(condition.value);
      case Match::kEndsWith:
        return line.ends_with(condition.value);
      case Match::kContains:
        return line.find(condition.value) != line.npos;
      case Match::kEquals:
        return line == condition.value;
    }
    return false;
  }

  /// Where the line goes: never empty.
  Result<> routesOf(ProcessContext& context, const LineAttributes& attributes,
                    std::string_view line, std::vector<Condition>& conditions,
                    std::vector<std::size_t>& routes) const {
    std::string lower;
    const bool folds = ignoreCase_ && matching_ != Match::kExpression && matching_ != Match::kRegex;
    if (folds) {
      lower = expression::toLower(line);
      line = lower;
    }
    bool satisfied = all_;
    for (Condition& condition : conditions) {
      const bool hit = MR_TRY(matches(context, attributes, line, condition));
      if (hit && byName_) routes.push_back(condition.route);
      if (!byName_ && hit != all_) {
        satisfied = hit;
        break;
      }
    }
    if (!byName_ && satisfied) routes.push_back(kFirstRoute);
    if (routes.empty()) routes.push_back(kUnmatchedRoute);
    return Done{};
  }

  static Result<> groupOf(Matcher& grouping, std::string_view line, std::string& key,
                          std::string& name) {
    if (!MR_TRY(grouping.find(line))) return Done{};
    for (std::size_t i = 1; i <= grouping.groupCount(); ++i) {
      const auto captured = grouping.group(i);
      key += captured ? fmt::format("{}:{}", captured->size(), *captured) : "-";
      if (i > 1) name += ", ";
      name += captured.value_or(std::string_view{});
    }
    return Done{};
  }

  Result<std::reference_wrapper<Output>> outputFor(ProcessSession& session,
                                                   const SessionFlowFile& original,
                                                   std::size_t route, const std::string& group,
                                                   const std::string& name,
                                                   std::map<std::string, Output>& outputs) const {
    Output& output = outputs[fmt::format("{:06}/{}", route, group)];
    if (output.file != nullptr) return std::ref(output);
    output.file = &session.create(original);
    output.route = route;
    output.group = name;
    output.raw = MR_TRY(session.write(*output.file));
    if (!charset_.isPlain()) output.encoded = MR_TRY(EncodedContent::make(*output.raw, charset_));
    return std::ref(output);
  }

  Charset charset_;
  Match matching_ = Match::kEquals;
  Pattern::Use use_ = Pattern::Use::kFind;
  bool trim_ = true;
  bool ignoreCase_ = false;
  bool byName_ = true;
  bool all_ = false;
  std::optional<Pattern> grouping_;
  std::vector<Route> routes_;  // unmatched first
  Mutex mutex_;
  std::map<std::string, std::shared_ptr<const Pattern>> patterns_ MR_GUARDED_BY(mutex_);
};

bool isDeclared(std::string_view name) {
  return std::any_of(kProperties.begin(), kProperties.end(),
                     [&](const PropertyInfo* info) { return info->name == name; });
}

std::vector<std::string> relationshipsOf(std::span<const PropertyText> values) {
  std::vector<std::string> names{std::string(kOriginal.name), std::string(kUnmatched.name)};
  if (textOf(values, kRoutingStrategy.info.name) != kByName) {
    names.emplace_back(kMatched.name);
    return names;
  }
  for (const PropertyText& value : values) {
    if (isDeclared(value.first)) continue;
    if (std::find(names.begin(), names.end(), value.first) == names.end())
      names.push_back(value.first);
  }
  return names;
}

std::vector<std::string> validate(std::span<const PropertyText> values) {
  std::vector<std::string> problems;
  const std::string_view matching = textOf(values, kMatchingStrategy.info.name);
  const bool regex = matching == kMatchesRegex || matching == kContainsRegex;
  bool any = false;
  for (const PropertyText& value : values) {
    if (isDeclared(value.first)) continue;
    any = true;
    // With an expression in it, only the FlowFile decides what the pattern is.
    if (!regex || value.second.find("${") != std::string::npos) continue;
    const auto pattern = Pattern::compile(value.second, Pattern::Use::kFind);
    if (!pattern.ok())
      problems.push_back(fmt::format("property '{}': {}", value.first, pattern.error().message));
  }
  if (!any) problems.emplace_back("Add a property: its value is the condition for lines");
  return problems;
}

}  // namespace

MR_PROCESSOR(route_text){
    .type = "RouteText",
    .summary =
        "Sends each line of a text where conditions say; the lines of one destination are "
        "one FlowFile.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .dynamic = DynamicProperties::kRelationships,
    .dynamicDescription = "A condition; its name is the relationship for lines that satisfy it.",
    .dynamicScope = ExpressionScope::kFlowFile,
    .writesAttributes = kWrites,
    .batching = true,
    .relationshipsOf = relationshipsOf,
    .validate = validate,
    .make = make<RouteText>};

}  // namespace millrace::processors
