// SPDX-License-Identifier: Apache-2.0
#pragma once
// DateReader: reads one text by a DatePattern. Threads: belongs to one evaluation.

#include "engine/expression/date_pattern.h"

#include <array>
#include <optional>
#include <string_view>

namespace millrace::expression {

inline constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
inline constexpr std::array<std::string_view, 7> kWeekdays = {
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

class DateReader {
 public:
  DateReader(const DatePattern& pattern, std::string_view text) : pattern_(pattern), text_(text) {}
  /// Whether the whole text follows the pattern.
  bool read();
  /// The moment of what was read; nothing when there is no such date or time.
  std::optional<Instant> resolve(const TimeZone& zone, DatePattern::Calendar calendar) const;

 private:
  struct Fields {
    std::size_t at = 0;
    std::int64_t year = 1970;
    std::int64_t month = 1;
    std::int64_t day = 1;
    std::optional<std::int64_t> dayOfYear;
    std::optional<std::int64_t> hour24;
    std::optional<std::int64_t> hour12;
    std::optional<std::int64_t> milliOfDay;
    std::int64_t minute = 0;
    std::int64_t second = 0;
    std::int64_t nanos = 0;
    bool afternoon = false;
    bool beforeChrist = false;
    std::optional<TimeZone> zone;
  };

  bool readItems(std::size_t from, std::size_t to);
  bool readItem(std::size_t index);
  bool readNumber(std::size_t index, std::int64_t& number, bool negative = false);
  bool readFraction(std::size_t index);
  bool readZone();
  template <std::size_t Size>
  bool readName(const std::array<std::string_view, Size>& names, int count, std::int64_t& index);
  bool readWord(std::string_view word);
  bool digitFollows(std::size_t index) const;
  std::size_t closing(std::size_t open) const;

  const DatePattern& pattern_;
  std::string_view text_;
  Fields fields_;
};

}  // namespace millrace::expression
