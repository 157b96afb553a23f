// SPDX-License-Identifier: Apache-2.0
#include "processors/text/line_splitter.h"

#include <fmt/format.h>

namespace millrace::processors {

Result<std::optional<SplitHeader>> LineSplitter::header() {
  const bool byMarker = rules_.headerLines == 0 && !rules_.headerMarker.empty();
  if (rules_.headerLines == 0 && !byMarker) return std::optional<SplitHeader>();
  SplitHeader header;
  std::uint64_t count = 0;
  while (byMarker || count < rules_.headerLines) {
    const auto line = MR_TRY(lines_.next(byMarker ? rules_.headerMarker : std::string_view{}));
    if (!line) break;
    if (byMarker && !line->startsWithMarker) {
      carried_ = line;
      break;
    }
    if (line->length > rules_.maxSize || header.length > rules_.maxSize - line->length) {
      return Error::user(fmt::format("the header is larger than the {} bytes allowed for a split",
                                     rules_.maxSize));
    }
    header.length += line->length;
    header.lastTerminator = line->terminator;
    ++count;
  }
  if (count < rules_.headerLines) {
    return Error::user(
        fmt::format("there are {} header lines, but {} are expected", count, rules_.headerLines));
  }
  if (count == 0) return std::optional<SplitHeader>();
  headerLength_ = header.length;
  offset_ = header.length;
  return std::optional<SplitHeader>(header);
}

Result<std::optional<SplitRange>> LineSplitter::next() {
  SplitRange split;
  split.offset = offset_;
  std::uint64_t lines = 0;
  std::uint64_t emptyLines = 0;
  std::uint64_t trailing = 0;        // bytes of the empty lines at the end so far
  std::uint64_t lastTerminator = 0;  // of the line read last, even if it went to the next split
  if (carried_) {
    split.length = carried_->length;
    lines = 1;
    carried_.reset();
  }
  while (const auto line = MR_TRY(lines_.next())) {
    lastTerminator = line->terminator;
    if (split.length + line->length + headerLength_ > rules_.maxSize) {
      if (split.length == 0) {  // a line that is too large by itself is a split of its own
        split.length = line->length;
        ++lines;
      } else {
        carried_ = line;
      }
      break;
    }
    if (line->isEmpty()) {
      trailing += line->terminator;
      ++emptyLines;
    } else {
      trailing = 0;
    }
    split.length += line->length;
    ++lines;
    if (rules_.lineCount > 0 && lines >= rules_.lineCount) break;
  }
  if (lines == 0) return std::optional<SplitRange>();
  if (split.length - trailing >= lastTerminator) trailing += lastTerminator;
  split.trimmed = split.length - trailing;
  split.lines = lines - emptyLines;
  offset_ += split.length;
  return std::optional<SplitRange>(split);
}

}  // namespace millrace::processors
