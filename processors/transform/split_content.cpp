// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

namespace millrace::processors {
namespace {

constexpr std::string_view kHexadecimal = "Hexadecimal";
constexpr std::string_view kText = "Text";
constexpr std::array kFormats{
    AllowedValue{kHexadecimal, "Two hexadecimal digits a byte."},
    AllowedValue{kText, "Text, whose UTF-8 bytes are looked for."},
};
constexpr std::string_view kTrailing = "Trailing";
constexpr std::string_view kLeading = "Leading";
constexpr std::array kLocations{
    AllowedValue{kTrailing, "The sequence ends a split."},
    AllowedValue{kLeading, "The sequence begins the next split."},
};

constexpr Property<std::string> kFormat{{.name = "Byte Sequence Format",
                                         .description = "How Byte Sequence is written.",
                                         .defaultValue = kHexadecimal,
                                         .required = true,
                                         .allowed = kFormats}};
constexpr Property<std::string> kSequence{
    {.name = "Byte Sequence", .description = "The bytes between two splits.", .required = true}};
constexpr Property<bool> kKeep{
    {.name = "Keep Byte Sequence",
     .description = "Whether the sequence stays, in the split that Byte Sequence Location says.",
     .defaultValue = "false",
     .required = true}};
constexpr Property<std::string> kLocation{
    {.name = "Byte Sequence Location",
     .description = "Which split keeps the sequence; without Keep Byte Sequence it does nothing.",
     .defaultValue = kTrailing,
     .required = true,
     .allowed = kLocations}};
constexpr std::array kProperties{&kFormat.info, &kSequence.info, &kKeep.info, &kLocation.info};

constexpr Relationship kSplits{"splits", "The splits, in order; empty ones are left out."};
constexpr Relationship kOriginal{"original", "The FlowFile that was split."};
constexpr std::array kRelationships{&kSplits, &kOriginal};
constexpr std::array<std::string_view, 4> kTags{"content", "split", "binary", "delimiter"};
constexpr std::array kWrites{
    AttributeInfo{"fragment.identifier", "The same text for all splits of one FlowFile."},
    AttributeInfo{"fragment.index", "The place of the split, from 1."},
    AttributeInfo{"fragment.count", "How many splits there are."},
    AttributeInfo{"segment.original.filename", "The name of the FlowFile that was split."}};

std::optional<unsigned> digit(char character) {
  if (character >= '0' && character <= '9') return static_cast<unsigned>(character - '0');
  if (character >= 'a' && character <= 'f') return static_cast<unsigned>(character - 'a') + 10;
  if (character >= 'A' && character <= 'F') return static_cast<unsigned>(character - 'A') + 10;
  return std::nullopt;
}

std::optional<std::string> fromHexadecimal(std::string_view text) {
  std::string bytes;
  if (text.size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = digit(text[i]);
    const auto low = digit(text[i + 1]);
    if (!high || !low) return std::nullopt;
    bytes += static_cast<char>(*high * 16 + *low);
  }
  return bytes;
}

struct Range {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

class SplitContent final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    sequence_ = context.get(kSequence);
    if (context.get(kFormat) == kHexadecimal) {
      auto bytes = fromHexadecimal(sequence_);
      if (!bytes) return Error::user("'Byte Sequence' is not hexadecimal");
      sequence_ = std::move(*bytes);
    }
    const bool keep = context.get(kKeep);
    keepTrailing_ = keep && context.get(kLocation) == kTrailing;
    keepLeading_ = keep && !keepTrailing_;
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    const std::vector<std::uint64_t> ends = MR_TRY(findSequences(session, *file));
    if (ends.empty()) {
      session.transfer(session.clone(*file), kSplits);
      session.transfer(*file, kOriginal);
      return Done{};
    }
    const std::vector<Range> splits = splitAt(ends, file->size());
    const std::string identifier = context.randomUuid();
    const std::string count = std::to_string(splits.size());
    const std::string filename(file->value("filename"));
    std::uint64_t index = 0;
    for (const Range& range : splits) {
      SessionFlowFile* split = MR_TRY(session.clone(*file, range.offset, range.length));
      const std::string place = std::to_string(++index);
      const std::array<Attributes::Pair, 4> attributes{{{"fragment.identifier", identifier},
                                                        {"fragment.index", place},
                                                        {"fragment.count", count},
                                                        {"segment.original.filename", filename}}};
      session.putAttributes(*split, attributes);
      session.transfer(*split, kSplits);
    }
    const std::array<Attributes::Pair, 2> ofOriginal{
        {{"fragment.identifier", identifier}, {"fragment.count", count}}};
    session.putAttributes(*file, ofOriginal);
    session.transfer(*file, kOriginal);
    return Done{};
  }

 private:
  /// Where each sequence ends. They do not overlap; the first one from the left counts.
  Result<std::vector<std::uint64_t>> findSequences(ProcessSession& session,
                                                   const SessionFlowFile& file) const {
    const auto reader = MR_TRY(session.read(file));
    std::vector<std::uint64_t> ends;
    std::string window;        // not yet searched, or the start of a sequence
    std::uint64_t before = 0;  // bytes before the window
    for (;;) {
      const ByteView part = MR_TRY(reader->next());
      if (part.empty()) return ends;
      window += asText(part);
      std::size_t from = 0;
      for (std::size_t at = window.find(sequence_); at != std::string::npos;
           at = window.find(sequence_, from)) {
        from = at + sequence_.size();
        ends.push_back(before + from);
      }
      // A sequence may go on in the next part.
      const std::size_t tail = sequence_.size() - 1;
      if (window.size() > tail) from = std::max(from, window.size() - tail);
      before += from;
      window.erase(0, from);
    }
  }

  std::vector<Range> splitAt(const std::vector<std::uint64_t>& ends, std::uint64_t size) const {
    const std::uint64_t length = sequence_.size();
    std::vector<Range> splits;
    std::uint64_t start = 0;
    const auto add = [&](std::uint64_t end) {
      if (end > start) splits.push_back({start, end - start});
    };
    for (const std::uint64_t end : ends) {
      add(keepTrailing_ ? end : end - length);
      start = keepLeading_ ? end - length : end;
    }
    add(size);
    return splits;
  }

  std::string sequence_;
  bool keepTrailing_ = false;
  bool keepLeading_ = false;
};

std::vector<std::string> validate(std::span<const PropertyText> values) {
  const std::string_view format = textOf(values, kFormat.info.name);
  const std::string_view sequence = textOf(values, kSequence.info.name);
  if (format != kHexadecimal || sequence.empty() || fromHexadecimal(sequence)) return {};
  return {fmt::format(
      "Property 'Byte Sequence' is '{}', which is not hexadecimal: write two digits a byte, or set "
      "'Byte Sequence Format' to Text",
      sequence)};
}

}  // namespace

MR_PROCESSOR(split_content){.type = "SplitContent",
                            .summary = "Splits content wherever a sequence of bytes stands.",
                            .tags = kTags,
                            .properties = kProperties,
                            .relationships = kRelationships,
                            .writesAttributes = kWrites,
                            .batching = true,
                            .validate = validate,
                            .make = make<SplitContent>};

}  // namespace millrace::processors
