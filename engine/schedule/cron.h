// SPDX-License-Identifier: Apache-2.0
#pragma once
// Cron: the moments of a cron expression with seconds, as NiFi writes it (Quartz): six fields,
// second minute hour day-of-month month day-of-week, and optionally a year. Fields take *, ?,
// lists, ranges, steps, names (JAN, MON), L, W, LW, L-3, 6L and 6#3; day-of-week counts from SUN
// = 1. Ranges may wrap (FRI-MON, 22-2), lists may mix every form, and a day must satisfy both
// day fields. Times are those of a time zone: in a gap of daylight saving the moment moves on by
// the gap, in an overlap it happens once, the first time; an expression of every hour is a rhythm
// and goes on through the overlap. Threads: a plain value.

#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "engine/base/zone_rules.h"
#include "engine/schedule/cron_field.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::engine {

class Cron {
 public:
  /// The Error names the field and what it may hold. `zone` is a name of the time zone database;
  /// empty: the machine's.
  static Result<Cron> parse(std::string_view expression, std::string_view zone = {});

  /// The first moment after `after`; nothing when there is none.
  std::optional<Millis> next(Millis after) const;
  const std::string& text() const { return text_; }

 private:
  Cron() = default;
  /// The first local second at or after this one, both counted from 1970 in local time.
  std::optional<std::int64_t> nextLocal(std::int64_t local) const;
  /// The first second of the day at or after this one.
  std::optional<std::int64_t> nextInDay(std::int64_t secondOfDay) const;
  /// The days of a month that both day fields allow: bit d is day d.
  std::uint32_t daysOf(int year, unsigned month) const;

  std::string text_;
  const ZoneRules* zone_ = nullptr;  // stays to the end of the process; null: UTC
  CronNumbers seconds_, minutes_, hours_, months_;
  CronNumbers years_;  // counted from kCronFirstYear
  CronDays days_, weekDays_;
  bool anyYear_ = true;
};

}  // namespace millrace::engine
