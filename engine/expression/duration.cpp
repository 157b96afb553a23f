// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/duration.h"

#include "engine/expression/date_pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>

namespace millrace::expression {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t Amount::*field;
  std::int64_t factor;
};

constexpr Unit kUnits[] = {
    {"nanosecond", &Amount::nanos, 1},
    {"microsecond", &Amount::nanos, 1'000},
    {"millisecond", &Amount::nanos, 1'000'000},
    {"second", &Amount::seconds, 1},
    {"minute", &Amount::seconds, 60},
    {"hour", &Amount::seconds, 3'600},
    {"day", &Amount::days, 1},
    {"week", &Amount::days, 7},
    {"month", &Amount::months, 1},
    {"year", &Amount::months, 12},
};

constexpr std::int64_t kLargestSeconds = 31'556'889'864'403'199;  // the year 999,999,999

bool isBlank(char c) { return static_cast<unsigned char>(c) <= ' '; }

}  // namespace

Result<Amount> parseAmount(std::string_view text) {
  const auto refuse = [&] {
    return Error::user(
        fmt::format("'{}' is no amount of time; write a whole number and a unit: "
                    "2 weeks, 1 month",
                    text));
  };
  std::string_view rest = text;
  while (!rest.empty() && isBlank(rest.front())) rest.remove_prefix(1);
  while (!rest.empty() && isBlank(rest.back())) rest.remove_suffix(1);
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (code != std::errc() || number < 0 || rest.front() == '-') return refuse();
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  if (rest.empty() || !isBlank(rest.front())) return refuse();
  while (!rest.empty() && isBlank(rest.front())) rest.remove_prefix(1);
  std::string word;
  for (const char c : rest) word += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  if (word.ends_with('s')) word.pop_back();
  for (const Unit& unit : kUnits) {
    if (unit.name != word) continue;
    if (number > kLargestSeconds / unit.factor) return refuse();
    Amount amount;
    amount.*unit.field = number * unit.factor;
    return amount;
  }
  return refuse();
}

Result<Instant> shift(Instant moment, const Amount& amount, int sign, const TimeZone& zone) {
  const auto beyond = [] {
    return Error::user("the date lies beyond the years that there are; use a smaller amount");
  };
  if (moment.seconds > kLargestSeconds || moment.seconds < -kLargestSeconds) return beyond();
  std::int64_t seconds = moment.seconds;
  if (amount.days != 0 || amount.months != 0) {
    constexpr std::int64_t kMostDays = std::int64_t{366} * 1'000'000'000;
    if (amount.days > kMostDays || amount.months > 12'000'000'000) return beyond();
    const std::int64_t local = seconds + zone.at(seconds).seconds;
    const std::int64_t day = local / 86'400 - (local % 86'400 < 0 ? 1 : 0);
    const std::int64_t ofDay = local - day * 86'400;
    CivilDate date = civilOf(day);
    const std::int64_t months = date.year * 12 + (date.month - 1) + sign * amount.months;
    date.year = months / 12 - (months % 12 < 0 ? 1 : 0);
    date.month = static_cast<unsigned>(months - date.year * 12) + 1;
    date.day = std::min(date.day, daysInMonth(date.year, date.month));
    const std::int64_t shifted = daysOf(date.year, date.month, date.day) + sign * amount.days;
    seconds = zone.toEpochSeconds(shifted * 86'400 + ofDay);
  }
  std::int64_t nanos = moment.nanos + sign * (amount.nanos % 1'000'000'000);
  seconds += sign * (amount.seconds + amount.nanos / 1'000'000'000);
  if (nanos < 0) {
    nanos += 1'000'000'000;
    --seconds;
  } else if (nanos >= 1'000'000'000) {
    nanos -= 1'000'000'000;
    ++seconds;
  }
  if (seconds > kLargestSeconds || seconds < -kLargestSeconds) return beyond();
  return Instant{seconds, static_cast<std::int32_t>(nanos)};
}

}  // namespace millrace::expression
