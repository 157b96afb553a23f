// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/delimited.h"

#include "engine/expression/utf16.h"

namespace millrace::expression {

std::string delimitedField(std::string_view text, long index, const FieldFormat& format) {
  std::string field;
  long number = 1;
  bool quoted = false;
  bool escaped = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t c = readUtf8(text, at);
    const std::string_view bytes = text.substr(begin, at - begin);
    const bool wanted = number == index;
    if (escaped) {
      escaped = false;
      if (wanted) field += bytes;
    } else if (c == format.escape) {
      escaped = true;
      if (wanted && !format.strip) field += bytes;
    } else if (c == format.quote) {
      quoted = !quoted;
      if (wanted && !format.strip) field += bytes;
    } else if (c == format.delimiter && !quoted) {
      if (wanted) return field;
      ++number;
    } else if (wanted) {
      field += bytes;
    }
  }
  return field;
}

std::vector<std::string_view> splitLiteral(std::string_view text, std::string_view delimiter) {
  std::vector<std::string_view> parts;
  if (delimiter.empty()) return {text};
  std::size_t from = 0;
  while (true) {
    const std::size_t found = text.find(delimiter, from);
    if (found == std::string_view::npos) break;
    parts.push_back(text.substr(from, found - from));
    from = found + delimiter.size();
  }
  parts.push_back(text.substr(from));
  return parts;
}

std::string joinParts(const std::vector<std::string_view>& parts, std::string_view delimiter) {
  std::string joined;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) joined += delimiter;
    joined += parts[i];
  }
  return joined;
}

}  // namespace millrace::expression
