// SPDX-License-Identifier: Apache-2.0
#pragma once
// Named and numbered characters of HTML 3 (Latin 1) and HTML 4 (W3C's HTML 4.01, section 24).
// Threads: any; pure functions.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace millrace::expression {

enum class HtmlVersion : std::uint8_t { k3, k4 };

/// Replaces each character that has a name by `&name;`; all others, apostrophes among them, stay.
std::string escapeHtml(std::string_view text, HtmlVersion version);
/// Replaces `&name;`, `&#65;` and `&#x41;` by their characters; what is none of them stays.
std::string unescapeHtml(std::string_view text, HtmlVersion version);

struct NumericEntity {
  char32_t point = 0;
  std::size_t size = 0;  ///< bytes from & to ;
};
/// Reads `&#65;` or `&#x41;` at the beginning of a text.
std::optional<NumericEntity> readNumericEntity(std::string_view text);

}  // namespace millrace::expression
