// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/date_reader.h"

#include <charconv>

namespace millrace::expression {

namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

constexpr std::int64_t kLargestYear = 999'999'999;

}  // namespace

bool DateReader::read() {
  return readItems(0, pattern_.items_.size()) && fields_.at == text_.size();
}

std::size_t DateReader::closing(std::size_t open) const {
  std::size_t depth = 0;
  for (std::size_t i = open; i < pattern_.items_.size(); ++i) {
    if (pattern_.items_[i].letter == '[') ++depth;
    if (pattern_.items_[i].letter == ']' && --depth == 0) return i;
  }
  return pattern_.items_.size();
}

bool DateReader::readItems(std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < to; ++i) {
    const auto& item = pattern_.items_[i];
    if (item.letter == '[') {
      const std::size_t close = closing(i);
      const Fields before = fields_;
      if (!readItems(i + 1, close)) fields_ = before;
      i = close;
    } else if (item.letter == 0) {
      if (!readWord(item.text)) return false;
    } else if (!readItem(i)) {
      return false;
    }
  }
  return true;
}

bool DateReader::readWord(std::string_view word) {
  if (text_.size() - fields_.at < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (lower(text_[fields_.at + i]) != lower(word[i])) return false;
  }
  fields_.at += word.size();
  return true;
}

bool DateReader::digitFollows(std::size_t index) const {
  if (index + 1 >= pattern_.items_.size()) return false;
  const auto& next = pattern_.items_[index + 1];
  if (next.letter == 0) return !next.text.empty() && isDigit(next.text.front());
  if (next.letter == 'M' || next.letter == 'L' || next.letter == 'Q') return next.count <= 2;
  return std::string_view("yudDHhKkmsSnA").find(next.letter) != std::string_view::npos;
}

bool DateReader::readNumber(std::size_t index, std::int64_t& number, bool negative) {
  const auto& item = pattern_.items_[index];
  std::size_t at = fields_.at;
  const bool minus = negative && at < text_.size() && text_[at] == '-';
  if (minus) ++at;
  // A number right before another one has as many digits as it has letters.
  const std::size_t most = digitFollows(index) ? static_cast<std::size_t>(item.count) : 18;
  std::size_t end = at;
  while (end < text_.size() && end - at < most && isDigit(text_[end])) ++end;
  if (end == at) return false;
  std::from_chars(text_.data() + at, text_.data() + end, number);
  if (minus) number = -number;
  if ((item.letter == 'y' || item.letter == 'u') && item.count == 2 && end - at == 2)
    number += 2000;
  fields_.at = end;
  return true;
}

bool DateReader::readFraction(std::size_t index) {
  const std::size_t most =
      digitFollows(index) ? static_cast<std::size_t>(pattern_.items_[index].count) : 9;
  std::size_t end = fields_.at;
  std::int64_t value = 0;
  while (end < text_.size() && end - fields_.at < most && isDigit(text_[end])) {
    value = value * 10 + (text_[end++] - '0');
  }
  if (end == fields_.at) return false;
  for (std::size_t digits = end - fields_.at; digits < 9; ++digits) value *= 10;
  fields_.nanos = value;
  fields_.at = end;
  return true;
}

template <std::size_t Size>
bool DateReader::readName(const std::array<std::string_view, Size>& names, int count,
                          std::int64_t& index) {
  for (std::size_t i = 0; i < Size; ++i) {
    if (readWord(count == 4 ? names[i] : names[i].substr(0, 3))) {
      index = static_cast<std::int64_t>(i) + 1;
      return true;
    }
  }
  return false;
}

/// The longest beginning of the rest that names a zone.
bool DateReader::readZone() {
  const std::size_t begin = fields_.at;
  std::size_t end = begin;
  const auto belongs = [](char c) {
    return isDigit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '+' || c == '-' || c == ':' ||
           c == '/' || c == '_';
  };
  while (end < text_.size() && end - begin < 48 && belongs(text_[end])) ++end;
  for (; end > begin; --end) {
    auto zone = TimeZone::named(text_.substr(begin, end - begin));
    if (!zone.ok()) continue;
    fields_.zone = *zone;
    fields_.at = end;
    return true;
  }
  return false;
}

