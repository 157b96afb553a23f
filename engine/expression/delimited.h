// SPDX-License-Identifier: Apache-2.0
#pragma once
// Texts that are lists: parts with a delimiter between them.

#include <string>
#include <string_view>
#include <vector>

namespace millrace::expression {

struct FieldFormat {
  char32_t delimiter = ',';
  char32_t quote = '"';
  char32_t escape = '\\';
  bool strip = false;  ///< leave quotes and escapes out of the result
};

/// The field of that number, from 1; empty when there are not so many. A delimiter between quotes
/// or after the escape belongs to the field.
std::string delimitedField(std::string_view text, long index, const FieldFormat& format);

/// The parts between literal delimiters, empty ones included; one part for an empty delimiter.
std::vector<std::string_view> splitLiteral(std::string_view text, std::string_view delimiter);
std::string joinParts(const std::vector<std::string_view>& parts, std::string_view delimiter);

}  // namespace millrace::expression
