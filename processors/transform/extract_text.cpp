// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/pattern.h"
#include "engine/expression/utf16.h"
#include "engine/processor/processor.h"
#include "processors/text/charset.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace millrace::processors {
namespace {

using expression::Matcher;
using expression::Pattern;
using expression::PatternFlags;

constexpr std::array<std::string_view, 2> kRepeatingAliases{
    "extract-text-enable-repeating-capture-group", "Enable repeating capture group"};
constexpr std::array<std::string_view, 2> kNamedAliases{"extract-text-enable-named-groups",
                                                        "Enable named group support"};

constexpr PropertyInfo flag(std::string_view name, std::string_view description,
                            std::string_view defaultValue = "false",
                            std::span<const std::string_view> aliases = {}) {
  return {.name = name,
          .description = description,
          .defaultValue = defaultValue,
          .required = true,
          .aliases = aliases};
}

constexpr Property<CharsetName> kCharset{{.name = "Character Set",
                                          .description = "The encoding of the content.",
                                          .defaultValue = "UTF-8",
                                          .required = true}};
constexpr Property<DataSize> kMaxBuffer{
    {.name = "Maximum Buffer Size",
     .description = "How much of the content, from its start, is searched.",
     .defaultValue = "1 MB",
     .required = true}};
constexpr Property<std::int64_t> kMaxLength{
    {.name = "Maximum Capture Group Length",
     .description = "Characters of a captured text that are kept; what is longer is cut.",
     .defaultValue = "1024",
     .required = true,
     .atLeast = 0}};
constexpr Property<bool> kCanonical{
    flag("Enable Canonical Equivalence",
         "Not supported: patterns compare characters as they are written. It must be false.")};
constexpr Property<bool> kIgnoreCase{
    flag("Enable Case-insensitive Matching", "Upper and lower case are the same, as with (?i).")};
constexpr Property<bool> kComments{flag("Permit Whitespace and Comments in Pattern",
                                        "Blanks and # comments in patterns mean nothing, as with "
                                        "(?x).")};
constexpr Property<bool> kDotAll{
    flag("Enable DOTALL Mode", "A dot matches the ends of lines too, as with (?s).")};
constexpr Property<bool> kLiteral{
    flag("Enable Literal Parsing of the Pattern", "Patterns are plain texts.")};
constexpr Property<bool> kMultiline{
    flag("Enable Multiline Mode", "^ and $ match at every line, as with (?m).")};
constexpr Property<bool> kUnicodeCase{
    flag("Enable Unicode-aware Case Folding",
         "Has no effect of its own: case-insensitive matching always knows Unicode.")};
constexpr Property<bool> kUnicodeClasses{flag("Enable Unicode Predefined Character Classes",
                                              "\\w, \\d, \\s and \\b know Unicode, as with (?U).")};
constexpr Property<bool> kUnixLines{
    flag("Enable Unix Lines Mode", "Only \\n ends a line, as with (?d).")};
constexpr Property<bool> kGroupZero{
    flag("Include Capture Group 0", "Whether the whole match becomes an attribute too.", "true")};
constexpr Property<bool> kRepeating{flag("Enable Repeating Capture Group",
                                         "Whether every match counts, or only the first.", "false",
                                         kRepeatingAliases)};
constexpr Property<bool> kNamed{
    flag("Enable Named Groups",
         "Whether attributes are called after named groups; then all groups must have names.",
         "false", kNamedAliases)};
constexpr std::array kProperties{
    &kCharset.info,        &kMaxBuffer.info, &kMaxLength.info, &kCanonical.info, &kIgnoreCase.info,
    &kComments.info,       &kDotAll.info,    &kLiteral.info,   &kMultiline.info, &kUnicodeCase.info,
    &kUnicodeClasses.info, &kUnixLines.info, &kGroupZero.info, &kRepeating.info, &kNamed.info};

constexpr Relationship kMatched{"matched", "Some pattern captured something."};
constexpr Relationship kUnmatched{"unmatched", "No pattern captured anything."};
constexpr std::array kRelationships{&kMatched, &kUnmatched};

constexpr std::array<std::string_view, 4> kTags{"text", "regex", "extract", "attributes"};
constexpr std::array kWrites{
    AttributeInfo{"<property>", "What group 1 of the property's first match captured."},
    AttributeInfo{"<property>.<number>",
                  "What each group captured; numbers go on from match to "
                  "match."},
    AttributeInfo{"<property>.<group>",
                  "What each named group captured; from the second match on "
                  "with the number of the match."}};

/// The attributes that one FlowFile gets.
class Found {
 public:
  explicit Found(std::size_t maxLength) : maxLength_(maxLength) {}
  /// Empty captures are left out; long ones are cut.
  void addCut(std::string name, std::optional<std::string_view> captured) {
    if (!captured || captured->empty()) return;
    add(std::move(name), captured->substr(0, expression::byteIndex(*captured, maxLength_)));
  }
  void add(std::string name, std::string_view value) {
    const auto same = std::find_if(values_.begin(), values_.end(),
                                   [&](const auto& entry) { return entry.first == name; });
    if (same != values_.end()) {
      same->second = value;
    } else {
      values_.emplace_back(std::move(name), value);
    }
  }
  bool empty() const { return values_.empty(); }
  std::vector<Attributes::Pair> pairs() const { return {values_.begin(), values_.end()}; }