bool DateReader::readItem(std::size_t index) {
  const auto& item = pattern_.items_[index];
  std::int64_t number = 0;
  switch (item.letter) {
    case 'G':
      if (readWord("AD")) return true;
      fields_.beforeChrist = readWord("BC");
      return fields_.beforeChrist;
    case 'y':
    case 'u':
      return readNumber(index, fields_.year, item.letter == 'u');
    case 'M':
    case 'L':
      if (item.count <= 2) return readNumber(index, fields_.month);
      return readName(kMonths, item.count, fields_.month);
    case 'd':
      return readNumber(index, fields_.day);
    case 'D':
      if (!readNumber(index, number)) return false;
      fields_.dayOfYear = number;
      return true;
    case 'E':
      return readName(kWeekdays, item.count, number);
    case 'a':
      if (readWord("AM")) return true;
      fields_.afternoon = readWord("PM");
      return fields_.afternoon;
    case 'H':
    case 'k':
      if (!readNumber(index, number)) return false;
      fields_.hour24 = item.letter == 'k' && number == 24 ? 0 : number;
      return true;
    case 'h':
    case 'K':
      if (!readNumber(index, number)) return false;
      fields_.hour12 = item.letter == 'h' && number == 12 ? 0 : number;
      return true;
    case 'm':
      return readNumber(index, fields_.minute);
    case 's':
      return readNumber(index, fields_.second);
    case 'S':
      return readFraction(index);
    case 'n':
      return readNumber(index, fields_.nanos);
    case 'A':
      if (!readNumber(index, number)) return false;
      fields_.milliOfDay = number;
      return true;
    case 'z':
    case 'Z':
    case 'X':
    case 'x':
    case 'V':
    case 'O':
      return readZone();
    default:
      return false;
  }
}

std::optional<Instant> DateReader::resolve(const TimeZone& zone,
                                           DatePattern::Calendar calendar) const {
  const auto within = [](std::int64_t value, std::int64_t least, std::int64_t most) {
    return value >= least && value <= most;
  };
  const std::int64_t year = fields_.beforeChrist ? 1 - fields_.year : fields_.year;
  if (!within(year, -kLargestYear, kLargestYear)) return std::nullopt;
  std::int64_t days = 0;
  if (fields_.dayOfYear) {
    const bool leap = daysInMonth(year, 2) == 29;
    if (!within(*fields_.dayOfYear, 1, leap ? 366 : 365)) return std::nullopt;
    days = daysOf(year, 1, 1) + *fields_.dayOfYear - 1;
  } else {
    if (!within(fields_.month, 1, 12) || !within(fields_.day, 1, 31)) return std::nullopt;
    const auto month = static_cast<unsigned>(fields_.month);
    auto day = static_cast<unsigned>(fields_.day);
    if (day > daysInMonth(year, month)) {
      if (calendar == DatePattern::Calendar::kStrict) return std::nullopt;
      day = daysInMonth(year, month);
    }
    days = daysOf(year, month, day);
  }
  if (fields_.hour12 && !within(*fields_.hour12, 0, 11)) return std::nullopt;
  std::int64_t hour = 0;
  if (fields_.hour24) {
    hour = *fields_.hour24;
  } else if (fields_.hour12) {
    hour = *fields_.hour12 + (fields_.afternoon ? 12 : 0);
  }
  if (!within(hour, 0, 23) || !within(fields_.minute, 0, 59) || !within(fields_.second, 0, 59) ||
      !within(fields_.nanos, 0, 999'999'999)) {
    return std::nullopt;
  }
  std::int64_t second = hour * 3600 + fields_.minute * 60 + fields_.second;
  std::int64_t nanos = fields_.nanos;
  if (fields_.milliOfDay) {
    if (!within(*fields_.milliOfDay, 0, 86'399'999)) return std::nullopt;
    second = *fields_.milliOfDay / 1000;
    nanos = *fields_.milliOfDay % 1000 * 1'000'000;
  }
  const TimeZone& where = fields_.zone ? *fields_.zone : zone;
  return Instant{where.toEpochSeconds(days * 86'400 + second), static_cast<std::int32_t>(nanos)};
}

}  // namespace millrace::expression
