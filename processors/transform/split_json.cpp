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
using expression::JsonMember;
using expression::JsonPath;

namespace {

constexpr std::array kNullTexts{AllowedValue{"empty string", "Null becomes an empty content."},
                                AllowedValue{"the string 'null'", "Null becomes the text null."}};
constexpr Property<JsonPathText> kPath{
    {.name = "JsonPath Expression",
     .description = "The JSONPath of the array to split; an indefinite path such as $.a[*].b "
                    "splits what it finds.",
     .required = true}};
constexpr Property<std::string> kNullText{{.name = "Null Value Representation",
                                           .description = "The content that stands for a null.",
                                           .defaultValue = "empty string",
                                           .required = true,
                                           .allowed = kNullTexts}};
constexpr Property<DataSize> kMaxString{
    {.name = "Max String Length",
     .description = "A document with a longer string goes to failure.",
     .defaultValue = "20 MB",
     .required = true,
     .atLeast = 1}};
constexpr std::array kProperties{&kPath.info, &kNullText.info, &kMaxString.info};

constexpr Relationship kOriginal{"original", "The FlowFile that was split."};
constexpr Relationship kSplit{"split", "One FlowFile for each item of the array."};
constexpr Relationship kFailure{
    "failure", "The content is no JSON, the path is not in it, or it leads to no array."};
constexpr std::array kRelationships{&kOriginal, &kSplit, &kFailure};

std::vector<std::string> validate(std::span<const PropertyText> values) {
  const std::string_view text = textOf(values, kPath.info.name);
  if (text.empty()) return {};
  const auto path = JsonPath::compile(text);
  if (path.ok()) return {};
  return {fmt::format("{}: {}", kPath.info.name, path.error().message)};
}

class SplitJson final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    path_.emplace(MR_TRY(JsonPath::compile(context.get(kPath))));
    nullText_ = context.get(kNullText) == "empty string" ? "" : "null";
    maxString_ = context.get(kMaxString);
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    auto document = documents_.borrow();
    const auto result = split(context, session, *file, *document);
    documents_.giveBack(std::move(document));
    return result;
  }

 private:
  static void refuse(ProcessContext& context, ProcessSession& session, SessionFlowFile& file,
                     std::string_view why) {
    context.log(BulletinLevel::kError, fmt::format("{}: {}", file.value("filename"), why));
    session.transfer(file, kFailure);
  }

  Result<> split(ProcessContext& context, ProcessSession& session, SessionFlowFile& file,
                 JsonDocument& document) {
    if (file.size() > JsonDocument::kMaxBytes) {
      refuse(context, session, file, "the content is too long for a JSON document");
      return Done{};
    }
    const ByteView content = MR_TRY(session.readAll(file, JsonDocument::kMaxBytes));
    const auto parsed = document.parse(content, maxString_);
    if (!parsed.ok() || document.root().kind == JsonKind::kNull) {
      refuse(context, session, file,
             parsed.ok() ? std::string_view("the content is null") : parsed.error().message);
      return Done{};
    }
    const auto list = path_->read(document);
    if (!list || list->kind != JsonKind::kArray) {
      refuse(context, session, file,
             list ? "what JsonPath Expression leads to is no array and cannot be split"
                  : "JsonPath Expression is not in the document");
      return Done{};
    }
    const std::string identifier = context.randomUuid();
    const std::string count = fmt::format("{}", list->count);
    const std::string name(file.value("filename"));
    std::string text;
    std::size_t index = 0;
    for (const JsonMember& member : list->members()) {
      SessionFlowFile& part = session.create(file);
      text.clear();
      appendPlain(member.value, nullText_, text);
      MR_TRY(session.writeAll(part, text));
      const std::string place = fmt::format("{}", index++);
      const std::array<Attributes::Pair, 4> pairs{{{"fragment.identifier", identifier},
                                                   {"fragment.index", place},
                                                   {"fragment.count", count},
                                                   {"segment.original.filename", name}}};
      session.putAttributes(part, pairs);
      session.transfer(part, kSplit);
    }
    const std::array<Attributes::Pair, 2> pairs{
        {{"fragment.identifier", identifier}, {"fragment.count", count}}};
    session.putAttributes(file, pairs);
    session.transfer(file, kOriginal);
    return Done{};
  }

  // Constant between two calls of onScheduled().
  std::optional<JsonPath> path_;
  std::string_view nullText_;
  std::uint64_t maxString_ = 0;
  JsonDocumentPool documents_;  // guards itself
};

constexpr std::array<std::string_view, 4> kTags{"JSON", "JSONPath", "split", "array"};
constexpr std::array kWrites{
    AttributeInfo{"fragment.identifier", "The same new uuid on all parts and on the original."},
    AttributeInfo{"fragment.index", "The part's place, from 0."},
    AttributeInfo{"fragment.count", "How many parts there are; on the original too."},
    AttributeInfo{"segment.original.filename", "The filename of the original."}};

}  // namespace

MR_PROCESSOR(split_json){
    .type = "SplitJson",
    .summary = "Splits the array that a JSONPath leads to into one FlowFile for each item.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .batching = true,
    .validate = validate,
    .make = make<SplitJson>};

}  // namespace millrace::processors
