// SPDX-License-Identifier: Apache-2.0
#pragma once
// Log levels as properties name them.

#include "engine/processor/process_context.h"
#include "engine/processor/property.h"

#include <array>
#include <string_view>

namespace millrace::processors {

inline constexpr std::array kLogLevels{
    AllowedValue{"trace", "The same as debug."},
    AllowedValue{"debug", "For those who look for a fault."},
    AllowedValue{"info", "For the record."},
    AllowedValue{"warn", "Something to look at; a bulletin by default."},
    AllowedValue{"error", "Something is wrong; a bulletin by default."},
};

/// The level of that name, in any case; info where there is none.
inline BulletinLevel bulletinLevel(std::string_view name) {
  const char first = name.empty() ? 'i' : name.front();
  switch (first) {
    case 't':
    case 'T':
    case 'd':
    case 'D':
      return BulletinLevel::kDebug;
    case 'w':
    case 'W':
      return BulletinLevel::kWarn;
    case 'e':
    case 'E':
    case 'f':
    case 'F':
      return BulletinLevel::kError;
    case 'n':
    case 'N':
      return BulletinLevel::kNone;
    default:
      return BulletinLevel::kInfo;
  }
}

}  // namespace millrace::processors