 private:
  std::size_t maxLength_;
  std::vector<std::pair<std::string, std::string>> values_;
};

class ExtractText final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    charset_ = MR_TRY(Charset::find(context.get(kCharset)));
    repeating_ = context.get(kRepeating);
    named_ = context.get(kNamed);
    groupZero_ = context.get(kGroupZero);
    patterns_.clear();
    const PatternFlags flags{.caseInsensitive = context.get(kIgnoreCase),
                             .comments = context.get(kComments),
                             .dotAll = context.get(kDotAll),
                             .literal = context.get(kLiteral),
                             .multiline = context.get(kMultiline),
                             .unicodeClasses = context.get(kUnicodeClasses),
                             .unixLines = context.get(kUnixLines)};
    for (const ConfiguredProperty& property : context.dynamicProperties()) {
      auto pattern = Pattern::compile(property.text(), Pattern::Use::kFind, flags);
      if (!pattern.ok()) {
        return Error::user(
            fmt::format("property '{}': {}", property.name(), pattern.error().message));
      }
      patterns_.emplace_back(property.name(), std::move(*pattern));
    }
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    std::string room;
    const std::string_view text = MR_TRY(head(session, *file, context.get(kMaxBuffer), room));
    Found found(static_cast<std::size_t>(context.get(kMaxLength)));
    for (const auto& [name, pattern] : patterns_) {
      MR_TRY(extract(name, pattern, text, found));
    }
    if (found.empty()) {
      session.transfer(*file, kUnmatched);
      return Done{};
    }
    session.putAttributes(*file, found.pairs());
    session.transfer(*file, kMatched);
    return Done{};
  }

 private:
  /// The first `limit` bytes of the content as UTF-8: in place, or in `room`.
  Result<std::string_view> head(ProcessSession& session, const SessionFlowFile& file,
                                std::uint64_t limit, std::string& room) const {
    if (charset_.isPlain() && file.size() <= limit) {
      return asText(MR_TRY(session.readAll(file, limit)));
    }
    const auto raw = MR_TRY(session.read(file));
    std::unique_ptr<ContentReader> decoded;
    if (!charset_.isPlain()) decoded = MR_TRY(DecodedContent::make(*raw, charset_));
    ContentReader& reader = decoded ? *decoded : *raw;
    while (room.size() < limit) {
      const auto most =
          static_cast<std::size_t>(std::min<std::uint64_t>(limit - room.size(), 64 * 1024));
      const ByteView part = MR_TRY(reader.next(most));
      if (part.empty()) break;
      room += asText(part);
    }
    return std::string_view(room);
  }

  Result<> extract(const std::string& name, const Pattern& pattern, std::string_view text,
                   Found& found) const {
    Matcher matcher(pattern);
    const bool byName = named_ && pattern.names().size() == pattern.groupCount();
    std::size_t before = 0;  // groups of the matches before this one, or those matches
    for (bool hit = MR_TRY(matcher.find(text)); hit; hit = MR_TRY(matcher.findNext())) {
      if (byName) {
        for (const auto& [group, number] : pattern.names()) {
          found.addCut(before == 0 ? fmt::format("{}.{}", name, group)
                                   : fmt::format("{}.{}.{}", name, group, before),
                       matcher.group(number));
        }
        if (groupZero_ && before == 0) found.add(name, matcher.group(0).value_or(""));
        ++before;
      } else {
        const std::size_t first = before == 0 && groupZero_ ? 0 : 1;
        for (std::size_t i = first; i <= pattern.groupCount(); ++i) {
          found.addCut(fmt::format("{}.{}", name, i + before), matcher.group(i));
          if (i == 1 && before == 0) found.addCut(name, matcher.group(i));
        }
        before += pattern.groupCount();
      }
      if (!repeating_) break;
    }
    return Done{};
  }

  Charset charset_;
  bool repeating_ = false;
  bool named_ = false;
  bool groupZero_ = true;
  std::vector<std::pair<std::string, Pattern>> patterns_;
};

std::vector<std::string> validate(std::span<const PropertyText> values) {
  std::vector<std::string> problems;
  const auto isTrue = [&](const Property<bool>& property) {
    return textOf(values, property.info.name) == "true";
  };
  if (isTrue(kCanonical)) {
    problems.push_back(
        "property 'Enable Canonical Equivalence' must be false: it is not supported");
  }
  const PatternFlags flags{.comments = isTrue(kComments), .literal = isTrue(kLiteral)};
  for (const PropertyText& value : values) {
    const bool declared =
        std::any_of(kProperties.begin(), kProperties.end(),
                    [&](const PropertyInfo* info) { return info->name == value.first; });
    if (declared) continue;
    const auto pattern = Pattern::compile(value.second, Pattern::Use::kFind, flags);
    if (!pattern.ok()) {
      problems.push_back(fmt::format("property '{}': {}", value.first, pattern.error().message));
      continue;
    }
    const std::size_t groups = pattern->groupCount();
    if (groups > 40) {
      problems.push_back(
          fmt::format("property '{}' has {} groups, but 40 are allowed", value.first, groups));
    }
    if (groups == 0 && !isTrue(kGroupZero)) {
      problems.push_back(fmt::format(
          "property '{}' has no group; add one or include capture group 0", value.first));
    }
    if (isTrue(kNamed) && pattern->names().size() != groups) {
      problems.push_back(
          fmt::format("property '{}' has {} groups, of which {} have names; name "
                      "them all",
                      value.first, groups, pattern->names().size()));
    }
  }
  return problems;
}

}  // namespace

MR_PROCESSOR(extract_text){
    .type = "ExtractText",
    .summary =
        "Searches content with regular expressions and keeps what their groups capture as "
        "attributes.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .dynamic = DynamicProperties::kAttributes,
    .dynamicDescription = "A regular expression; its name is the first part of the attributes.",
    .writesAttributes = kWrites,
    .batching = true,
    .validate = validate,
    .make = make<ExtractText>};

}  // namespace millrace::processors
