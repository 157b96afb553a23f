// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/java_number.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

namespace millrace::expression {

namespace {

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

bool isDigit(char c) { return c >= '0' && c <= '9'; }

ParsedNumber wholeOf(std::string_view digits, bool negative, int base) {
  std::uint64_t magnitude = 0;
  const auto [end, code] =
      std::from_chars(digits.data(), digits.data() + digits.size(), magnitude, base);
  const std::uint64_t limit =
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) + (negative ? 1U : 0U);
  if (code != std::errc() || end != digits.data() + digits.size() || magnitude > limit) return {};
  const auto bits = negative ? 0 - magnitude : magnitude;
  return {ParsedNumber::Form::kWhole, static_cast<std::int64_t>(bits), 0};
}

ParsedNumber decimalOf(double magnitude, bool negative) {
  return {ParsedNumber::Form::kDecimal, 0, negative ? -magnitude : magnitude};
}

/// A result out of range is what Java makes of it: infinity or zero.
ParsedNumber decimalOf(std::string_view text, bool negative, std::chars_format format) {
  double number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number, format);
  if (end != text.data() + text.size() || code == std::errc::invalid_argument) return {};
  if (code == std::errc::result_out_of_range) {
    const std::size_t exponent = text.find_first_of(format == std::chars_format::hex ? "pP" : "eE");
    const bool tiny = exponent != std::string_view::npos
                          ? text[exponent + 1] == '-'
                          : text.front() == '0' || text.front() == '.';
    number = tiny ? 0.0 : std::numeric_limits<double>::infinity();
  }
  return decimalOf(number, negative);
}

/// digits with at most one point, then an exponent: what from_chars takes, less its words.
bool looksDecimal(std::string_view text) {
  bool digits = false;
  std::size_t at = 0;
  while (at < text.size() && isDigit(text[at])) {
    digits = true;
    ++at;
  }
  if (at < text.size() && text[at] == '.') {
    ++at;
    while (at < text.size() && isDigit(text[at])) {
      digits = true;
      ++at;
    }
  }
  if (!digits) return false;
  if (at == text.size()) return true;
  if (text[at] != 'e' && text[at] != 'E') return false;
  ++at;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
  if (at == text.size()) return false;
  while (at < text.size() && isDigit(text[at])) ++at;
  return at == text.size();
}

ParsedNumber parseHex(std::string_view text, bool negative) {
  const std::size_t exponent = text.find_first_of("pP");
  if (exponent == std::string_view::npos) return wholeOf(text, negative, 16);
  const std::string_view mantissa = text.substr(0, exponent);
  std::string_view power = text.substr(exponent + 1);
  if (mantissa.empty() || mantissa == "." || power.empty()) return {};
  // from_chars refuses a plus sign in the exponent that Java allows to be there.
  std::string plain(mantissa);
  plain += 'p';
  if (power.front() == '+') power.remove_prefix(1);
  plain += power;
  return decimalOf(plain, negative, std::chars_format::hex);
}

}  // namespace

ParsedNumber parseNumber(std::string_view text) {
  text = trimmed(text);
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text.empty()) return {};
  bool allDigits = true;
  for (const char c : text) allDigits = allDigits && isDigit(c);
  if (allDigits) return wholeOf(text, negative, 10);
  if (text == "NaN") return decimalOf(std::numeric_limits<double>::quiet_NaN(), false);
  if (text == "Infinity") return decimalOf(std::numeric_limits<double>::infinity(), negative);
  const bool hex = text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
  const bool suffix = std::strchr("fFdD", text.back()) != nullptr;
  if (hex) {
    std::string_view digits = text.substr(2);
    if (suffix && digits.find_first_of("pP") != std::string_view::npos) digits.remove_suffix(1);
    return parseHex(digits, negative);
  }
  if (suffix) text.remove_suffix(1);
  if (!looksDecimal(text)) return {};
  return decimalOf(text, negative, std::chars_format::general);
}

std::string_view printWhole(std::int64_t number, char (&buffer)[kNumberTextSize]) {
  const auto end = std::to_chars(buffer, buffer + kNumberTextSize, number).ptr;
  return {buffer, static_cast<std::size_t>(end - buffer)};
}

namespace {

/// The digits of a number, the first of which is not 0, and the power of ten that it stands for.
struct Digits {
  std::array<char, kNumberTextSize> text;
  std::size_t count = 0;
  int exponent = 0;
};

/// Of what fmt prints, with an exponent or without. The library's own std::to_chars would do as
/// well, but brings tables of 140 kB.
Digits readDigits(std::string_view printed) {
  Digits digits;
  const std::size_t mark = printed.find('e');
  const std::string_view number = printed.substr(0, mark);
  if (mark != std::string_view::npos) {
    std::string_view power = printed.substr(mark + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    std::from_chars(power.data(), power.data() + power.size(), digits.exponent);
  }
  const std::size_t point = std::min(number.find('.'), number.size());
  const std::size_t first = number.find_first_not_of("0.");
  const auto place = static_cast<int>(point) - static_cast<int>(first);
  digits.exponent += place > 0 ? place - 1 : place;
  for (const char c : number.substr(first)) {
    if (c != '.') digits.text[digits.count++] = c;
  }
  while (digits.count > 1 && digits.text[digits.count - 1] == '0') --digits.count;
  return digits;
}

/// The fewest that are read as the same number, but two of a number like 4.9E-324: Java prints two
/// digits at least, and then the two nearest ones.
Digits digitsOf(double magnitude) {
  char printed[kNumberTextSize];
  const auto print = [&](auto format) {
    char* const end = fmt::format_to_n(printed, sizeof printed, format, magnitude).out;
    return readDigits({printed, static_cast<std::size_t>(end - printed)});
  };
  const Digits shortest = print(FMT_STRING("{}"));
  return shortest.count == 1 ? print(FMT_STRING("{:.1e}")) : shortest;
}

}  // namespace

std::string_view printDecimal(double number, char (&buffer)[kNumberTextSize]) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
  char* out = buffer;
  if (std::signbit(number)) *out++ = '-';
  const double magnitude = std::fabs(number);
  if (magnitude == 0) {
    std::memcpy(out, "0.0", 3);
    return {buffer, static_cast<std::size_t>(out - buffer) + 3};
  }
  const Digits shortest = digitsOf(magnitude);
  const auto& [digits, count, exponent] = shortest;
  const auto put = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) *out++ = i < count ? digits[i] : '0';
  };
  if (magnitude >= 1e-3 && magnitude < 1e7) {
    if (exponent >= 0) {
      const auto whole = static_cast<std::size_t>(exponent) + 1;
      put(0, whole);
      *out++ = '.';
      put(whole, count > whole ? count : whole + 1);
    } else {
      *out++ = '0';
      *out++ = '.';
      for (int i = -1; i > exponent; --i) *out++ = '0';
      put(0, count);
    }
  } else {
    put(0, 1);
    *out++ = '.';
    put(1, count > 1 ? count : 2);
    *out++ = 'E';
    out = std::to_chars(out, buffer + kNumberTextSize, exponent).ptr;
  }
  return {buffer, static_cast<std::size_t>(out - buffer)};
}

std::int64_t truncate(double number) {
  if (std::isnan(number)) return 0;
  if (number >= 9223372036854775808.0) return std::numeric_limits<std::int64_t>::max();
  if (number <= -9223372036854775808.0) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(number);
}

}  // namespace millrace::expression
