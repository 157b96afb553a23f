// SPDX-License-Identifier: Apache-2.0
#pragma once
// The fields of a cron expression, read into the numbers and rules that they allow. A field of
// numbers is a set; a day field is a set and rules that depend on the month. Threads: plain
// values.

#include "engine/base/result.h"

#include <bitset>
#include <cstdint>
#include <string_view>
#include <vector>

namespace millrace::engine {

constexpr int kCronFirstYear = 1970;
constexpr int kCronLastYear = 2099;

/// Bit n: the number n is allowed.
using CronNumbers = std::bitset<kCronLastYear - kCronFirstYear + 1>;

/// A day that depends on the month.
struct CronDayRule {
  enum class Kind : std::uint8_t {
    kLast,            ///< `number` days before the last
    kLastWeekday,     ///< of Monday to Friday, the nearest to `number` days before the last
    kNearestWeekday,  ///< of Monday to Friday, the nearest to day `number` within the month
    kLastOf,          ///< the last day of the week `number` of the month; 0 is Sunday
    kNth              ///< the `nth` day of the week `number` of the month
  };
  Kind kind = Kind::kLast;
  int number = 0;
  int nth = 0;
};

/// A field of days, of the month (1 to 31) or of the week (0 to 6 from Sunday).
struct CronDays {
  CronNumbers numbers;
  std::vector<CronDayRule> rules;
};

enum class CronField : std::uint8_t {
  kSecond,
  kMinute,
  kHour,
  kDayOfMonth,
  kMonth,
  kDayOfWeek,
  kYear
};

/// Reads a field without day rules. Months count from 1, years from kCronFirstYear.
Result<CronNumbers> readCronNumbers(std::string_view text, CronField field);
/// Reads day-of-month or day-of-week.
Result<CronDays> readCronDays(std::string_view text, CronField field);

/// The days of a month that a field allows: bit d is day d. `firstWeekDay` is that of day 1.
std::uint32_t cronDaysOfMonth(const CronDays& days, int length, int firstWeekDay);
std::uint32_t cronDaysOfWeek(const CronDays& days, int length, int firstWeekDay);

}  // namespace millrace::engine
