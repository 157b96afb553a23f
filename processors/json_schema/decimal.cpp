// SPDX-License-Identifier: Apache-2.0
#include "processors/json_schema/decimal.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace millrace::processors {
namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }

/// Takes the digits at the front of a text.
std::string_view takeDigits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), isDigit);
  const auto count = static_cast<std::size_t>(end - text.begin());
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view text) {
  Decimal number;
  if (text.starts_with('-')) {
    number.negative_ = true;
    text.remove_prefix(1);
  }
  number.digits_ = takeDigits(text);
  if (number.digits_.empty()) return std::nullopt;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const std::string_view fraction = takeDigits(text);
    if (fraction.empty()) return std::nullopt;
    number.digits_ += fraction;
    number.exponent_ = -static_cast<std::int64_t>(fraction.size());
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') && text.size() > 1 && isDigit(text[1])) text.remove_prefix(1);
    std::int64_t exponent = 0;
    constexpr std::size_t kLongest = 18;
    if (text.size() > kLongest) return std::nullopt;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    number.exponent_ += exponent;
    text = {};
  }
  if (!text.empty()) return std::nullopt;
  number.digits_.erase(0, number.digits_.find_first_not_of('0'));
  const std::size_t last = number.digits_.find_last_not_of('0');
  if (last == std::string::npos) return Decimal{};
  number.exponent_ += static_cast<std::int64_t>(number.digits_.size() - 1 - last);
  number.digits_.resize(last + 1);
  return number;
}

std::optional<std::uint64_t> Decimal::whole() const {
  constexpr std::int64_t kMostZeros = 19;
  if (isZero()) return 0;
  if (negative_ || exponent_ < 0 || exponent_ > kMostZeros) return std::nullopt;
  const std::string all = digits_ + std::string(static_cast<std::size_t>(exponent_), '0');
  std::uint64_t number = 0;
  const auto [end, code] = std::from_chars(all.data(), all.data() + all.size(), number);
  return code == std::errc{} ? std::optional(number) : std::nullopt;
}

std::strong_ordering Decimal::operator<=>(const Decimal& other) const {
  const auto sign = [](const Decimal& d) { return d.isZero() ? 0 : d.negative_ ? -1 : 1; };
  if (const auto order = sign(*this) <=> sign(other); order != 0 || isZero()) return order;
  const auto magnitude = [](const Decimal& d) {
    return d.exponent_ + static_cast<std::int64_t>(d.digits_.size());
  };
  std::strong_ordering order = magnitude(*this) <=> magnitude(other);
  // Digits from the front; none has a 0 at its end, so that a longer one is greater.
  if (order == 0) order = digits_.compare(other.digits_) <=> 0;
  return negative_ ? 0 <=> order : order;
}

bool Decimal::isMultipleOf(const Decimal& divisor) const {
  if (isZero()) return true;
  // Both as whole numbers of the smaller power of ten.
  const std::int64_t least = std::min(exponent_, divisor.exponent_);
  const std::int64_t zeros = exponent_ - least;
  const std::int64_t divisorZeros = divisor.exponent_ - least;
  constexpr std::int64_t kMostSteps = 10'000;
  constexpr std::size_t kMostDigits = 36;  // ten times that fits into 128 bits
  if (zeros <= kMostSteps && divisorZeros <= static_cast<std::int64_t>(kMostDigits) &&
      divisor.digits_.size() + static_cast<std::size_t>(divisorZeros) <= kMostDigits) {
    __extension__ using Wide = unsigned __int128;
    Wide by = 0;
    for (const char digit : divisor.digits_) by = by * 10 + static_cast<unsigned>(digit - '0');
    for (std::int64_t i = 0; i < divisorZeros; ++i) by *= 10;
    Wide rest = 0;
    for (const char digit : digits_) rest = (rest * 10 + static_cast<unsigned>(digit - '0')) % by;
    for (std::int64_t i = 0; i < zeros; ++i) rest = rest * 10 % by;
    return rest == 0;
  }
  return std::fmod(std::strtold(text().c_str(), nullptr),
                   std::strtold(divisor.text().c_str(), nullptr)) == 0;
}

std::string Decimal::text() const {
  if (isZero()) return "0";
  return (negative_ ? "-" : "") + digits_ + "e" + std::to_string(exponent_);
}

}  // namespace millrace::processors
