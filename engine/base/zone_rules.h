// SPDX-License-Identifier: Apache-2.0
#pragma once
// ZoneRules: the offsets from UTC of one region, read from the machine's time zone database: files
// of the format TZif (RFC 8536) in TZDIR or /usr/share/zoneinfo, with the rule at their end for the
// years that they do not list. Versions 2 and later are read, which every machine of this century
// has; leap seconds are not counted.
//
// Promise: no text and no file makes it crash or loop; an unknown name is null, not UTC. All times
// are seconds since 1970. Ownership: a region that was read stays to the end of the process.
// Threads: any; a region is constant.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

class ZoneRules {
 public:
  /// A region (`Europe/Oslo`); null where the database has none of that name.
  static const ZoneRules* named(std::string_view name);
  /// The region that /etc/localtime is; null where that cannot be read.
  static const ZoneRules* ofMachine();
  /// From the bytes of a file; nothing when they are not of this format.
  static std::optional<ZoneRules> parse(std::string_view bytes, std::string name);

  const std::string& name() const { return name_; }

  static constexpr std::int64_t kAlways = std::numeric_limits<std::int64_t>::max();
  static constexpr std::int64_t kEver = std::numeric_limits<std::int64_t>::min();
  /// A time with one offset: from `begin` on, before `end`, in UTC.
  struct Stretch {
    std::int64_t begin = kEver;
    std::int64_t end = kAlways;
    std::int32_t offset = 0;  ///< seconds to add to UTC
    std::string_view abbreviation;
  };
  Stretch at(std::int64_t moment) const;
  /// The offset to take from a local time: in a gap that before it, in an overlap the first one.
  std::int32_t offsetOfLocal(std::int64_t local) const;

 private:
  struct Kind {
    std::int32_t offset = 0;
    std::string abbreviation;
  };
  struct Change {
    std::int64_t at;
    std::size_t kind;
  };
  /// A day of the year at which summer time begins or ends, and the local second of that day.
  struct YearDay {
    enum class Form : unsigned char { kWeek, kJulian, kDay };
    Form form = Form::kWeek;
    int month = 1, week = 1, day = 0;
    std::int32_t second = 2 * 3600;
    /// Seconds from 1970 to that moment, in the local time that ends there.
    std::int64_t inYear(int year) const;
  };
  /// What holds behind the last change.
  struct Rule {
    Kind standard;
    std::optional<Kind> summer;
    YearDay begins, ends;
  };
  class RuleReader;

  static std::optional<Rule> readRule(std::string_view text);
  Stretch byRule(std::int64_t moment) const;

  std::string name_;
  std::vector<Kind> kinds_;
  std::vector<Change> changes_;
  std::optional<Rule> rule_;
};

}  // namespace millrace
