// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/property_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::expression {

namespace {

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::size_t runBefore(std::string_view text, std::size_t at, char of) {
  std::size_t run = 0;
  while (run < at && text[at - 1 - run] == of) ++run;
  return run;
}

/// The place past the closing quote; npos when the text ends first.
std::size_t pastQuoted(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

/// The place past the brace that closes the one at `at`; npos when none does.
std::size_t pastBraces(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  for (std::size_t i = at; i < text.size();) {
    const char c = text[i];
    if (c == '\'' || c == '"') {
      i = pastQuoted(text, i);
      if (i == std::string_view::npos) return i;
      continue;
    }
    if (c == '{') ++depth;
    if (c == '}' && --depth == 0) return i + 1;
    ++i;
  }
  return std::string_view::npos;
}

/// The expressions of a text. An opening that is never closed makes the rest text, as it does in
/// NiFi, so each byte is looked at twice at most.
std::vector<Range> expressionsOf(std::string_view text) {
  std::vector<Range> ranges;
  std::size_t from = 0;
  while (true) {
    const std::size_t brace = text.find("${", from);
    if (brace == std::string_view::npos) return ranges;
    const std::size_t last = brace + 1;
    // Dollars up to the previous expression's end count: ${a}$${b} is one expression and text.
    const std::size_t dollars = runBefore(text, last, '$');
    if (dollars % 2 == 0) {
      from = last + 1;
      continue;
    }
    const std::size_t end = pastBraces(text, last);
    if (end == std::string_view::npos) return ranges;
    ranges.push_back({brace, end});
    from = end;
  }
}

/// Undoes the escape of `mark`: of a run of marks before `{…}` every pair stands for one.
void appendUnescaped(std::string& out, std::string_view text, char mark, bool beforeExpression) {
  const std::size_t lastBrace = text.rfind('}');
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != mark) {
      out += text[i++];
      continue;
    }
    std::size_t end = i;
    while (end < text.size() && text[end] == mark) ++end;
    const std::size_t run = end - i;
    const bool opens = end < text.size()
                           ? text[end] == '{' && lastBrace != text.npos && lastBrace > end
                           : beforeExpression;
    out.append(opens ? (run + 1) / 2 : run, mark);
    i = end;
  }
}

bool isNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == ' ';
}

}  // namespace

PropertyText scanPropertyText(std::string_view text) {
  PropertyText result;
  const auto plain = [&](std::size_t begin, std::size_t end, bool beforeExpression) {
    if (begin == end) return;
    PropertyText::Piece piece;
    appendUnescaped(piece.text, text.substr(begin, end - begin), '$', beforeExpression);
    result.pieces.push_back(std::move(piece));
  };
  std::size_t at = 0;
  for (const Range& range : expressionsOf(text)) {
    plain(at, range.begin, true);
    result.pieces.push_back({true, {}, range.begin, range.end});
    at = range.end;
  }
  plain(at, text.size(), false);
  return result;
}

std::optional<ParameterReference> readParameterReference(std::string_view text, std::size_t at) {
  std::size_t i = at + 2;
  if (i < text.size() && (text[i] == '\'' || text[i] == '"')) {
    const std::size_t past = text.find(text[i], i + 1);
    if (past == std::string_view::npos || past + 1 >= text.size() || text[past + 1] != '}' ||
        past == i + 1) {
      return std::nullopt;
    }
    return ParameterReference{std::string(text.substr(i + 1, past - i - 1)), past + 2};
  }
  const std::size_t begin = i;
  while (i < text.size() && isNameCharacter(text[i])) ++i;
  if (i == text.size() || text[i] != '}') return std::nullopt;
  std::string_view name = text.substr(begin, i - begin);
  while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
  while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
  if (name.empty()) return std::nullopt;
  return ParameterReference{std::string(name), i + 1};
}

Result<std::string> parameterValue(const ParameterLookup& lookup, std::string_view name,
                                   std::string_view text, std::size_t at) {
  if (lookup) {
    if (auto value = lookup(name)) return std::move(*value);
  }
  return Error::user(fmt::format("{}: no parameter is named '{}'; define it or write ##{{ for text",
                                 placeOf(text, at), name));
}

Result<std::string> substituteParameters(std::string_view text, const ParameterLookup& lookup,
                                         Within within, std::vector<std::string>& names) {
  if (text.find("#{") == std::string_view::npos) return std::string(text);
  std::vector<Range> expressions;
  if (within == Within::kExpressionText) expressions = expressionsOf(text);
  auto expression = expressions.begin();
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (expression != expressions.end() && i == expression->begin) {
      out += text.substr(i, expression->end - i);
      i = expression->end;
      ++expression;
      continue;
    }
    if (text[i] != '#') {
      out += text[i++];
      continue;
    }
    std::size_t end = i;
    while (end < text.size() && text[end] == '#') ++end;
    const std::size_t run = end - i;
    const auto reference = end < text.size() && text[end] == '{'
                               ? readParameterReference(text, end - 1)
                               : std::nullopt;
    if (!reference) {
      out.append(run, '#');
    } else {
      out.append(run / 2, '#');
      if (run % 2 == 1) {
        out += MR_TRY(parameterValue(lookup, reference->name, text, end - 1));
        names.push_back(reference->name);
        end = reference->end;
      }
    }
    i = end;
  }
  return out;
}

std::string placeOf(std::string_view text, std::size_t at) {
  at = std::min(at, text.size());
  std::size_t line = 1;
  std::size_t column = 1;
  for (std::size_t i = 0; i < at; ++i) {
    if (text[i] == '\n') {
      ++line;
      column = 1;
    } else if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) {
      ++column;
    }
  }
  return line == 1 ? fmt::format("column {}", column)
                   : fmt::format("line {}, column {}", line, column);
}

}  // namespace millrace::expression
