// SPDX-License-Identifier: Apache-2.0
#pragma once
// Lines of content: a line ends behind \n, \r\n or a \r that no \n follows, as NiFi counts them;
// the last one may have no end. Memory: LineMeasurer holds one piece of content, LineReader one
// line.
// Threads: each belongs to the trigger that reads.

#include "engine/base/result.h"
#include "engine/processor/process_session.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::processors {

/// Finds the ends of lines in text that comes in pieces.
class LineEnds {
 public:
  struct Piece {
    std::size_t bytes = 0;  ///< of the text, that belong to the present line
    bool ended = false;     ///< the line is complete
  };
  /// The part of `text` that belongs to the present line. `text` is what was not yet taken; a \r at
  /// its very end leaves the line open until the next byte (or the end of content) is seen: then a
  /// Piece of 0 bytes may end it.
  Piece take(std::string_view text);
  /// Bytes of the terminator of the line that was last ended.
  std::uint32_t terminator() const { return terminator_; }
  /// True when the line that is left at the end of content ends with a lone \r.
  bool pendingReturn() const { return pendingReturn_; }
  void finish() {
    terminator_ = pendingReturn_ ? 1 : 0;
    pendingReturn_ = false;
  }

 private:
  bool pendingReturn_ = false;  // the present line ends with \r; \n may follow
  std::uint32_t terminator_ = 0;
};

struct LineSpan {
  std::uint64_t length = 0;  ///< bytes, terminator included
  std::uint32_t terminator = 0;
  bool startsWithMarker = true;
  bool isEmpty() const { return length == terminator; }
};

/// The lengths of lines, without keeping them.
class LineMeasurer {
 public:
  explicit LineMeasurer(ContentReader& content) : content_(content) {}
  /// The next line, nothing at the end. With a marker, startsWithMarker tells whether it begins so.
  Result<std::optional<LineSpan>> next(std::string_view marker = {});

 private:
  ContentReader& content_;
  LineEnds ends_;
  std::string_view rest_;
};

/// The lines themselves.
class LineReader {
 public:
  /// A line of more than `limit` bytes is an Error of fault kUser.
  LineReader(ContentReader& content, std::uint64_t limit) : content_(content), limit_(limit) {}
  /// The next line with its terminator, good until the next call; nothing at the end.
  Result<std::optional<std::string_view>> next();

 private:
  ContentReader& content_;
  const std::uint64_t limit_;
  LineEnds ends_;
  std::string_view rest_;
  std::string line_;  // of a line that lies in several pieces
};

/// The line without its terminator.
std::string_view withoutTerminator(std::string_view line);

}  // namespace millrace::processors
