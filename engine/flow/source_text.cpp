// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/source_text.h"

#include "engine/flow/yaml_tree.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::flow {
namespace {

bool isBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Length of the well-formed UTF-8 character at `at`, or 0.
std::size_t characterLength(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xc2 && lead < 0xe0   ? 2
                             : lead >= 0xe0 && lead < 0xf0 ? 3
                             : lead >= 0xf0 && lead < 0xf5 ? 4
                                                           : 0;
  if (length == 0 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xc0U) != 0x80) return 0;
  }
  const unsigned char second = byte(at + 1);
  if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
      (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f))
    return 0;
  return length;
}

std::size_t indentOf(std::string_view line) {
  const std::size_t first = line.find_first_not_of(' ');
  return first == std::string_view::npos ? line.size() : first;
}

}  // namespace

SourceText::SourceText(std::string_view text) : text_(text) {
  lines_.push_back(0);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') lines_.push_back(i + 1);
  }
}

std::size_t SourceText::lineStart(std::size_t line) const {
  return line < lines_.size() ? lines_[line] : text_.size();
}

std::size_t SourceText::lineOf(std::size_t offset) const {
  const auto after = std::upper_bound(lines_.begin(), lines_.end(), offset);
  return static_cast<std::size_t>(after - lines_.begin()) - 1;
}

std::string_view SourceText::lineText(std::size_t line) const {
  std::string_view whole = text_.substr(lineStart(line), lineStart(line + 1) - lineStart(line));
  while (!whole.empty() && (whole.back() == '\n' || whole.back() == '\r')) whole.remove_suffix(1);
  return whole;
}

SourcePosition SourceText::position(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const std::size_t line = lineOf(offset);
  std::size_t start = lines_[line];
  if (line == 0 && text_.substr(0, 3) == "\xef\xbb\xbf") start = std::min<std::size_t>(3, offset);
  const auto characters =
      std::count_if(text_.begin() + static_cast<std::ptrdiff_t>(start),
                    text_.begin() + static_cast<std::ptrdiff_t>(offset),
                    [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; });
  return {static_cast<int>(line) + 1, static_cast<int>(characters) + 1};
}

std::size_t SourceText::offset(int line, int column) const {
  if (line < 0 || column < 0) return 0;
  std::size_t start = lineStart(static_cast<std::size_t>(line));
  if (line == 0 && text_.substr(0, 3) == "\xef\xbb\xbf") start += 3;
  return std::min(start + static_cast<std::size_t>(column), text_.size());
}

std::size_t SourceText::quotedEnd(std::size_t begin) const {
  const char quote = text_[begin];
  for (std::size_t i = begin + 1; i < text_.size(); ++i) {
    if (quote == '"' && text_[i] == '\\') {
      ++i;
    } else if (text_[i] == quote) {
      const bool doubled = quote == '\'' && i + 1 < text_.size() && text_[i + 1] == quote;
      if (!doubled) return i + 1;
      ++i;
    }
  }
  return text_.size();
}

std::size_t SourceText::plainEnd(std::size_t begin, std::string_view value) const {
  std::size_t at = begin;
  std::size_t end = begin;
  for (const char c : value) {
    if (isBlank(c)) continue;  // line folding changes blanks, nothing else
    while (at < text_.size() && isBlank(text_[at])) ++at;
    if (at >= text_.size() || text_[at] != c) break;
    end = ++at;
  }
  return end;
}

std::size_t SourceText::blockEnd(std::size_t begin, int parentIndent) const {
  const std::size_t header = lineOf(begin);
  std::size_t wanted = static_cast<std::size_t>(std::max(parentIndent + 1, 0));
  bool known = false;
  std::string_view indicators = lineText(header).substr(begin - lineStart(header));
  for (const char c : indicators.substr(0, 3)) {
    if (c >= '1' && c <= '9') {
      wanted = static_cast<std::size_t>(std::max(parentIndent, 0) + (c - '0'));
      known = true;
    }
  }
  std::size_t end = begin + indicators.size();
  for (std::size_t line = header + 1; line < lines_.size(); ++line) {
    const std::string_view content = lineText(line);
    const std::size_t indent = indentOf(content);
    if (indent == content.size()) continue;
    if (!known) {
      if (indent < wanted) break;
      wanted = indent;
      known = true;
    }
    if (indent < wanted) break;
    end = lineStart(line) + content.size();
  }
  return end;
}

std::size_t SourceText::bracketEnd(std::size_t lastChildEnd, char close) const {
  for (std::size_t i = lastChildEnd; i < text_.size(); ++i) {
    if (text_[i] == close) return i + 1;
    if (text_[i] == '#') {
      i = std::min(text_.find('\n', i), text_.size());
    } else if (!isBlank(text_[i]) && text_[i] != ',') {
      return i;
    }
  }
  return text_.size();
}

std::optional<Finding> refusedBytes(const SourceText& source) {
  const std::string_view text = source.text();
  const auto refusal = [&](std::size_t at, std::string message, std::string advice) {
    return Finding{Severity::kError,   source.position(at), {}, {},
                   std::move(message), std::move(advice)};
  };
  if (text.size() > kMaxFlowBytes)
    return refusal(0, fmt::format("the file has {} bytes", text.size()),
                   fmt::format("a flow file may have {}; split the flow", kMaxFlowBytes));
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = characterLength(text, i);
    if (length == 0)
      return refusal(i, "this is not UTF-8 text", "save the file in the encoding UTF-8");
    const auto c = static_cast<unsigned char>(text[i]);
    const bool loneReturn = c == '\r' && (i + 1 == text.size() || text[i + 1] != '\n');
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f || loneReturn)
      return refusal(i, fmt::format("control character 0x{:02x}", c),
                     "remove it, or write it as an escape in double quotes");
    i += length;
  }
  return std::nullopt;
}

}  // namespace millrace::flow
