// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/date_pattern.h"

#include "engine/expression/date_reader.h"

#include <fmt/format.h>

#include <array>

namespace millrace::expression {

namespace {

constexpr std::int64_t kDay = 86'400;

std::int64_t floorDivide(std::int64_t a, std::int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

std::string offsetText(std::int32_t seconds, bool colon, bool minutes, bool always) {
  const int all = seconds < 0 ? -seconds : seconds;
  std::string out = fmt::format("{}{:02}", seconds < 0 ? '-' : '+', all / 3600);
  if (minutes || all / 60 % 60 != 0) out += fmt::format("{}{:02}", colon ? ":" : "", all / 60 % 60);
  if (always && all % 60 != 0) out += fmt::format("{}{:02}", colon ? ":" : "", all % 60);
  return out;
}

std::string gmtText(std::int32_t seconds, bool full) {
  if (seconds == 0) return "GMT";
  if (full) return "GMT" + offsetText(seconds, true, true, true);
  const int all = seconds < 0 ? -seconds : seconds;
  std::string out = fmt::format("GMT{}{}", seconds < 0 ? '-' : '+', all / 3600);
  if (all / 60 % 60 != 0) out += fmt::format(":{:02}", all / 60 % 60);
  return out;
}

/// How many of a letter a pattern may have in a row; 0 for letters that are not supported.
int mostOf(char letter) {
  switch (letter) {
    case 'y':
    case 'u':
    case 'A':
      return 19;
    case 'n':
    case 'S':
      return 9;
    case 'M':
    case 'L':
    case 'E':
    case 'X':
    case 'x':
    case 'Z':
      return 5;
    case 'Q':
    case 'O':
      return 4;
    case 'D':
    case 'z':
      return 3;
    case 'd':
    case 'H':
    case 'h':
    case 'K':
    case 'k':
    case 'm':
    case 's':
    case 'V':
      return 2;
    case 'a':
    case 'G':
      return 1;
    default:
      return 0;
  }
}

bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// The fields of a moment in a zone.
struct Fields {
  CivilDate date;
  std::int64_t days;
  int secondOfDay;
  std::int32_t nanos;
  TimeZone::Offset offset;
};

std::string formatField(char letter, int count, const Fields& f, const TimeZone& zone) {
  const int hour = f.secondOfDay / 3600;
  const std::size_t weekday = static_cast<std::size_t>(((f.days + 3) % 7 + 7) % 7);
  const std::int64_t era = f.date.year > 0 ? f.date.year : 1 - f.date.year;
  const auto number = [&](auto value) { return fmt::format("{:0{}}", value, count); };
  switch (letter) {
    case 'G':
      return f.date.year > 0 ? "AD" : "BC";
    case 'y':
    case 'u': {
      const std::int64_t year = letter == 'y' ? era : f.date.year;
      if (count == 2) return fmt::format("{:02}", (year % 100 + 100) % 100);
      std::string digits = fmt::format("{:0{}}", year < 0 ? -year : year, count);
      // Java marks years that have more digits than the pattern has letters.
      const bool marked = count >= 4 && digits.size() > static_cast<std::size_t>(count);
      if (year < 0) return '-' + digits;
      return marked ? '+' + digits : digits;
    }
    case 'M':
    case 'L': {
      const std::string_view name = kMonths[f.date.month - 1];
      if (count <= 2) return number(f.date.month);
      return std::string(count == 4 ? name : name.substr(0, count == 3 ? 3 : 1));
    }
    case 'Q':
      if (count <= 2) return number((f.date.month + 2) / 3);
      if (count == 3) return fmt::format("Q{}", (f.date.month + 2) / 3);
      return std::string(std::array{"1st", "2nd", "3rd", "4th"}[(f.date.month - 1) / 3]) +
             " quarter";
    case 'd':
      return number(f.date.day);
    case 'D':
      return number(f.days - daysOf(f.date.year, 1, 1) + 1);
    case 'E': {
      const std::string_view name = kWeekdays[weekday];
      return std::string(count == 4 ? name : name.substr(0, count <= 3 ? 3 : 1));
    }
    case 'a':
      return hour < 12 ? "AM" : "PM";
    case 'H':
      return number(hour);
    case 'h':
      return number(hour % 12 == 0 ? 12 : hour % 12);
    case 'K':
      return number(hour % 12);
    case 'k':
      return number(hour == 0 ? 24 : hour);
    case 'm':
      return number(f.secondOfDay / 60 % 60);
    case 's':
      return number(f.secondOfDay % 60);
    case 'S':
      return fmt::format("{:09}", f.nanos).substr(0, static_cast<std::size_t>(count));
    case 'n':
      return number(f.nanos);
    case 'A':
      return number(f.secondOfDay * std::int64_t{1000} + f.nanos / 1'000'000);
    case 'z':
      return f.offset.abbreviation;
    case 'V':
      return zone.name();
    case 'O':
      return gmtText(f.offset.seconds, count == 4);
    case 'Z':
      if (count == 4) return gmtText(f.offset.seconds, true);
      if (count == 5) {
        return f.offset.seconds == 0 ? "Z" : offsetText(f.offset.seconds, true, true, true);
      }
      return offsetText(f.offset.seconds, false, true, false);
    case 'X':
      if (f.offset.seconds == 0) return "Z";
      [[fallthrough]];
    case 'x':
      return offsetText(f.offset.seconds, count == 3 || count == 5, count >= 2, count >= 4);
    default:
      return {};
  }
}

}  // namespace

std::int64_t daysOf(std::int64_t year, unsigned month, unsigned day) {
  // Years begin in March here, so that the leap day is their last.
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t cycle = floorDivide(y, 400);
  const std::int64_t ofCycle = y - cycle * 400;
  const std::int64_t ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return cycle * 146'097 + ofCycle * 365 + ofCycle / 4 - ofCycle / 100 + ofYear - 719'468;
}

CivilDate civilOf(std::int64_t days) {
  const std::int64_t shifted = days + 719'468;
  const std::int64_t cycle = floorDivide(shifted, 146'097);
  const std::int64_t ofCycle = shifted - cycle * 146'097;
  const std::int64_t year =
      (ofCycle - ofCycle / 1'460 + ofCycle / 36'524 - ofCycle / 146'096) / 365;
  const std::int64_t ofYear = ofCycle - (365 * year + year / 4 - year / 100);
  const std::int64_t month = (5 * ofYear + 2) / 153;
  CivilDate date;
  date.day = static_cast<unsigned>(ofYear - (153 * month + 2) / 5 + 1);
  date.month = static_cast<unsigned>(month < 10 ? month + 3 : month - 9);
  date.year = year + cycle * 400 + (date.month <= 2 ? 1 : 0);
  return date;
}

unsigned daysInMonth(std::int64_t year, unsigned month) {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

Result<DatePattern> DatePattern::compile(std::string_view pattern) {
  DatePattern result;
  result.pattern_ = pattern;
  int open = 0;
  const auto literal = [&](std::string_view text) {
    if (result.items_.empty() || result.items_.back().letter != 0) result.items_.push_back({});
    result.items_.back().text += text;
  };
  for (std::size_t i = 0; i < pattern.size();) {
    const char c = pattern[i];
    if (c == '\'') {
      const std::size_t close = pattern.find('\'', i + 1);
      if (close == pattern.npos) {
        return Error::user(
            fmt::format("the quote in the date format '{}' is never closed", pattern));
      }
      if (close == i + 1) {
        literal("'");
      } else {
        literal(pattern.substr(i + 1, close - i - 1));
        // Two quotes inside quoted text are one: what follows is quoted again.
        if (close + 1 < pattern.size() && pattern[close + 1] == '\'') literal("'");
      }
      i = close + 1;
      continue;
    }
    if (c == '[' || c == ']') {
      open += c == '[' ? 1 : -1;
      if (open < 0 || open > 16) {
        return Error::user(fmt::format("brackets do not match in the date format '{}'", pattern));
      }
      result.items_.push_back({c, 1, {}});
      ++i;
      continue;
    }
    if (!isLetter(c)) {
      literal(pattern.substr(i++, 1));
      continue;
    }
    std::size_t end = i;
    while (end < pattern.size() && pattern[end] == c) ++end;
    const int count = static_cast<int>(std::min<std::size_t>(end - i, 100));
    if (count > mostOf(c) || (c == 'V' && count != 2) || (c == 'O' && count != 1 && count != 4)) {
      return Error::user(
          fmt::format("'{}' in the date format '{}' means nothing here; quote text: "
                      "'text'",
                      pattern.substr(i, end - i), pattern));
    }
    result.items_.push_back({c, count, {}});
    i = end;
  }
  if (open > 0) {
    return Error::user(fmt::format("brackets do not match in the date format '{}'", pattern));
  }
  return result;
}

std::string DatePattern::format(Instant moment, const TimeZone& zone) const {
  Fields fields;
  fields.offset = zone.at(moment.seconds);
  const std::int64_t local = moment.seconds + fields.offset.seconds;
  fields.days = floorDivide(local, kDay);
  fields.secondOfDay = static_cast<int>(local - fields.days * kDay);
  fields.nanos = moment.nanos;
  fields.date = civilOf(fields.days);
  std::string out;
  for (const Item& item : items_) {
    if (item.letter == 0) {
      out += item.text;
    } else if (item.letter != '[' && item.letter != ']') {
      out += formatField(item.letter, item.count, fields, zone);
    }
  }
  return out;
}

Result<Instant> DatePattern::parse(std::string_view text, const TimeZone& zone,
                                   Calendar calendar) const {
  DateReader reader(*this, text);
  if (!reader.read()) {
    return Error::user(fmt::format("'{}' is no date of the format {}", text, pattern_));
  }
  auto moment = reader.resolve(zone, calendar);
  if (!moment) return Error::user(fmt::format("'{}' is no date that exists", text));
  return *moment;
}

}  // namespace millrace::expression
