// SPDX-License-Identifier: Apache-2.0
#include "engine/base/random.h"
#include "engine/processor/processor.h"

#include <array>

namespace millrace::processors {
namespace {

constexpr std::string_view kText = "Text";
constexpr std::array kFormats{
    AllowedValue{kText, "Random letters, digits and punctuation."},
    AllowedValue{"Binary", "Random bytes."},
};
constexpr std::array<std::string_view, 1> kCustomTextAliases{"generate-ff-custom-text"};
constexpr std::array<std::string_view, 1> kMimeTypeAliases{"mime-type"};

constexpr Property<DataSize> kFileSize{{.name = "File Size",
                                        .description = "Bytes of content of each FlowFile.",
                                        .defaultValue = "0B",
                                        .required = true,
                                        .scope = ExpressionScope::kEnvironment,
                                        .atMost = INT64_C(1) << 31}};
constexpr Property<std::int64_t> kBatchSize{
    {.name = "Batch Size",
     .description = "How many FlowFiles are made each time the processor runs.",
     .defaultValue = "1",
     .required = true,
     .atLeast = 1,
     .atMost = 1'000'000}};
constexpr Property<std::string> kDataFormat{{.name = "Data Format",
                                             .description = "What the random content is made of.",
                                             .defaultValue = kText,
                                             .required = true,
                                             .allowed = kFormats}};
constexpr Property<bool> kUnique{
    {.name = "Unique FlowFiles",
     .description = "Whether each FlowFile has content of its own. Otherwise all of them share one "
                    "content, which costs nothing to write.",
     .defaultValue = "false",
     .required = true}};
constexpr Property<std::string> kCustomText{
    {.name = "Custom Text",
     .description = "The content, in UTF-8, instead of random text; File Size is then not used. An "
                    "expression is evaluated once each time the processor runs.",
     .scope = ExpressionScope::kEnvironment,
     .aliases = kCustomTextAliases}};
constexpr Property<std::string> kMimeType{{.name = "Mime Type",
                                           .description = "Value of the attribute mime.type.",
                                           .aliases = kMimeTypeAliases}};
constexpr std::array kProperties{&kFileSize.info, &kBatchSize.info,  &kDataFormat.info,
                                 &kUnique.info,   &kCustomText.info, &kMimeType.info};

constexpr Relationship kSuccess{"success", "Every FlowFile that was made."};
constexpr std::array kRelationships{&kSuccess};

constexpr std::array kWrites{
    AttributeInfo{"mime.type", "The value of Mime Type, when that is set."},
    AttributeInfo{"<dynamic property>", "The value of the dynamic property of that name."}};
constexpr std::array<std::string_view, 4> kTags{"test", "random", "generate", "load"};

constexpr std::string_view kAlphabet =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,;:!?-+*/=()[]{}<>\n\t";

std::string randomContent(ProcessContext& context, std::uint64_t size, bool text) {
  Random random(context.random(UINT64_MAX));
  std::string content(size, '\0');
  std::size_t at = 0;
  while (at < content.size()) {
    std::uint64_t bits = random.next();
    for (int i = 0; i < 8 && at < content.size(); ++i, bits >>= 8) {
      const auto byte = static_cast<unsigned char>(bits);
      content[at++] = text ? kAlphabet[byte % kAlphabet.size()] : static_cast<char>(byte);
    }
  }
  return content;
}

class GenerateFlowFile final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    unique_ = context.get(kUnique);
    text_ = context.get(kDataFormat) == kText;
    custom_ = context.has(kCustomText);
    size_ = custom_ ? 0 : MR_TRY(context.evaluate(kFileSize));
    shared_ = unique_ || custom_ ? std::string() : randomContent(context, size_, text_);
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    const std::string custom = custom_ ? MR_TRY(context.evaluate(kCustomText)) : std::string();
    std::vector<std::string> values;
    const auto dynamic = context.dynamicProperties();
    values.reserve(dynamic.size());
    for (const ConfiguredProperty& property : dynamic)
      MR_TRY(context.evaluateText(property, nullptr, values.emplace_back()));
    std::vector<Attributes::Pair> attributes;
    for (std::size_t i = 0; i < dynamic.size(); ++i)
      attributes.emplace_back(dynamic[i].name(), values[i]);
    if (context.has(kMimeType)) attributes.emplace_back("mime.type", context.get(kMimeType));

    const std::string_view content = custom_ ? custom : std::string_view(shared_);
    const SessionFlowFile* first = nullptr;
    for (std::int64_t left = context.get(kBatchSize); left > 0; --left) {
      SessionFlowFile& file = session.create();
      if (unique_) {
        if (size_ > 0) MR_TRY(session.writeAll(file, randomContent(context, size_, text_)));
      } else if (first != nullptr) {
        session.shareContent(file, *first);
      } else if (!content.empty()) {
        MR_TRY(session.writeAll(file, content));
        first = &file;
      }
      if (!attributes.empty()) session.putAttributes(file, attributes);
      session.transfer(file, kSuccess);
    }
    return Done{};
  }

 private:
  // Set when scheduled, constant while triggers run.
  bool unique_ = false;
  bool text_ = true;
  bool custom_ = false;
  std::uint64_t size_ = 0;
  std::string shared_;  // the content of every FlowFile unless each has its own
};

std::vector<std::string> check(std::span<const PropertyText> values) {
  std::vector<std::string> problems;
  if (textOf(values, kCustomText.info.name).empty()) return problems;
  if (textOf(values, kUnique.info.name) == "true") {
    problems.emplace_back(
        "Custom Text gives every FlowFile the same content: set Unique FlowFiles to false");
  }
  if (textOf(values, kDataFormat.info.name) != kText)
    problems.emplace_back("Custom Text is text: set Data Format to Text");
  return problems;
}

}  // namespace

MR_PROCESSOR(generate_flow_file){
    .type = "GenerateFlowFile",
    .summary =
        "Makes FlowFiles with random or given content, to test a flow or to put it under "
        "load.",
    .tags = kTags,
    .input = InputRequirement::kForbidden,
    .properties = kProperties,
    .relationships = kRelationships,
    .dynamic = DynamicProperties::kAttributes,
    .dynamicDescription = "Sets the attribute of the property's name on every FlowFile.",
    .dynamicScope = ExpressionScope::kEnvironment,
    .writesAttributes = kWrites,
    .batching = true,
    .endless = true,
    .defaultSchedule = "1 min",
    .validate = check,
    .make = make<GenerateFlowFile>,
};

}  // namespace millrace::processors
