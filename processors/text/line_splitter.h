// SPDX-License-Identifier: Apache-2.0
#pragma once
// LineSplitter: where the splits of a text begin and end, by NiFi's rules of counting. It reads the
// content once and keeps numbers only.
//
// A split is a range of whole lines. `trimmed` is its length without the line ends at its end.
// `lines` leaves out empty lines, wherever in the split they are; but a line that the size limit
// moved here from the split before counts even when it is empty.

#include "processors/text/line_reader.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::processors {

struct SplitRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t trimmed = 0;
  std::uint64_t lines = 0;
};

struct SplitRules {
  std::uint64_t lineCount = 0;         ///< 0: no limit
  std::uint64_t maxSize = UINT64_MAX;  ///< of a split with its header, in bytes
  std::uint64_t headerLines = 0;
  std::string headerMarker;  ///< used when headerLines is 0
};

struct SplitHeader {
  std::uint64_t length = 0;
  std::uint64_t lastTerminator = 0;  ///< bytes of the line end of its last line
};

class LineSplitter {
 public:
  LineSplitter(ContentReader& content, const SplitRules& rules) : lines_(content), rules_(rules) {}
  /// Reads the header; call it once, first. Nothing when there is none. An Error of fault kUser
  /// says that the content has too few header lines, or a header larger than the size limit.
  Result<std::optional<SplitHeader>> header();
  /// The next split, nothing at the end.
  Result<std::optional<SplitRange>> next();

 private:
  LineMeasurer lines_;
  const SplitRules& rules_;
  std::uint64_t headerLength_ = 0;
  std::uint64_t offset_ = 0;
  std::optional<LineSpan> carried_;  // read, but belongs to the next split
};

}  // namespace millrace::processors
