// SPDX-License-Identifier: Apache-2.0
#include "server/flowtest/text_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace millrace::flowtest {
namespace {

using Lines = std::vector<std::string_view>;

constexpr std::size_t kContext = 2;          // equal lines shown around a change
constexpr std::size_t kMostShown = 40;       // lines
constexpr std::size_t kWidest = 240;         // bytes of a line
constexpr std::size_t kMostCells = 250'000;  // of the table that finds what is common
constexpr std::size_t kBytesInALine = 16;    // of a text in hexadecimal

/// Length of the UTF-8 character at the start of `text`; 0 when there is none.
std::size_t characterLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t length = first < 0x80                     ? 1
                             : first >= 0xc2 && first <= 0xdf ? 2
                             : (first & 0xf0U) == 0xe0U       ? 3
                             : first >= 0xf0 && first <= 0xf4 ? 4
                                                              : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return 0;
  }
  return length;
}

bool isText(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = characterLength(text.substr(i));
    if (length == 0 || text[i] == '\0') return false;
    i += length;
  }
  return true;
}

Lines linesOf(std::string_view text) {
  Lines lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::vector<std::string> hexadecimal(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size() && lines.size() < kMostShown; at += kBytesInALine) {
    const std::string_view part = text.substr(at, kBytesInALine);
    std::string bytes;
    std::string readable;
    for (const char character : part) {
      const auto byte = static_cast<unsigned char>(character);
      bytes += fmt::format("{:02x} ", byte);
      readable += byte >= 0x20 && byte < 0x7f ? character : '.';
    }
    lines.push_back(fmt::format("{:08x}  {:<{}} {}", at, bytes, 3 * kBytesInALine, readable));
  }
  return lines;
}

/// Which lines of two lists stay, in pairs, when as many as possible stay.
std::vector<std::pair<std::size_t, std::size_t>> common(const Lines& a, const Lines& b) {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  std::size_t head = 0;
  while (head < a.size() && head < b.size() && a[head] == b[head]) {
    pairs.emplace_back(head, head);
    ++head;
  }
  std::size_t tail = 0;
  while (tail < a.size() - head && tail < b.size() - head &&
         a[a.size() - 1 - tail] == b[b.size() - 1 - tail])
    ++tail;
  const std::size_t rows = a.size() - head - tail;
  const std::size_t columns = b.size() - head - tail;
  if (rows > 0 && columns > 0 && rows * columns <= kMostCells) {
    std::vector<std::uint32_t> longest((rows + 1) * (columns + 1));
    const auto cell = [&](std::size_t i, std::size_t j) -> std::uint32_t& {
      return longest[i * (columns + 1) + j];
    };
    for (std::size_t i = rows; i-- > 0;) {
      for (std::size_t j = columns; j-- > 0;) {
        cell(i, j) = a[head + i] == b[head + j] ? cell(i + 1, j + 1) + 1
                                                : std::max(cell(i + 1, j), cell(i, j + 1));
      }
    }
    for (std::size_t i = 0, j = 0; i < rows && j < columns;) {
      if (a[head + i] == b[head + j]) {
        pairs.emplace_back(head + i++, head + j++);
      } else if (cell(i + 1, j) >= cell(i, j + 1)) {
        ++i;
      } else {
        ++j;
      }
    }
  }
  for (std::size_t i = tail; i > 0; --i) pairs.emplace_back(a.size() - i, b.size() - i);
  return pairs;
}

/// Points at the first character in which two lines differ, below a line shown behind a mark.
std::string pointer(const std::string& expected, const std::string& actual) {
  std::size_t column = 0;
  for (std::size_t i = 0; i < expected.size() && i < actual.size();) {
    const std::size_t length = std::max<std::size_t>(characterLength(expected.substr(i)), 1);
    if (expected.substr(i, length) != actual.substr(i, length)) break;
    i += length;
    ++column;
  }
  return "  " + std::string(column, ' ') + "^";
}

class Report {
 public:
  Report(const Lines& expected, const Lines& actual) : expected_(expected), actual_(actual) {}

  std::vector<std::string> make() {
    auto pairs = common(expected_, actual_);
    pairs.emplace_back(expected_.size(), actual_.size());
    std::size_t i = 0;
    std::size_t j = 0;
    for (const auto& [nextI, nextJ] : pairs) {
      if (nextI > i || nextJ > j) change(i, nextI, j, nextJ);
      if (nextI < expected_.size() && nextJ < actual_.size()) same(actual_[nextJ]);
      i = nextI + 1;
      j = nextJ + 1;
    }
    if (left_ > 0) lines_.push_back(fmt::format("… and {} more lines that differ", left_));
    return std::move(lines_);
  }

