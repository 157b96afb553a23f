// SPDX-License-Identifier: Apache-2.0
#pragma once
// DatePattern: java.time.format patterns, in English, to print and to read moments.
//
//   G era  y u year  M L month  d day  D day of year  E weekday  Q quarter  a AM/PM
//   H 0-23  h 1-12  K 0-11  k 1-24  m minute  s second  S fraction  n nano  A millisecond of day
//   z zone  Z X x O offset  VV zone id  'text'  '' quote  [ ] optional
// Reading is lenient where NiFi is: a number that no digit follows may be shorter than its letters,
// upper and lower case are the same, parts that are not given are those of 1970-01-01T00:00.
// Threads: constant, may be shared.

#include "engine/base/result.h"
#include "engine/expression/value.h"

#include <string>
#include <string_view>
#include <vector>

namespace millrace::expression {

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar, and back.
std::int64_t daysOf(std::int64_t year, unsigned month, unsigned day);
struct CivilDate {
  std::int64_t year = 1970;
  unsigned month = 1;
  unsigned day = 1;
};
CivilDate civilOf(std::int64_t days);
unsigned daysInMonth(std::int64_t year, unsigned month);

class DatePattern {
 public:
  enum class Calendar : unsigned char {
    kSmart,   ///< 31 June is 30 June
    kStrict,  ///< 31 June is an error
  };

  static Result<DatePattern> compile(std::string_view pattern);
  std::string format(Instant moment, const TimeZone& zone) const;
  /// Reads the whole text; a zone in the text wins over the given one.
  Result<Instant> parse(std::string_view text, const TimeZone& zone,
                        Calendar calendar = Calendar::kSmart) const;

 private:
  friend class DateReader;
  struct Item {
    char letter = 0;  ///< 0 for literal text, '[' and ']' for optional parts
    int count = 0;
    std::string text;
  };
  std::string pattern_;
  std::vector<Item> items_;
};

}  // namespace millrace::expression
