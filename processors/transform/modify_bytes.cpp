// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"

#include <algorithm>
#include <array>

namespace millrace::processors {
namespace {

constexpr Property<DataSize> kStart{
    {.name = "Start Offset",
     .description = "How many bytes are removed from the start of the content.",
     .defaultValue = "0 B",
     .required = true,
     .scope = ExpressionScope::kFlowFile}};
constexpr Property<DataSize> kEnd{
    {.name = "End Offset",
     .description = "How many bytes are removed from the end of the content.",
     .defaultValue = "0 B",
     .required = true,
     .scope = ExpressionScope::kFlowFile}};
constexpr Property<bool> kAll{{.name = "Remove All Content",
                               .description = "Whether nothing is left, whatever the offsets are.",
                               .defaultValue = "false",
                               .required = true}};
constexpr std::array kProperties{&kStart.info, &kEnd.info, &kAll.info};

constexpr Relationship kSuccess{"success", "FlowFiles with what is left of their content."};
constexpr std::array kRelationships{&kSuccess};
constexpr std::array<std::string_view, 3> kTags{"binary", "trim", "bytes"};

class ModifyBytes final : public Processor {
 public:
  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    std::uint64_t begin = 0;
    std::uint64_t end = 0;  // of what stays; not behind begin: nothing stays
    if (!context.get(kAll)) {
      const std::uint64_t size = file->size();
      begin = MR_TRY(context.evaluate(kStart, *file));
      end = size - std::min(size, MR_TRY(context.evaluate(kEnd, *file)));
    }
    MR_TRY(keep(session, *file, begin, end));
    session.transfer(*file, kSuccess);
    return Done{};
  }

 private:
  static Result<> keep(ProcessSession& session, SessionFlowFile& file, std::uint64_t begin,
                       std::uint64_t end) {
    if (begin >= end) return session.writeAll(file, std::string_view());
    if (begin == 0 && end == file.size()) return Done{};
    const auto reader = MR_TRY(session.read(file));
    const auto writer = MR_TRY(session.write(file));
    for (std::uint64_t at = 0; at < end;) {
      const std::uint64_t stop = at < begin ? begin : end;
      const ByteView part = MR_TRY(
          reader->next(static_cast<std::size_t>(std::min<std::uint64_t>(stop - at, kPiece))));
      if (part.empty()) return Error::environment("content ends before its length", false);
      if (at >= begin) MR_TRY(writer->write(part));
      at += part.size();
    }
    return writer->finish();
  }

  static constexpr std::uint64_t kPiece = 64 * 1024;
};

}  // namespace

MR_PROCESSOR(modify_bytes){
    .type = "ModifyBytes",
    .summary = "Removes bytes from the start and the end of the content, or all of it.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .batching = true,
    .make = make<ModifyBytes>};

}  // namespace millrace::processors
