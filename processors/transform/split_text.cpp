// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"
#include "processors/text/line_splitter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace millrace::processors {
namespace {

constexpr Property<std::int64_t> kLineCount{
    {.name = "Line Split Count",
     .description = "How many lines a split has, header lines aside; 0 leaves it to Maximum "
                    "Fragment Size.",
     .required = true,
     .atLeast = 0}};
constexpr Property<DataSize> kMaxSize{
    {.name = "Maximum Fragment Size",
     .description = "How many bytes a split may have, header lines included. A single line that is "
                    "larger becomes a split of its own."}};
constexpr Property<std::int64_t> kHeaderCount{
    {.name = "Header Line Count",
     .description = "How many lines at the start are a header, which every split gets.",
     .defaultValue = "0",
     .required = true,
     .atLeast = 0}};
constexpr Property<std::string> kHeaderMarker{
    {.name = "Header Line Marker Characters",
     .description = "First characters of header lines at the start; used when Header Line Count is "
                    "0."}};
constexpr Property<bool> kRemoveNewlines{
    {.name = "Remove Trailing Newlines",
     .description = "Whether line ends at the end of a split are removed. A split of nothing else "
                    "is then left out, unless there is a header.",
     .defaultValue = "true",
     .required = true}};
constexpr std::array kProperties{&kLineCount.info, &kMaxSize.info, &kHeaderCount.info,
                                 &kHeaderMarker.info, &kRemoveNewlines.info};

constexpr Relationship kOriginal{"original", "The FlowFile that was split."};
constexpr Relationship kSplits{"splits", "The splits, in order."};
constexpr Relationship kFailure{"failure", "The content has too small or too large a header."};
constexpr std::array kRelationships{&kOriginal, &kSplits, &kFailure};

constexpr std::array<std::string_view, 3> kTags{"split", "text", "lines"};
constexpr std::array kWrites{
    AttributeInfo{"text.line.count", "Lines of the split that are not empty, without the header."},
    AttributeInfo{"fragment.size", "Bytes of the split, header included."},
    AttributeInfo{"fragment.identifier", "The same text for all splits of one FlowFile."},
    AttributeInfo{"fragment.index", "The place of the split, from 1."},
    AttributeInfo{"fragment.count", "How many splits there are."},
    AttributeInfo{"segment.original.filename", "The name of the FlowFile that was split."}};

constexpr std::uint64_t kHeaderKept = 1024 * 1024;  // larger headers are read again for each split

/// The pieces of one FlowFile and what is the same for all of them.
struct Plan {
  std::optional<SplitHeader> header;
  std::vector<SplitRange> splits;
};

class SplitText final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    rules_.lineCount = static_cast<std::uint64_t>(context.get(kLineCount));
    rules_.maxSize = context.has(kMaxSize) ? context.get(kMaxSize) : UINT64_MAX;
    rules_.headerLines = static_cast<std::uint64_t>(context.get(kHeaderCount));
    rules_.headerMarker = context.get(kHeaderMarker);
    removeNewlines_ = context.get(kRemoveNewlines);
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    Plan plan;
    if (const auto planned = makePlan(session, *file, plan); !planned.ok()) {
      if (planned.error().fault != Fault::kUser) return planned.error();
      context.log(
          BulletinLevel::kError,
          fmt::format("{} cannot be split: {}", file->value("filename"), planned.error().message));
      session.transfer(*file, kFailure);
      return Done{};
    }
    return split(context, session, *file, plan);
  }

 private:
  Result<> makePlan(ProcessSession& session, const SessionFlowFile& file, Plan& plan) const {
    const auto content = MR_TRY(session.read(file));
    LineSplitter splitter(*content, rules_);
    plan.header = MR_TRY(splitter.header());
    while (auto range = MR_TRY(splitter.next())) {
      if (removeNewlines_) range->length = range->trimmed;
      if (range->length > 0 || plan.header) plan.splits.push_back(*range);
    }
    // A text of header lines only is one split of them.
    if (plan.splits.empty() && plan.header) plan.splits.push_back({});
    return Done{};
  }

  Result<> split(ProcessContext& context, ProcessSession& session, SessionFlowFile& file,
                 const Plan& plan) const {
    const std::string identifier = context.randomUuid();
    const std::string count = std::to_string(plan.splits.size());
    const std::string filename(file.value("filename"));
    std::string header;
    if (plan.header && plan.header->length <= kHeaderKept) {
      const auto content = MR_TRY(session.read(file));
      MR_TRY(copy(*content, plan.header->length, [&](ByteView part) -> Result<> {
        header += asText(part);
        return Done{};
      }));
    }
    std::unique_ptr<ContentReader> body;
    if (plan.header) body = MR_TRY(session.read(file));
    std::uint64_t position = 0;
    std::uint64_t index = 0;
    for (const SplitRange& range : plan.splits) {
      SessionFlowFile* piece = nullptr;
      if (!plan.header) {
        piece = MR_TRY(session.clone(file, range.offset, range.length));
      } else if (range.length == 0) {  // the header alone, without its last line end
        piece = MR_TRY(session.clone(file, 0, plan.header->length - plan.header->lastTerminator));
      } else {
        piece = &session.create(file);
        const auto writer = MR_TRY(session.write(*piece));
        const auto write = [&](ByteView part) { return writer->write(part); };
        if (header.empty()) {
          const auto content = MR_TRY(session.read(file));
          MR_TRY(copy(*content, plan.header->length, write));
        } else {
          MR_TRY(writer->write(std::string_view(header)));
        }
        MR_TRY(copy(*body, range.offset - position, [](ByteView) -> Result<> { return Done{}; }));
        MR_TRY(copy(*body, range.length, write));
        position = range.offset + range.length;
        MR_TRY(writer->finish());
      }
      const std::string lines = std::to_string(range.lines);
      const std::string size = std::to_string(piece->size());
      const std::string place = std::to_string(++index);
      const std::array<Attributes::Pair, 6> attributes{{{"text.line.count", lines},
                                                        {"fragment.size", size},
                                                        {"fragment.identifier", identifier},
                                                        {"fragment.index", place},
                                                        {"fragment.count", count},
                                                        {"segment.original.filename", filename}}};
      session.putAttributes(*piece, attributes);
      session.transfer(*piece, kSplits);
    }
    const std::array<Attributes::Pair, 2> ofOriginal{
        {{"fragment.identifier", identifier}, {"fragment.count", count}}};
    session.putAttributes(file, ofOriginal);
    session.transfer(file, kOriginal);
    return Done{};
  }

  /// Gives the next `bytes` bytes to `take`, piece by piece.
  template <typename Take>
  static Result<> copy(ContentReader& from, std::uint64_t bytes, Take&& take) {
    while (bytes > 0) {
      const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, 64 * 1024));
      const ByteView part = MR_TRY(from.next(most));
      if (part.empty()) return Error::environment("content ends before its length", false);
      MR_TRY(take(part));
      bytes -= part.size();
    }
    return Done{};
  }

  SplitRules rules_;
  bool removeNewlines_ = true;
};

std::vector<std::string> validate(std::span<const PropertyText> values) {
  if (textOf(values, kLineCount.info.name) != "0") return {};
  if (!textOf(values, kMaxSize.info.name).empty()) return {};
  return {"Property 'Maximum Fragment Size' must be set where 'Line Split Count' is 0"};
}

}  // namespace

MR_PROCESSOR(split_text){
    .type = "SplitText",
    .summary = "Splits text into FlowFiles of so many lines or bytes, each with the header lines.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .batching = true,
    .validate = validate,
    .make = make<SplitText>};

}  // namespace millrace::processors
