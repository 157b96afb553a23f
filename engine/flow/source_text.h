// SPDX-License-Identifier: Apache-2.0
#pragma once
// SourceText: the text of a flow file as lines: byte offsets to positions that a person counts, and
// the ranges of scalars and collections. It views the text, which must outlive it.

#include "engine/flow/finding.h"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace millrace::flow {

class SourceText {
 public:
  explicit SourceText(std::string_view text);

  std::string_view text() const { return text_; }
  std::size_t lineCount() const { return lines_.size(); }
  /// Offset of the first byte of a line counted from 0, clamped to the text.
  std::size_t lineStart(std::size_t line) const;
  std::size_t lineOf(std::size_t offset) const;
  /// The line's text without its line break.
  std::string_view lineText(std::size_t line) const;
  /// Line and column counted from 1, the column in characters.
  SourcePosition position(std::size_t offset) const;
  /// From a line and a byte column counted from 0; a byte order mark is allowed for.
  std::size_t offset(int line, int column) const;

  /// End of a quoted scalar that begins at `begin`.
  std::size_t quotedEnd(std::size_t begin) const;
  /// End of a plain scalar whose decoded value is `value`.
  std::size_t plainEnd(std::size_t begin, std::string_view value) const;
  /// End of a block scalar (`|`, `>`) in a collection indented by `parentIndent` (-1 at the top).
  std::size_t blockEnd(std::size_t begin, int parentIndent) const;
  /// One past the bracket that closes a flow collection, searched behind its last child.
  std::size_t bracketEnd(std::size_t lastChildEnd, char close) const;

 private:
  std::string_view text_;
  std::vector<std::size_t> lines_;  // offset of each line's first byte
};

/// The first reason why `text` cannot be the text of a flow file at all: not UTF-8, control
/// characters, too large.
std::optional<Finding> refusedBytes(const SourceText& text);

}  // namespace millrace::flow
