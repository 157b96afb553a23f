// SPDX-License-Identifier: Apache-2.0
#pragma once
// TimeZone: a region of the time zone database or a fixed offset from UTC.
// Promise: cheap to copy; an unknown name is an error, not UTC. Threads: a plain value; the
// database behind it is loaded once and constant.

#include "engine/base/result.h"
#include "engine/base/zone_rules.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::expression {

class TimeZone {
 public:
  /// UTC.
  TimeZone() = default;
  /// A region (`Europe/Oslo`), an abbreviation that Java knows (`EST`, `PST`), or an offset
  /// (`GMT+2`, `+05:30`, `Z`).
  static Result<TimeZone> named(std::string_view name);
  /// The zone of this process: TZ, else the machine's; UTC when neither can be read.
  static TimeZone ofProcess();

  struct Offset {
    std::int32_t seconds = 0;
    std::string abbreviation;
  };
  /// The offset in force at a moment, in seconds since 1970 UTC.
  Offset at(std::int64_t epochSeconds) const;
  /// The moment of a local time; in a gap it moves on by the gap, in an overlap it is the first.
  std::int64_t toEpochSeconds(std::int64_t localSeconds) const;
  /// The region's name, or the offset as `+05:30`; `UTC` for UTC.
  std::string name() const;

 private:
  const ZoneRules* region_ = nullptr;  // stays to the end of the process
  std::int32_t offset_ = 0;
};

}  // namespace millrace::expression
