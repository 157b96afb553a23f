// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/json/json_path.h"
#include "engine/processor/processor.h"

#include <fmt/format.h>

#include <array>

namespace millrace::processors {

using expression::appendPlain;
using expression::JsonDocument;
using expression::JsonDocumentPool;
using expression::JsonKind;
using expression::JsonPath;

namespace {

constexpr std::string_view kToContent = "flowfile-content";
constexpr std::string_view kToAttribute = "flowfile-attribute";
constexpr std::array kDestinations{
    AllowedValue{kToContent, "Replaces the content by the one value found."},
    AllowedValue{kToAttribute, "Sets one attribute for each path; the content stays."}};
constexpr std::array kReturnTypes{
    AllowedValue{"auto-detect", "json to content, scalar to attributes."},
    AllowedValue{"json", "Any value; objects and arrays as JSON."},
    AllowedValue{"scalar", "Text, number, boolean or null; anything else goes to failure."}};
constexpr std::array kNotFoundBehaviors{AllowedValue{"warn", "Warns, and sets an empty attribute."},
                                        AllowedValue{"ignore", "Sets an empty attribute."},
                                        AllowedValue{"skip", "Leaves the attribute as it is."}};
constexpr std::array kNullTexts{AllowedValue{"empty string", "Null becomes an empty text."},
                                AllowedValue{"the string 'null'", "Null becomes the text null."}};

constexpr Property<std::string> kDestination{{.name = "Destination",
                                              .description = "Where the values found go.",
                                              .defaultValue = kToContent,
                                              .required = true,
                                              .allowed = kDestinations}};
constexpr Property<std::string> kReturnType{{.name = "Return Type",
                                             .description = "What a path may give.",
                                             .defaultValue = "auto-detect",
                                             .required = true,
                                             .allowed = kReturnTypes}};
constexpr Property<std::string> kNotFound{
    {.name = "Path Not Found Behavior",
     .description = "What happens to an attribute whose path is not in the document.",
     .defaultValue = "ignore",
     .required = true,
     .allowed = kNotFoundBehaviors}};
constexpr Property<std::string> kNullText{{.name = "Null Value Representation",
                                           .description = "The text that stands for a null.",
                                           .defaultValue = "empty string",
                                           .required = true,
                                           .allowed = kNullTexts}};
constexpr Property<DataSize> kMaxString{
    {.name = "Max String Length",
     .description = "A document with a longer string goes to failure.",
     .defaultValue = "20 MB",
     .required = true,
     .atLeast = 1}};
constexpr std::array kProperties{&kDestination.info, &kReturnType.info, &kNotFound.info,
                                 &kNullText.info, &kMaxString.info};

constexpr Relationship kMatched{"matched", "Every path was evaluated."};
constexpr Relationship kUnmatched{"unmatched",
                                  "The path was not found, and the destination is the content."};
constexpr Relationship kFailure{
    "failure", "The content is no JSON, or a value is no scalar although it must be one."};
constexpr std::array kRelationships{&kMatched, &kUnmatched, &kFailure};

std::vector<std::string> validate(std::span<const PropertyText> values) {
  std::vector<std::string> problems;
  const std::size_t paths = values.size() - std::min(values.size(), kProperties.size());
  for (std::size_t i = values.size() - paths; i < values.size(); ++i) {
    const auto path = JsonPath::compile(values[i].second);
    if (!path.ok())
      problems.push_back(fmt::format("{}: {}", values[i].first, path.error().message));
  }
  if (textOf(values, kDestination.info.name) == kToContent && paths != 1) {
    problems.push_back(fmt::format(
        "with Destination {} exactly one path must be given, as a property of any name, not {}",
        kToContent, paths));
  }
  return problems;
}

class EvaluateJsonPath final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    toAttributes_ = context.get(kDestination) == kToAttribute;
    const std::string_view returnType = context.get(kReturnType);
    onlyScalars_ = returnType == "scalar" || (returnType == "auto-detect" && toAttributes_);
    warns_ = context.get(kNotFound) == "warn";
    skips_ = context.get(kNotFound) == "skip";
    nullText_ = context.get(kNullText) == "empty string" ? "" : "null";
    maxString_ = context.get(kMaxString);
    paths_.clear();
    for (const ConfiguredProperty& property : context.dynamicProperties()) {
      paths_.push_back({property.name(), MR_TRY(JsonPath::compile(property.text()))});
    }
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    auto document = documents_.borrow();
    const auto result = evaluate(context, session, *file, *document);
    documents_.giveBack(std::move(document));
    return result;
  }

