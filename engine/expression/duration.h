// SPDX-License-Identifier: Apache-2.0
#pragma once
// Amounts of time as plusDuration() takes them: `2 weeks`, `1 month`.
// Seconds, minutes and hours are exact; days and longer keep the local time of day, and a month's
// end stays within the month.

#include "engine/base/result.h"
#include "engine/expression/value.h"

#include <cstdint>
#include <string_view>

namespace millrace::expression {

struct Amount {
  std::int64_t nanos = 0;  ///< below a second
  std::int64_t seconds = 0;
  std::int64_t days = 0;
  std::int64_t months = 0;
};

/// `number unit`, from nanosecond to year, singular or plural, in any case.
Result<Amount> parseAmount(std::string_view text);
/// The moment an amount later, or earlier with sign -1; fails beyond the years of nine digits.
Result<Instant> shift(Instant moment, const Amount& amount, int sign, const TimeZone& zone);

}  // namespace millrace::expression
