// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"
#include "processors/json_schema/json_schema.h"
#include "processors/text/line_reader.h"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace millrace::processors {
namespace {

using expression::JsonDocument;
using expression::JsonDocumentPool;

constexpr std::string_view kFromProperty = "SCHEMA_CONTENT_PROPERTY";
constexpr std::array<std::string_view, 1> kFromPropertyAliases{"Use 'JSON Schema' Property"};
constexpr std::array kStrategies{
    AllowedValue{kFromProperty, "The schema is in JSON Schema.", kFromPropertyAliases}};
constexpr std::array<std::string_view, 1> kDraft4Aliases{"Draft Version 4"};
constexpr std::array<std::string_view, 1> kDraft6Aliases{"Draft Version 6"};
constexpr std::array<std::string_view, 1> kDraft7Aliases{"Draft Version 7"};
constexpr std::array<std::string_view, 1> kDraft2019Aliases{"Draft Version 2019-09"};
constexpr std::array<std::string_view, 1> kDraft2020Aliases{"Draft Version 2020-12"};
constexpr std::array kDrafts{AllowedValue{"DRAFT_4", "Draft 4.", kDraft4Aliases},
                             AllowedValue{"DRAFT_6", "Draft 6.", kDraft6Aliases},
                             AllowedValue{"DRAFT_7", "Draft 7.", kDraft7Aliases},
                             AllowedValue{"DRAFT_2019_09", "Draft 2019-09.", kDraft2019Aliases},
                             AllowedValue{"DRAFT_2020_12", "Draft 2020-12.", kDraft2020Aliases}};
constexpr std::string_view kLines = "JSON_LINES";
constexpr std::array kInputs{AllowedValue{"FLOW_FILE", "The content is one document."},
                             AllowedValue{kLines, "Each line of the content is a document."}};
constexpr std::array<std::string_view, 1> kVersionAliases{"Schema Version"};

constexpr Property<std::string> kStrategy{{.name = "Schema Access Strategy",
                                           .description = "Where the schema comes from.",
                                           .defaultValue = kFromProperty,
                                           .required = true,
                                           .allowed = kStrategies}};
constexpr Property<std::string> kSchema{
    {.name = "JSON Schema",
     .description = "The schema itself, or the path of a file with it, which is read at the start.",
     .required = true}};
constexpr Property<std::string> kVersion{{.name = "JSON Schema Version",
                                          .description = "The draft that the schema is of.",
                                          .defaultValue = "DRAFT_2020_12",
                                          .required = true,
                                          .allowed = kDrafts,
                                          .aliases = kVersionAliases}};
constexpr Property<std::string> kInput{{.name = "Input Format",
                                        .description = "What the content is.",
                                        .defaultValue = "FLOW_FILE",
                                        .required = true,
                                        .allowed = kInputs}};
constexpr Property<DataSize> kLongest{
    {.name = "Max String Length",
     .description = "A document with a longer string goes to failure.",
     .defaultValue = "20 MB",
     .required = true,
     .atLeast = 1}};
constexpr std::array kProperties{&kStrategy.info, &kSchema.info, &kVersion.info, &kInput.info,
                                 &kLongest.info};

constexpr Relationship kValid{"valid", "FlowFiles that are as the schema has it."};
constexpr Relationship kInvalid{"invalid", "FlowFiles that are not."};
constexpr Relationship kFailure{"failure", "FlowFiles that are no JSON."};
constexpr std::array kRelationships{&kValid, &kInvalid, &kFailure};
constexpr std::string_view kErrors = "json.validation.errors";
constexpr std::array kWrites{
    AttributeInfo{kErrors, "On invalid: what is wrong, and where in the document."}};
constexpr std::array<std::string_view, 3> kTags{"JSON", "schema", "validation"};
constexpr std::size_t kMostProblems = 50;
constexpr std::uint64_t kLongestSchema = 64ULL << 20U;

JsonSchemaDraft draftOf(std::string_view name) {
  if (name == "DRAFT_4") return JsonSchemaDraft::k4;
  if (name == "DRAFT_6") return JsonSchemaDraft::k6;
  if (name == "DRAFT_7") return JsonSchemaDraft::k7;
  return name == "DRAFT_2019_09" ? JsonSchemaDraft::k2019 : JsonSchemaDraft::k2020;
}

/// A schema is an object, or from draft 6 on true or false; all else is a path.
bool isSchemaText(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return false;
  text.remove_prefix(first);
  text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  return text.front() == '{' || text == "true" || text == "false";
}

class ValidateJson final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    std::string text(context.get(kSchema));
    if (!isSchemaText(text)) text = MR_TRY(context.files().readAll(text, kLongestSchema));
    schema_.emplace(MR_TRY(JsonSchema::compile(text, draftOf(context.get(kVersion)))));
    longest_ = context.get(kLongest);
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    auto document = documents_.borrow();
    Judged judged;
    Result<> done = context.get(kInput) == kLines ? judgeLines(session, *file, *document, judged)
                                                  : judgeAll(session, *file, *document, judged);
    documents_.giveBack(std::move(document));
    MR_TRY(std::move(done));
    if (!judged.noJson.empty()) {
      context.log(BulletinLevel::kError,
                  fmt::format("{}: {}", file->value("filename"), judged.noJson));
      session.transfer(*file, kFailure);
    } else if (!judged.problems.empty()) {
      session.putAttribute(*file, kErrors, fmt::format("{}", fmt::join(judged.problems, "\n")));
      session.transfer(*file, kInvalid);
    } else {
      session.transfer(*file, kValid);
    }
    return Done{};
  }

 private:
  struct Judged {
    std::string noJson;
    std::vector<std::string> problems;
  };

  Result<> judgeAll(ProcessSession& session, const SessionFlowFile& file, JsonDocument& document,
                    Judged& judged) const {
    if (file.size() > JsonDocument::kMaxBytes) {
      judged.noJson = "the content is too long for a JSON document";
      return Done{};
    }
    const ByteView content = MR_TRY(session.readAll(file, JsonDocument::kMaxBytes));
    if (const auto parsed = document.parse(content, longest_); !parsed.ok()) {
      judged.noJson = parsed.error().message;
    } else {
      judged.problems = schema_->problems(document.root(), kMostProblems);
    }
    return Done{};
  }

  Result<> judgeLines(ProcessSession& session, const SessionFlowFile& file, JsonDocument& document,
                      Judged& judged) const {
    const auto content = MR_TRY(session.read(file));
    LineReader lines(*content, JsonDocument::kMaxBytes);
    for (std::uint64_t number = 1; judged.problems.size() < kMostProblems; ++number) {
      const auto next = lines.next();
      if (!next.ok() && next.error().fault == Fault::kUser) {
        judged.noJson = fmt::format("line {}: {}", number, next.error().message);
        break;
      }
      if (!next.ok()) return next.error();
      const auto& line = *next;
      if (!line) break;
      if (line->find_first_not_of(" \t\r\n") == std::string_view::npos) continue;
      if (const auto parsed = document.parse(asBytes(*line), longest_); !parsed.ok()) {
        judged.noJson = fmt::format("line {}: {}", number, parsed.error().message);
        break;
      }
      for (const std::string& problem :
           schema_->problems(document.root(), kMostProblems - judged.problems.size()))
        judged.problems.push_back(fmt::format("line {}: {}", number, problem));
    }
    return Done{};
  }

  // Constant between two calls of onScheduled().
  std::optional<JsonSchema> schema_;
  std::uint64_t longest_ = 0;
  JsonDocumentPool documents_;  // guards itself
};

}  // namespace

MR_PROCESSOR(validate_json){
    .type = "ValidateJson",
    .summary = "Judges JSON documents by a JSON Schema.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .batching = true,
    .make = make<ValidateJson>,
};

}  // namespace millrace::processors