 private:
  struct NamedPath {
    std::string name;
    JsonPath path;
  };

  Result<> evaluate(ProcessContext& context, ProcessSession& session, SessionFlowFile& file,
                    JsonDocument& document) {
    if (file.size() > JsonDocument::kMaxBytes) {
      context.log(BulletinLevel::kError,
                  fmt::format("{}: the content of {} bytes is too long for a JSON document",
                              file.value("filename"), file.size()));
      session.transfer(file, kFailure);
      return Done{};
    }
    const ByteView content = MR_TRY(session.readAll(file, JsonDocument::kMaxBytes));
    const auto parsed = document.parse(content, maxString_);
    if (!parsed.ok() || document.root().kind == JsonKind::kNull) {
      context.log(BulletinLevel::kError,
                  fmt::format("{}: {}", file.value("filename"),
                              parsed.ok() ? "the content is null" : parsed.error().message));
      session.transfer(file, kFailure);
      return Done{};
    }
    // All texts one after the other, cut up when none can move any more.
    std::string texts;
    std::vector<std::pair<std::size_t, std::size_t>> found;  // path, end of its text
    found.reserve(paths_.size());
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      const auto value = paths_[i].path.read(document);
      if (!value) {
        if (warns_) {
          context.log(BulletinLevel::kWarn, fmt::format("{}: the path of {} is not in the document",
                                                        file.value("filename"), paths_[i].name));
        }
        if (!toAttributes_) {
          session.transfer(file, kUnmatched);
          return Done{};
        }
        if (!skips_) found.emplace_back(i, texts.size());
        continue;
      }
      if (onlyScalars_ && value->isContainer()) {
        context.log(BulletinLevel::kError,
                    fmt::format("{}: the path of {} gives an object or array, no single value",
                                file.value("filename"), paths_[i].name));
        session.transfer(file, kFailure);
        return Done{};
      }
      appendPlain(*value, nullText_, texts);
      found.emplace_back(i, texts.size());
    }
    if (toAttributes_) {
      std::vector<Attributes::Pair> pairs;
      pairs.reserve(found.size());
      std::size_t from = 0;
      for (const auto& [path, end] : found) {
        pairs.emplace_back(paths_[path].name, std::string_view(texts).substr(from, end - from));
        from = end;
      }
      if (!pairs.empty()) session.putAttributes(file, pairs);
    } else {
      MR_TRY(session.writeAll(file, texts));
    }
    session.transfer(file, kMatched);
    return Done{};
  }

  // Constant between two calls of onScheduled().
  std::vector<NamedPath> paths_;
  std::string_view nullText_;
  std::uint64_t maxString_ = 0;
  bool toAttributes_ = false;
  bool onlyScalars_ = false;
  bool warns_ = false;
  bool skips_ = false;
  JsonDocumentPool documents_;  // guards itself
};

constexpr std::array<std::string_view, 4> kTags{"JSON", "JSONPath", "attributes", "extract"};
constexpr std::array kWrites{AttributeInfo{
    "<property>", "The value at the path of that property, with Destination flowfile-attribute."}};

}  // namespace

MR_PROCESSOR(evaluate_json_path){
    .type = "EvaluateJsonPath",
    .summary =
        "Looks up JSONPath expressions in a JSON content and puts what they find into "
        "attributes, or one of them into the content.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .dynamic = DynamicProperties::kOther,
    .dynamicDescription =
        "A JSONPath; its value goes to the attribute of the property's name, or "
        "to the content.",
    .writesAttributes = kWrites,
    .batching = true,
    .validate = validate,
    .make = make<EvaluateJsonPath>};

}  // namespace millrace::processors
