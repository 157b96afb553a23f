// SPDX-License-Identifier: Apache-2.0
#include "engine/schedule/cron.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <vector>

namespace millrace::engine {
namespace {

constexpr std::int64_t kDaySeconds = 86'400;
constexpr std::int64_t kEarliest = -62'135'596'800;  // year 1
constexpr std::int64_t kLatest = 253'402'300'799;    // end of year 9999
// A year of the same length that begins on the same day of the week comes at most 40 years later
// (12 + 28 around a century without a leap day). What does not happen in 41 years never happens.
constexpr int kSearchYears = 41;

std::int64_t floorDivide(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

/// The first allowed number at or after `from`, or the size of the set.
std::size_t firstFrom(const CronNumbers& numbers, std::size_t from) {
  while (from < numbers.size() && !numbers[from]) ++from;
  return from;
}

std::int64_t dayNumber(int year, unsigned month) {
  return std::chrono::local_days(std::chrono::year(year) / static_cast<int>(month) / 1)
      .time_since_epoch()
      .count();
}

/// UTC is null: it is known without a database.
bool isUtc(std::string_view name) { return name == "UTC" || name == "Etc/UTC"; }

const ZoneRules* machineZone() {
  if (const char* variable = std::getenv("TZ"); variable != nullptr) {
    std::string_view name(variable);
    if (name.starts_with(':')) name.remove_prefix(1);
    // One that cannot be read is UTC, which is what the C library makes of it.
    return ZoneRules::named(name);
  }
  return ZoneRules::ofMachine();
}

Result<const ZoneRules*> findZone(std::string_view zone) {
  if (zone.empty()) return machineZone();
  if (isUtc(zone)) return static_cast<const ZoneRules*>(nullptr);
  const ZoneRules* const rules = ZoneRules::named(zone);
  if (rules != nullptr) return rules;
  return Error::user(fmt::format(
      "the time zone '{}' of a cron expression is unknown; use a region such as Europe/Oslo",
      zone));
}

std::vector<std::string_view> fieldsOf(std::string_view text) {
  std::vector<std::string_view> fields;
  std::size_t at = 0;
  while ((at = text.find_first_not_of(" \t\r\n", at)) != std::string_view::npos) {
    const std::size_t end = std::min(text.find_first_of(" \t\r\n", at), text.size());
    fields.push_back(text.substr(at, end - at));
    at = end;
  }
  return fields;
}

/// A stretch of time with one offset from UTC, in seconds.
struct Stretch {
  std::int64_t begin;
  std::int64_t end;
  std::int64_t offset;
  std::int64_t before;  // the offset of the stretch before it
};

Stretch stretchAt(const ZoneRules* zone, std::int64_t moment) {
  if (zone == nullptr) return {kEarliest, kLatest, 0, 0};
  const ZoneRules::Stretch found = zone->at(moment);
  Stretch stretch{std::max(found.begin, kEarliest), std::min(found.end, kLatest), found.offset,
                  found.offset};
  if (stretch.begin > kEarliest) stretch.before = zone->at(stretch.begin - 1).offset;
  return stretch;
}

}  // namespace

Result<Cron> Cron::parse(std::string_view expression, std::string_view zone) {
  const std::vector<std::string_view> fields = fieldsOf(expression);
  if (fields.size() != 6 && fields.size() != 7) {
    return Error::user(
        fmt::format("the cron expression '{}' has {} fields; it needs second minute hour "
                    "day-of-month month day-of-week and may have a year",
                    expression, fields.size()));
  }
  Cron cron;
  cron.text_ = std::string(expression);
  cron.seconds_ = MR_TRY(readCronNumbers(fields[0], CronField::kSecond));
  cron.minutes_ = MR_TRY(readCronNumbers(fields[1], CronField::kMinute));
  cron.hours_ = MR_TRY(readCronNumbers(fields[2], CronField::kHour));
  cron.days_ = MR_TRY(readCronDays(fields[3], CronField::kDayOfMonth));
  cron.months_ = MR_TRY(readCronNumbers(fields[4], CronField::kMonth));
  cron.weekDays_ = MR_TRY(readCronDays(fields[5], CronField::kDayOfWeek));
  cron.anyYear_ = fields.size() == 6 || fields[6] == "*";
  if (!cron.anyYear_) cron.years_ = MR_TRY(readCronNumbers(fields[6], CronField::kYear));
  cron.zone_ = MR_TRY(findZone(zone));
  return cron;
}

std::uint32_t Cron::daysOf(int year, unsigned month) const {
  const std::chrono::year_month which = std::chrono::year(year) / std::chrono::month(month);
  const int length = static_cast<int>(static_cast<unsigned>((which / std::chrono::last).day()));
  const auto first = static_cast<int>(
      std::chrono::weekday(std::chrono::sys_days(which / 1)).c_encoding());  // Sunday is 0
  return cronDaysOfMonth(days_, length, first) & cronDaysOfWeek(weekDays_, length, first);
}

std::optional<std::int64_t> Cron::nextInDay(std::int64_t secondOfDay) const {
  const auto hour = static_cast<std::size_t>(secondOfDay / 3600);
  const auto minute = static_cast<std::size_t>(secondOfDay / 60 % 60);
  const auto second = static_cast<std::size_t>(secondOfDay % 60);
  const std::size_t firstSecond = firstFrom(seconds_, 0);
  const std::size_t firstMinute = firstFrom(minutes_, 0);
  const auto moment = [](std::size_t h, std::size_t m, std::size_t s) {
    return static_cast<std::int64_t>(h * 3600 + m * 60 + s);
  };
  if (hours_[hour]) {
    if (minutes_[minute]) {
      const std::size_t later = firstFrom(seconds_, second);
      if (later < 60) return moment(hour, minute, later);
    }
    const std::size_t later = firstFrom(minutes_, minute + 1);
    if (later < 60) return moment(hour, later, firstSecond);
  }
  const std::size_t later = firstFrom(hours_, hour + 1);
  if (later < 24) return moment(later, firstMinute, firstSecond);
  return std::nullopt;
}

std::optional<std::int64_t> Cron::nextLocal(std::int64_t local) const {
  const std::int64_t startDay = floorDivide(local, kDaySeconds);
  const std::chrono::year_month_day start{std::chrono::local_days(std::chrono::days(startDay))};
  int year = static_cast<int>(start.year());
  unsigned month = static_cast<unsigned>(start.month());
  unsigned day = static_cast<unsigned>(start.day());
  const int lastYear = anyYear_ ? year + kSearchYears : kCronLastYear;
  for (; year <= lastYear; ++year, month = 1, day = 1) {
    if (!anyYear_ &&
        (year < kCronFirstYear || !years_[static_cast<std::size_t>(year - kCronFirstYear)]))
      continue;
    for (; month <= 12; ++month, day = 1) {
      if (!months_[month]) continue;
      const std::int64_t monthStart = dayNumber(year, month) - 1;
      std::uint32_t days = daysOf(year, month) >> day << day;
      for (; days != 0; days &= days - 1) {
        const int which = std::countr_zero(days);
        const std::int64_t dayStart = (monthStart + which) * kDaySeconds;
        const bool isStart = monthStart + which == startDay;
        const auto found = nextInDay(isStart ? local - dayStart : 0);
        if (found) return dayStart + *found;
      }
    }
  }
  return std::nullopt;
}

std::optional<Millis> Cron::next(Millis after) const {
  const bool rhythm = [this] {
    for (std::size_t hour = 0; hour < 24; ++hour) {
      if (!hours_[hour]) return false;
    }
    return true;
  }();
  std::int64_t from = std::max(floorDivide(after, 1000) + 1, kEarliest);
  if (!anyYear_) {
    // Two days for the offset; nothing allowed lies before.
    from = std::max(from, (dayNumber(kCronFirstYear, 1) - 2) * kDaySeconds);
  }
  while (from < kLatest) {
    const Stretch now = stretchAt(zone_, from);
    std::int64_t local = from + now.offset;
    // Local times that the stretch before has had already.
    if (!rhythm) local = std::max(local, now.begin + now.before);
    const std::optional<std::int64_t> natural = nextLocal(local);
    std::optional<std::int64_t> best;
    if (natural && *natural - now.offset < now.end) best = *natural - now.offset;
    if (now.offset > now.before && from < now.begin + (now.offset - now.before)) {
      // Local times of the gap, which the offset before it moves on.
      const std::optional<std::int64_t> moved = nextLocal(from + now.before);
      if (moved && *moved < now.begin + now.offset)
        best = std::min(best.value_or(kLatest), *moved - now.before);
    }
    if (best) return *best * 1000;
    if (from == now.begin) {
      // Nothing matches in this stretch: go on shortly before the match.
      if (!natural) return std::nullopt;
      from = std::max(now.end, *natural - now.offset - 2 * kDaySeconds);
    } else {
      from = now.end;
    }
  }
  return std::nullopt;
}

}  // namespace millrace::engine
