// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/escapes.h"
#include "engine/expression/pattern.h"
#include "engine/processor/processor.h"
#include "processors/text/chosen_attributes.h"
#include "processors/text/trimmed.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace millrace::processors {
namespace {

using expression::Pattern;

constexpr std::string_view kToAttribute = "flowfile-attribute";
constexpr std::string_view kToContent = "flowfile-content";
constexpr std::array kDestinations{
    AllowedValue{kToAttribute, "The attribute CSVData, and CSVSchema for the names."},
    AllowedValue{kToContent, "The content, which is replaced."},
};
constexpr std::array<std::string_view, 1> kListAliases{"attribute-list"};
constexpr std::array<std::string_view, 1> kPatternAliases{"attributes-regex"};
constexpr std::array<std::string_view, 1> kDestinationAliases{"destination"};
constexpr std::array<std::string_view, 1> kCoreAliases{"include-core-attributes"};
constexpr std::array<std::string_view, 1> kNullAliases{"null-value"};
constexpr std::array<std::string_view, 1> kSchemaAliases{"include-schema"};

constexpr Property<std::string> kList{
    {.name = "Attribute List",
     .description = "The attributes to write, separated by commas; a name that has a comma stands "
                    "in double quotes. Empty, with no regular expression either: all of them.",
     .scope = ExpressionScope::kFlowFile,
     .aliases = kListAliases}};
constexpr Property<RegexText> kPattern{
    {.name = "Attributes Regular Expression",
     .description = "Attributes whose whole name matches are written, besides those of the list.",
     .scope = ExpressionScope::kFlowFile,
     .aliases = kPatternAliases}};
constexpr Property<std::string> kDestination{{.name = "Destination",
                                              .description = "Where the CSV is written.",
                                              .defaultValue = kToAttribute,
                                              .required = true,
                                              .allowed = kDestinations,
                                              .aliases = kDestinationAliases}};
constexpr Property<bool> kIncludeCore{
    {.name = "Include Core Attributes",
     .description = "Whether attributes that FlowFiles have by nature, such as uuid and filename, "
                    "are among all attributes.",
     .defaultValue = "true",
     .required = true,
     .aliases = kCoreAliases}};
constexpr Property<bool> kNullValue{
    {.name = "Null Value",
     .description = "Whether a listed attribute that is missing becomes null, or nothing.",
     .defaultValue = "false",
     .required = true,
     .aliases = kNullAliases}};
constexpr Property<bool> kSchema{
    {.name = "Include Schema",
     .description = "Whether the names are written too: in the attribute CSVSchema, or as the "
                    "first line of the content.",
     .defaultValue = "false",
     .required = true,
     .aliases = kSchemaAliases}};
constexpr std::array kProperties{&kList.info,        &kPattern.info,   &kDestination.info,
                                 &kIncludeCore.info, &kNullValue.info, &kSchema.info};

constexpr Relationship kSuccess{"success", "FlowFiles with their CSV."};
constexpr Relationship kFailure{"failure",
                                "FlowFiles whose Attributes Regular Expression is malformed."};
constexpr std::array kRelationships{&kSuccess, &kFailure};
constexpr std::array<std::string_view, 3> kTags{"csv", "attributes", "flowfile"};
constexpr std::array kWrites{
    AttributeInfo{"CSVData", "The values, where the destination is an attribute."},
    AttributeInfo{"CSVSchema", "The names, where the destination is an attribute."},
    AttributeInfo{"mime.type", "text/csv, where the destination is the content."}};

/// The names of a list; each counts once.
std::vector<std::string> namesOf(std::string_view list) {
  std::vector<std::string> names;
  if (trimmed(list).empty()) return names;
  std::size_t start = 0;
  bool quoted = false;
  for (std::size_t at = 0; at <= list.size(); ++at) {
    if (at < list.size() && list[at] == '"') quoted = !quoted;
    if (at < list.size() && (quoted || list[at] != ',')) continue;
    std::string name = expression::unescapeCsv(trimmed(list.substr(start, at - start)));
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(std::move(name));
    start = at + 1;
  }
  return names;
}

/// A line of names and one of values.
struct Columns {
  std::string names;
  std::string values;
  void add(std::string_view name, std::optional<std::string_view> value) {
    if (!empty_) {
      names += ',';
      values += ',';
    }
    empty_ = false;
    names += expression::escapeCsv(name);
    values += value ? expression::escapeCsv(*value) : "null";
  }

 private:
  bool empty_ = true;
};

class AttributesToCsv final : public Processor {
 public:
  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    const std::string patternText = MR_TRY(context.evaluate(kPattern, *file));
    std::optional<Pattern> pattern;
    if (!patternText.empty()) {
      auto compiled = Pattern::compile(patternText, Pattern::Use::kWhole);
      if (!compiled.ok()) {
        context.log(BulletinLevel::kError, compiled.error().message);
        session.transfer(*file, kFailure);
        return Done{};
      }
      pattern = std::move(*compiled);
    }
    const std::string list = MR_TRY(context.evaluate(kList, *file));
    const Columns columns = MR_TRY(select(context, *file, namesOf(list), pattern));
    const bool schema = context.get(kSchema);
    if (context.get(kDestination) == kToContent) {
      MR_TRY(
          session.writeAll(*file, schema ? columns.names + "\n" + columns.values : columns.values));
      session.putAttribute(*file, "mime.type", "text/csv");
    } else {
      session.putAttribute(*file, "CSVData", columns.values);
      if (schema) session.putAttribute(*file, "CSVSchema", columns.names);
    }
    session.transfer(*file, kSuccess);
    return Done{};
  }

 private:
  static Result<Columns> select(ProcessContext& context, const SessionFlowFile& file,
                                const std::vector<std::string>& names,
                                const std::optional<Pattern>& pattern) {
    Columns columns;
    const bool nulls = context.get(kNullValue);
    MR_TRY((ChosenAttributes{names, pattern, context.get(kIncludeCore)}.visit(
        file, [&](std::string_view name, std::optional<std::string_view> value) {
          if (value || nulls)
            columns.add(name, value);
          else
            columns.add(name, "");
        })));
    return columns;
  }
};

}  // namespace

MR_PROCESSOR(attributes_to_csv){
    .type = "AttributesToCSV",
    .summary = "Writes attributes as a line of CSV, into an attribute or the content.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .batching = true,
    .make = make<AttributesToCsv>};

}  // namespace millrace::processors
