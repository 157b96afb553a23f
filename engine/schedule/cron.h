// SPDX-License-Identifier: Apache-2.0
#pragma once
// Cron: the moments of a cron expression with seconds, as NiFi writes it (Quartz): six fields,
// second minute hour day-of-month month day-of-week, and optionally a year. Fields take *, ?,
// lists, ranges, steps, names (JAN, MON), L, W, LW, L-3, 6L and 6#3; day-of-week counts from SUN
// = 1. Times are those of a time zone: in a gap of daylight saving the moment moves behind it, in
// an overlap it happens once. Threads: a plain value.

#include "engine/base/clock.h"
#include "engine/base/result.h"

#include <array>
#include <bitset>
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
  struct DayRule {
    enum class Kind : unsigned char {
      kAny,
      kSet,
      kLast,
      kLastWeekday,
      kNearestWeekday,
      kLastOf,
      kNth
    };
    Kind kind = Kind::kAny;
    int number =
        0;  // L-n: days before the last; nW: the day; dL, d#n: the day of the week, 0 = Sunday
    int nth = 0;
  };
  bool dayMatches(int year, unsigned month, unsigned day) const;
  static Result<> readField(std::string_view text, std::string_view name, int low, int high,
                            const std::array<std::string_view, 12>* names, std::bitset<256>& into,
                            int base);

  std::string text_;
  std::string zone_;
  std::bitset<256> seconds_, minutes_, hours_, months_, years_;
  std::bitset<256> days_, weekDays_;
  DayRule dayRule_, weekRule_;
  bool anyYear_ = true;
};

}  // namespace millrace::engine
