// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"
#include "processors/text/charset.h"

#include <fmt/format.h>

#include <array>

namespace millrace::processors {
namespace {

constexpr Property<std::string> kInput{{.name = "Input Character Set",
                                        .description = "The encoding that the content has.",
                                        .defaultValue = "UTF-8",
                                        .required = true,
                                        .scope = ExpressionScope::kFlowFile}};
constexpr Property<std::string> kOutput{{.name = "Output Character Set",
                                         .description = "The encoding that it is written in.",
                                         .defaultValue = "UTF-8",
                                         .required = true,
                                         .scope = ExpressionScope::kFlowFile}};
constexpr std::array kProperties{&kInput.info, &kOutput.info};

constexpr Relationship kSuccess{"success", "FlowFiles in their new encoding."};
constexpr std::array kRelationships{&kSuccess};
constexpr std::array<std::string_view, 4> kTags{"text", "convert", "characters", "encoding"};

/// Malformed bytes, and characters that the new encoding has not, as NiFi writes them.
constexpr std::string_view kUnknown = "?";

class ConvertCharacterSet final : public Processor {
 public:
  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    const Charset from = MR_TRY(Charset::find(MR_TRY(context.evaluate(kInput, *file))));
    const Charset to = MR_TRY(Charset::find(MR_TRY(context.evaluate(kOutput, *file))));
    const auto reader = MR_TRY(session.read(*file));
    const auto writer = MR_TRY(session.write(*file));
    const auto text = MR_TRY(DecodedContent::make(*reader, from, kUnknown));
    const auto encoded = MR_TRY(EncodedContent::make(*writer, to));
    for (;;) {
      const ByteView part = MR_TRY(text->next(kPiece));
      if (part.empty()) break;
      MR_TRY(encoded->write(part));
    }
    MR_TRY(encoded->finish());
    session.transfer(*file, kSuccess);
    return Done{};
  }

 private:
  static constexpr std::size_t kPiece = 64 * 1024;
};

std::vector<std::string> check(std::span<const PropertyText> values) {
  std::vector<std::string> problems;
  for (const PropertyInfo* info : kProperties) {
    const std::string_view name = textOf(values, info->name);
    if (name.empty() || name.find("${") != std::string_view::npos ||
        name.find("#{") != std::string_view::npos)
      continue;
    if (const auto found = Charset::find(name); !found.ok())
      problems.push_back(fmt::format("{}: {}", info->name, found.error().message));
  }
  return problems;
}

}  // namespace

MR_PROCESSOR(convert_character_set){.type = "ConvertCharacterSet",
                                    .summary = "Writes a text in another encoding.",
                                    .tags = kTags,
                                    .properties = kProperties,
                                    .relationships = kRelationships,
                                    .batching = true,
                                    .validate = check,
                                    .make = make<ConvertCharacterSet>};

}  // namespace millrace::processors
