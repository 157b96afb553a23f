// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"

#include <algorithm>
#include <array>
#include <string>

namespace millrace::processors {
namespace {

constexpr Property<DataSize> kSize{
    {.name = "Segment Size",
     .description = "How many bytes a segment has at most; only the last one may have fewer.",
     .required = true,
     .scope = ExpressionScope::kFlowFile,
     .atLeast = 1}};
constexpr std::array kProperties{&kSize.info};

constexpr Relationship kSegments{"segments", "The segments, in order."};
constexpr Relationship kOriginal{"original", "The FlowFile that was cut."};
constexpr std::array kRelationships{&kSegments, &kOriginal};
constexpr std::array<std::string_view, 3> kTags{"segment", "split", "size"};
constexpr std::array kWrites{
    AttributeInfo{"segment.identifier", "The same text for all segments of one FlowFile."},
    AttributeInfo{"segment.index", "The place of the segment, from 1."},
    AttributeInfo{"segment.count", "How many segments there are."},
    AttributeInfo{"segment.original.filename", "The name of the FlowFile that was cut."},
    AttributeInfo{"fragment.identifier", "As segment.identifier; the original has it, too."},
    AttributeInfo{"fragment.index", "As segment.index."},
    AttributeInfo{"fragment.count", "As segment.count; the original has it, too."}};

class SegmentContent final : public Processor {
 public:
  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    const std::uint64_t most = MR_TRY(context.evaluate(kSize, *file));
    const std::string identifier = context.randomUuid();
    const std::string filename(file->value("filename"));
    const std::uint64_t size = file->size();
    const std::uint64_t segments = size <= most ? 1 : size / most + (size % most > 0 ? 1 : 0);
    const std::string count = std::to_string(segments);
    const auto describe = [&](SessionFlowFile& segment, std::uint64_t index) {
      const std::string place = std::to_string(index);
      const std::array<Attributes::Pair, 7> attributes{{{"segment.identifier", identifier},
                                                        {"segment.index", place},
                                                        {"segment.count", count},
                                                        {"segment.original.filename", filename},
                                                        {"fragment.identifier", identifier},
                                                        {"fragment.index", place},
                                                        {"fragment.count", count}}};
      session.putAttributes(segment, attributes);
    };
    if (size <= most) {
      // As in NiFi, the original is then described like its one segment.
      describe(*file, 1);
      session.transfer(session.clone(*file), kSegments);
      session.transfer(*file, kOriginal);
      return Done{};
    }
    for (std::uint64_t index = 0; index < segments; ++index) {
      const std::uint64_t offset = index * most;
      SessionFlowFile* segment =
          MR_TRY(session.clone(*file, offset, std::min(most, size - offset)));
      describe(*segment, index + 1);
      session.transfer(*segment, kSegments);
    }
    const std::array<Attributes::Pair, 2> ofOriginal{
        {{"fragment.identifier", identifier}, {"fragment.count", count}}};
    session.putAttributes(*file, ofOriginal);
    session.transfer(*file, kOriginal);
    return Done{};
  }
};

}  // namespace

MR_PROCESSOR(segment_content){
    .type = "SegmentContent",
    .summary = "Cuts content into segments of a size, without a look at what is in it.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .batching = true,
    .make = make<SegmentContent>};

}  // namespace millrace::processors
