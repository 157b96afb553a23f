// SPDX-License-Identifier: Apache-2.0
#pragma once
// Numbers as Java reads and prints them, which is what flows written for NiFi rely on.

#include <cstdint>
#include <string_view>

namespace millrace::expression {

struct ParsedNumber {
  enum class Form : unsigned char { kNone, kWhole, kDecimal };
  Form form = Form::kNone;
  std::int64_t whole = 0;
  double decimal = 0;
};

/// A whole number (decimal or 0x…, with sign), or a decimal (1.5, .5e3, 0x1.8p3, NaN, Infinity),
/// blanks around it ignored. A whole number beyond 64 bits is no number.
ParsedNumber parseNumber(std::string_view text);

constexpr std::size_t kNumberTextSize = 32;
/// Writes Double.toString: 1.0, 1.0E10, 1.0E-5. Returns the text within the buffer.
std::string_view printDecimal(double number, char (&buffer)[kNumberTextSize]);
std::string_view printWhole(std::int64_t number, char (&buffer)[kNumberTextSize]);
/// Java's cast: towards zero, NaN is 0, out of range saturates.
std::int64_t truncate(double number);

}  // namespace millrace::expression
