// SPDX-License-Identifier: Apache-2.0
#include "engine/schedule/cron_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace millrace::engine {
namespace {

constexpr std::array<std::string_view, 12> kMonthNames = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                          "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kDayNames = {"SUN", "MON", "TUE", "WED",
                                                       "THU", "FRI", "SAT"};

struct FieldInfo {
  std::string_view name;
  int low;
  int high;
  int shift;  // from the number in the text to that of the set
  std::string_view may;
};

constexpr FieldInfo kFields[] = {
    {"second", 0, 59, 0, "0 to 59 and * , - /"},
    {"minute", 0, 59, 0, "0 to 59 and * , - /"},
    {"hour", 0, 23, 0, "0 to 23 and * , - /"},
    {"day-of-month", 1, 31, 0, "1 to 31 and * ? , - / L W, such as L-3, LW or 15W"},
    {"month", 1, 12, 0, "1 to 12 or JAN to DEC and * , - /"},
    {"day-of-week", 1, 7, -1,
     "1 to 7 from Sunday or SUN to SAT and * ? , - / L #, such as 6L or 6#3"},
    {"year", kCronFirstYear, kCronLastYear, -kCronFirstYear, "1970 to 2099 and * , - /"},
};

const FieldInfo& infoOf(CronField field) { return kFields[static_cast<std::size_t>(field)]; }

bool isDigits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// A number of up to four digits; longer ones are out of every range.
std::optional<int> number(std::string_view text) {
  if (!isDigits(text) || text.size() > 4) return std::nullopt;
  int value = 0;
  for (const char c : text) value = value * 10 + (c - '0');
  return value;
}

template <std::size_t kCount>
std::optional<int> named(std::string_view text, const std::array<std::string_view, kCount>& names) {
  for (std::size_t i = 0; i < kCount; ++i) {
    if (names[i] == text) return static_cast<int>(i) + 1;
  }
  return std::nullopt;
}

/// Reads the items of one field.
class FieldReader {
 public:
  FieldReader(std::string_view whole, CronField field) : field_(field), info_(infoOf(field)) {
    text_.reserve(whole.size());
    for (const char c : whole) text_ += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  }

  Result<CronDays> read() {
    CronDays days;
    if (text_ == "?") {
      if (!isDayField()) return refuse(text_, "? belongs into the day fields");
      addAll(days.numbers);
      return days;
    }
    std::string_view left = text_;
    while (true) {
      const std::size_t comma = left.find(',');
      MR_TRY(readItem(left.substr(0, comma), days));
      if (comma == std::string_view::npos) return days;
      left.remove_prefix(comma + 1);
    }
  }

 private:
  bool isDayField() const {
    return field_ == CronField::kDayOfMonth || field_ == CronField::kDayOfWeek;
  }

  Error refuse(std::string_view item, std::string_view why) const {
    return Error::user(
        fmt::format("the {} '{}' of a cron expression cannot hold '{}': {}; it may "
                    "hold {}",
                    info_.name, text_, item, why, info_.may));
  }

  void addAll(CronNumbers& into) const {
    for (int i = info_.low; i <= info_.high; ++i)
      into.set(static_cast<std::size_t>(i + info_.shift));
  }

  std::optional<int> valueOf(std::string_view text) const {
    std::optional<int> value = number(text);
    if (!value && field_ == CronField::kMonth) value = named(text, kMonthNames);
    if (!value && field_ == CronField::kDayOfWeek) value = named(text, kDayNames);
    if (value && (*value < info_.low || *value > info_.high)) return std::nullopt;
    return value;
  }

  Result<> readItem(std::string_view item, CronDays& into) const {
    if (item.empty()) return refuse(item, "an item of the list is empty");
    if (field_ == CronField::kDayOfMonth && (item.starts_with('L') || item.ends_with('W'))) {
      into.rules.push_back(MR_TRY(monthRule(item)));
      return Done{};
    }
    if (field_ == CronField::kDayOfWeek) {
      if (item == "L") item = "SAT";  // the last day of a week that begins on Sunday
      if (item.ends_with('L') || item.find('#') != std::string_view::npos) {
        into.rules.push_back(MR_TRY(weekRule(item)));
        return Done{};
      }
    }
    return addRange(item, into.numbers);
  }

  /// *, n, a-b, and each of them with /step.
  Result<> addRange(std::string_view item, CronNumbers& into) const {
    const std::size_t slash = item.find('/');
    const bool stepped = slash != std::string_view::npos;
    const int count = info_.high - info_.low + 1;
    int step = 1;
    if (stepped) {
      const std::optional<int> given = number(item.substr(slash + 1));
      const int most = std::min(count, info_.high);
      if (!given || *given < 1 || *given > most)
        return refuse(item, fmt::format("the step must be a number from 1 to {}", most));
      step = *given;
    }
    const std::string_view range = item.substr(0, slash);
    const std::size_t dash = range.find('-');
    int first = info_.low;
    int last = info_.high;
    if (dash != std::string_view::npos) {
      first = MR_TRY(boundOf(item, range.substr(0, dash)));
      last = MR_TRY(boundOf(item, range.substr(dash + 1)));
      if (last < first && field_ == CronField::kYear)
        return refuse(item, "a range of years goes upwards");
      if (last < first) last += count;
    } else if (range != "*" && !(range.empty() && stepped)) {
      first = MR_TRY(boundOf(item, range));
      if (!stepped) last = first;
    }
    for (int i = first; i <= last; i += step) {
      const int value = i > info_.high ? i - count : i;
      into.set(static_cast<std::size_t>(value + info_.shift));
    }
    return Done{};
  }

