// SPDX-License-Identifier: Apache-2.0
#pragma once
// Decimal: a JSON number (RFC 8259) as the exact decimal that its text says: 1, 1.0 and 10e-1 are
// one number, and no digit is lost. Threads: a plain value.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::processors {

class Decimal {
 public:
  /// Nothing for what is no number of JSON, or has an exponent beyond 18 digits.
  static std::optional<Decimal> parse(std::string_view text);

  bool isWhole() const { return digits_.empty() || exponent_ >= 0; }
  bool isZero() const { return digits_.empty(); }
  bool isNegative() const { return negative_; }
  /// The whole number of it, where it is one that fits.
  std::optional<std::uint64_t> whole() const;
  std::strong_ordering operator<=>(const Decimal& other) const;
  bool operator==(const Decimal& other) const = default;
  /// `divisor` is not zero.
  bool isMultipleOf(const Decimal& divisor) const;
  /// Equal for equal numbers alone.
  std::string text() const;

 private:
  bool negative_ = false;
  std::string digits_;         ///< of the number without its exponent; no 0 at either end
  std::int64_t exponent_ = 0;  ///< of ten, behind the last digit
};

}  // namespace millrace::processors