 private:
  void add(std::string line) {
    if (lines_.size() < kMostShown)
      lines_.push_back(std::move(line));
    else
      ++left_;
  }
  void change(std::size_t i, std::size_t endI, std::size_t j, std::size_t endJ) {
    if (waiting_.size() > kContext) {
      if (changed_) add("  …");
      waiting_.erase(waiting_.begin(), waiting_.end() - kContext);
    }
    for (std::string& line : waiting_) add(std::move(line));
    waiting_.clear();
    const bool one = endI - i == 1 && endJ - j == 1;
    const std::string was = one ? shownLine(expected_[i]) : "";
    const std::string is = one ? shownLine(actual_[j]) : "";
    for (; i < endI; ++i) add("- " + shownLine(expected_[i]));
    for (; j < endJ; ++j) add("+ " + shownLine(actual_[j]));
    if (one && was != is) add(pointer(was, is));
    changed_ = true;
    behind_ = 0;
  }
  void same(std::string_view line) {
    if (changed_ && behind_ < kContext) {
      ++behind_;
      if (lines_.size() < kMostShown) lines_.push_back("  " + shownLine(line));
      return;
    }
    waiting_.push_back("  " + shownLine(line));
    if (waiting_.size() > kContext + 1) waiting_.erase(waiting_.begin());
  }

  const Lines& expected_;
  const Lines& actual_;
  std::vector<std::string> lines_;
  std::vector<std::string> waiting_;  // equal lines that may turn out to stand before a change
  bool changed_ = false;
  std::size_t behind_ = 0;  // equal lines shown behind the last change
  std::size_t left_ = 0;
};

}  // namespace

std::string shownLine(std::string_view text) {
  std::string shown;
  for (std::size_t i = 0; i < text.size();) {
    if (shown.size() > kWidest) {
      shown += fmt::format("… ({} bytes more)", text.size() - i);
      break;
    }
    const std::size_t length = characterLength(text.substr(i));
    const auto byte = static_cast<unsigned char>(text[i]);
    if (length == 0 || (byte < 0x20 && text[i] != '\t') || byte == 0x7f) {
      shown += text[i] == '\n' ? "\\n" : text[i] == '\r' ? "\\r" : fmt::format("\\x{:02x}", byte);
      ++i;
      continue;
    }
    shown += text.substr(i, length);
    i += length;
  }
  // A blank at the end would not be seen.
  if (!shown.empty() && (shown.back() == ' ' || shown.back() == '\t')) shown += "⏎";
  return shown;
}

std::vector<std::string> shownLines(std::string_view text) {
  if (text.empty()) return {"(empty)"};
  if (!isText(text)) {
    std::vector<std::string> lines = hexadecimal(text);
    if (text.size() > kMostShown * kBytesInALine)
      lines.push_back(fmt::format("… of {} bytes", text.size()));
    return lines;
  }
  const Lines lines = linesOf(text);
  std::vector<std::string> shown;
  for (const std::string_view line : lines) {
    if (shown.size() == kMostShown) {
      shown.push_back(fmt::format("… and {} more lines", lines.size() - kMostShown));
      break;
    }
    shown.push_back(shownLine(line));
  }
  return shown;
}

std::vector<std::string> textDifference(std::string_view expected, std::string_view actual) {
  if (expected == actual) return {};
  if (!isText(expected) || !isText(actual)) {
    std::vector<std::string> lines;
    for (std::string& line : shownLines(expected)) lines.push_back("- " + std::move(line));
    for (std::string& line : shownLines(actual)) lines.push_back("+ " + std::move(line));
    return lines;
  }
  if (expected.empty() || actual.empty()) {
    std::vector<std::string> lines;
    for (std::string& line : shownLines(expected)) lines.push_back("- " + std::move(line));
    for (std::string& line : shownLines(actual)) lines.push_back("+ " + std::move(line));
    return lines;
  }
  const Lines before = linesOf(expected);
  const Lines after = linesOf(actual);
  std::vector<std::string> lines;
  if (before != after) lines = Report(before, after).make();
  if (expected.ends_with('\n') && !actual.ends_with('\n'))
    lines.emplace_back("(the last line should end with a line break, and does not)");
  if (!expected.ends_with('\n') && actual.ends_with('\n'))
    lines.emplace_back("(the last line ends with a line break, and should not)");
  return lines;
}

}  // namespace millrace::flowtest