  Result<int> boundOf(std::string_view item, std::string_view text) const {
    const std::optional<int> value = valueOf(text);
    if (!value) return refuse(item, fmt::format("'{}' is out of range or no value", text));
    return *value;
  }

  /// L, L-n, LW, L-nW, nW.
  Result<CronDayRule> monthRule(std::string_view item) const {
    std::string_view left = item;
    const bool weekday = left.ends_with('W');
    if (weekday) left.remove_suffix(1);
    if (!left.starts_with('L')) {
      const std::optional<int> day = valueOf(left);
      if (!day) return refuse(item, "before W stands one day or L");
      return CronDayRule{CronDayRule::Kind::kNearestWeekday, *day, 0};
    }
    left.remove_prefix(1);
    int before = 0;
    if (!left.empty()) {
      const std::optional<int> given =
          left.starts_with('-') ? number(left.substr(1)) : std::nullopt;
      if (!given || *given > 30) return refuse(item, "after L- stands a number from 0 to 30");
      before = *given;
    }
    return CronDayRule{weekday ? CronDayRule::Kind::kLastWeekday : CronDayRule::Kind::kLast, before,
                       0};
  }

  /// dL, d#n.
  Result<CronDayRule> weekRule(std::string_view item) const {
    const std::size_t hash = item.find('#');
    if (hash == std::string_view::npos) {
      const std::optional<int> day = valueOf(item.substr(0, item.size() - 1));
      if (!day) return refuse(item, "before L stands one day of the week");
      return CronDayRule{CronDayRule::Kind::kLastOf, *day - 1, 0};
    }
    const std::optional<int> day = valueOf(item.substr(0, hash));
    const std::optional<int> nth = number(item.substr(hash + 1));
    if (!day || !nth || *nth < 1 || *nth > 5)
      return refuse(item, "around # stand one day of the week and a number from 1 to 5");
    return CronDayRule{CronDayRule::Kind::kNth, *day - 1, *nth};
  }

  std::string text_;
  CronField field_;
  const FieldInfo& info_;
};

/// The weekday nearest to a day that exists, without leaving the month.
int nearestWeekday(int day, int length, int firstWeekDay) {
  const int weekDay = (firstWeekDay + day - 1) % 7;
  if (weekDay == 6) return day == 1 ? 3 : day - 1;
  if (weekDay == 0) return day == length ? day - 2 : day + 1;
  return day;
}

/// The day that a rule names, 0 when this month has none.
int dayOf(const CronDayRule& rule, int length, int firstWeekDay) {
  switch (rule.kind) {
    case CronDayRule::Kind::kLast:
      return std::max(0, length - rule.number);
    case CronDayRule::Kind::kLastWeekday:
      return length > rule.number ? nearestWeekday(length - rule.number, length, firstWeekDay) : 0;
    case CronDayRule::Kind::kNearestWeekday:
      return rule.number <= length ? nearestWeekday(rule.number, length, firstWeekDay) : 0;
    case CronDayRule::Kind::kLastOf:
    case CronDayRule::Kind::kNth: {
      const int first = 1 + (rule.number - firstWeekDay + 7) % 7;
      if (rule.kind == CronDayRule::Kind::kLastOf) return first + (length - first) / 7 * 7;
      const int day = first + (rule.nth - 1) * 7;
      return day <= length ? day : 0;
    }
  }
  return 0;
}

std::uint32_t ruleDays(const CronDays& days, int length, int firstWeekDay) {
  std::uint32_t mask = 0;
  for (const CronDayRule& rule : days.rules) {
    if (const int day = dayOf(rule, length, firstWeekDay); day > 0) mask |= 1U << day;
  }
  return mask;
}

}  // namespace

Result<CronNumbers> readCronNumbers(std::string_view text, CronField field) {
  return MR_TRY(FieldReader(text, field).read()).numbers;
}

Result<CronDays> readCronDays(std::string_view text, CronField field) {
  return FieldReader(text, field).read();
}

std::uint32_t cronDaysOfMonth(const CronDays& days, int length, int firstWeekDay) {
  std::uint32_t mask = ruleDays(days, length, firstWeekDay);
  for (int day = 1; day <= length; ++day) {
    if (days.numbers[static_cast<std::size_t>(day)]) mask |= 1U << day;
  }
  return mask;
}

std::uint32_t cronDaysOfWeek(const CronDays& days, int length, int firstWeekDay) {
  std::uint32_t mask = ruleDays(days, length, firstWeekDay);
  for (int day = 1; day <= length; ++day) {
    if (days.numbers[static_cast<std::size_t>((firstWeekDay + day - 1) % 7)]) mask |= 1U << day;
  }
  return mask;
}

}  // namespace millrace::engine
