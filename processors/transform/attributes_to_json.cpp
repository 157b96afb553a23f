// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/pattern.h"
#include "engine/processor/processor.h"
#include "processors/text/chosen_attributes.h"
#include "processors/text/trimmed.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace millrace::processors {
namespace {

using expression::Pattern;
using Json = nlohmann::ordered_json;

constexpr std::string_view kToAttribute = "flowfile-attribute";
constexpr std::string_view kToContent = "flowfile-content";
constexpr std::array kDestinations{
    AllowedValue{kToAttribute, "The attribute JSONAttributes."},
    AllowedValue{kToContent, "The content, which is replaced."},
};
constexpr std::string_view kEscaped = "ESCAPED";
constexpr std::string_view kNested = "NESTED";
constexpr std::array<std::string_view, 1> kEscapedAliases{"Escaped"};
constexpr std::array<std::string_view, 1> kNestedAliases{"Nested"};
constexpr std::array kHandling{
    AllowedValue{kEscaped, "JSON in an attribute is a string.", kEscapedAliases},
    AllowedValue{kNested, "JSON objects and arrays in an attribute become part of the result.",
                 kNestedAliases},
};
constexpr std::array kContentOnly{kToContent};
constexpr std::array<std::string_view, 1> kPatternAliases{"attributes-to-json-regex"};

constexpr Property<std::string> kList{
    {.name = "Attributes List",
     .description = "The attributes to write, separated by commas; empty, with no regular "
                    "expression either: all of them."}};
constexpr Property<RegexText> kPattern{
    {.name = "Attributes Regular Expression",
     .description = "Attributes whose whole name matches are written, besides those of the list.",
     .scope = ExpressionScope::kEnvironment,
     .aliases = kPatternAliases}};
constexpr Property<std::string> kDestination{{.name = "Destination",
                                              .description = "Where the JSON is written.",
                                              .defaultValue = kToAttribute,
                                              .required = true,
                                              .allowed = kDestinations}};
constexpr Property<bool> kIncludeCore{
    {.name = "Include Core Attributes",
     .description = "Whether attributes that FlowFiles have by nature, such as uuid and filename, "
                    "are among all attributes.",
     .defaultValue = "true",
     .required = true}};
constexpr Property<bool> kNullValue{
    {.name = "Null Value",
     .description = "Whether a listed attribute that is missing becomes null, or an empty string.",
     .defaultValue = "false",
     .required = true}};
constexpr Property<std::string> kHandlingStrategy{
    {.name = "JSON Handling Strategy",
     .description = "What becomes of attributes that are JSON themselves.",
     .defaultValue = kEscaped,
     .required = true,
     .allowed = kHandling}};
constexpr Property<bool> kPretty{{.name = "Pretty Print",
                                  .description = "Whether the JSON is indented.",
                                  .defaultValue = "false",
                                  .required = true,
                                  .dependsOn = "Destination",
                                  .dependsOnValues = kContentOnly}};
constexpr std::array kProperties{&kList.info,        &kPattern.info,   &kDestination.info,
                                 &kIncludeCore.info, &kNullValue.info, &kHandlingStrategy.info,
                                 &kPretty.info};

constexpr Relationship kSuccess{"success", "FlowFiles with their JSON."};
constexpr Relationship kFailure{"failure", "FlowFiles with an attribute that is malformed JSON."};
constexpr std::array kRelationships{&kSuccess, &kFailure};
constexpr std::array<std::string_view, 3> kTags{"json", "attributes", "flowfile"};
constexpr std::array kWrites{
    AttributeInfo{"JSONAttributes", "The JSON, where the destination is an attribute."},
    AttributeInfo{"mime.type", "application/json, where the destination is the content."}};

class AttributesToJson final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    names_.clear();
    for (std::string_view rest = context.get(kList); !trimmed(rest).empty();) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      const std::string_view name = rest.substr(0, comma);
      if (!name.empty()) names_.emplace_back(trimmed(name));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    pattern_.reset();
    const std::string pattern = MR_TRY(context.evaluate(kPattern));
    if (!pattern.empty()) {
      pattern_ = MR_TRY(Pattern::compile(pattern, Pattern::Use::kWhole));
    }
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    Json json = MR_TRY(select(context, *file));
    if (context.get(kHandlingStrategy) == kNested && !nest(json)) {
      context.log(BulletinLevel::kError,
                  fmt::format("{} has an attribute that begins and ends like JSON, but is none",
                              file->value("filename")));
      session.transfer(*file, kFailure);
      return Done{};
    }
    const bool toContent = context.get(kDestination) == kToContent;
    const int indent = toContent && context.get(kPretty) ? 2 : -1;
    const std::string text = json.dump(indent, ' ', false, Json::error_handler_t::replace);
    if (toContent) {
      MR_TRY(session.writeAll(*file, text));
      session.putAttribute(*file, "mime.type", "application/json");
    } else {
      session.putAttribute(*file, "JSONAttributes", text);
    }
    session.transfer(*file, kSuccess);
    return Done{};
  }

 private:
  Result<Json> select(ProcessContext& context, const SessionFlowFile& file) const {
    Json json = Json::object();
    const bool nulls = context.get(kNullValue);
    MR_TRY((ChosenAttributes{names_, pattern_, context.get(kIncludeCore)}.visit(
        file, [&](std::string_view name, std::optional<std::string_view> value) {
          Json& member = json[std::string(name)];
          if (value || !nulls) member = value.value_or("");
        })));
    return json;
  }

  /// Puts JSON in place of the strings that look like it; false when one of them is malformed.
  static bool nest(Json& json) {
    for (auto& [name, value] : json.items()) {
      if (!value.is_string()) continue;
      const std::string_view text = trimmed(value.get_ref<const std::string&>());
      const bool looksLikeJson = (text.starts_with('{') && text.ends_with('}')) ||
                                 (text.starts_with('[') && text.ends_with(']'));
      if (!looksLikeJson) continue;
      Json parsed = Json::parse(text, nullptr, false);
      if (parsed.is_discarded()) return false;
      value = std::move(parsed);
    }
    return true;
  }

  std::vector<std::string> names_;
  std::optional<Pattern> pattern_;
};

}  // namespace

MR_PROCESSOR(attributes_to_json){
    .type = "AttributesToJSON",
    .summary = "Writes attributes as a JSON object, into an attribute or the content.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .batching = true,
    .make = make<AttributesToJson>};

}  // namespace millrace::processors
