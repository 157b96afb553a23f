// SPDX-License-Identifier: Apache-2.0
#include "processors/text/line_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace millrace::processors {

namespace {

std::size_t indexOf(std::string_view text, char c) {
  const void* found = std::memchr(text.data(), c, text.size());
  if (found == nullptr) return text.npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace

LineEnds::Piece LineEnds::take(std::string_view text) {
  if (text.empty()) return {};
  if (pendingReturn_) {
    pendingReturn_ = false;
    const bool both = text.front() == '\n';
    terminator_ = both ? 2 : 1;
    return {both ? std::size_t{1} : std::size_t{0}, true};
  }
  std::size_t feed = indexOf(text, '\n');
  const std::size_t carriage = indexOf(text.substr(0, feed), '\r');
  if (carriage == text.npos) {
    if (feed == text.npos) return {text.size(), false};
    terminator_ = 1;
    return {feed + 1, true};
  }
  if (carriage + 1 == text.size()) {
    pendingReturn_ = true;
    return {text.size(), false};
  }
  terminator_ = carriage + 1 == feed ? 2 : 1;
  return {carriage + terminator_, true};
}

Result<std::optional<LineSpan>> LineMeasurer::next(std::string_view marker) {
  LineSpan line;
  while (true) {
    if (rest_.empty()) rest_ = asText(MR_TRY(content_.next()));
    if (rest_.empty()) {
      if (line.length == 0) return std::optional<LineSpan>();
      ends_.finish();
      line.terminator = ends_.terminator();
      break;
    }
    const LineEnds::Piece piece = ends_.take(rest_);
    if (line.length < marker.size()) {
      const auto seen = static_cast<std::size_t>(line.length);
      const std::string_view expected = marker.substr(seen, piece.bytes);
      if (!rest_.substr(0, piece.bytes).starts_with(expected)) line.startsWithMarker = false;
    }
    line.length += piece.bytes;
    rest_.remove_prefix(piece.bytes);
    if (piece.ended) {
      line.terminator = ends_.terminator();
      break;
    }
  }
  if (line.length < marker.size()) line.startsWithMarker = false;
  return std::optional<LineSpan>(line);
}

Result<std::optional<std::string_view>> LineReader::next() {
  bool collected = false;
  line_.clear();
  while (true) {
    if (rest_.empty()) rest_ = asText(MR_TRY(content_.next()));
    if (rest_.empty()) {
      if (!collected) return std::optional<std::string_view>();
      ends_.finish();
      return std::optional<std::string_view>(line_);
    }
    const LineEnds::Piece piece = ends_.take(rest_);
    const std::string_view part = rest_.substr(0, piece.bytes);
    rest_.remove_prefix(piece.bytes);
    if (line_.size() + part.size() > limit_) {
      return Error::user(
          fmt::format("a line is longer than the {} bytes allowed; raise the limit", limit_));
    }
    if (piece.ended && !collected) return std::optional<std::string_view>(part);
    line_ += part;
    collected = true;
    if (piece.ended) return std::optional<std::string_view>(line_);
  }
}

std::string_view withoutTerminator(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace millrace::processors
