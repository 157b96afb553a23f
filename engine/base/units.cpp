// SPDX-License-Identifier: Apache-2.0
#include "engine/base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

namespace millrace {
namespace {

struct Unit {
  std::string_view names;  // separated by spaces; the first is the one that we write
  std::uint64_t factor;
};

constexpr std::array<Unit, 8> kTimes{{
    {"ns nano nanos nanosecond nanoseconds", 1},
    {"us micro micros microsecond microseconds", 1'000},
    {"ms milli millis millisecond milliseconds", 1'000'000},
    {"sec s secs second seconds", 1'000'000'000},
    {"min m mins minute minutes", 60'000'000'000},
    {"hr h hrs hour hours", 3'600'000'000'000},
    {"day d days", 86'400'000'000'000},
    {"week w wk wks weeks", 604'800'000'000'000},
}};

constexpr std::array<Unit, 5> kSizes{{
    {"B b", 1},
    {"KB kb", 1ULL << 10},
    {"MB mb", 1ULL << 20},
    {"GB gb", 1ULL << 30},
    {"TB tb", 1ULL << 40},
}};

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

bool hasWord(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const std::size_t space = words.find(' ');
    if (lower(words.substr(0, space)) == word) return true;
    if (space == std::string_view::npos) break;
    words.remove_prefix(space + 1);
  }
  return false;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0)
    text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0)
    text.remove_suffix(1);
  return text;
}

template <std::size_t N>
Result<std::uint64_t> parse(std::string_view text, const std::array<Unit, N>& units,
                            std::string_view kind, std::string_view example) {
  const Error bad = Error::user(fmt::format(
      "'{}' is not a {}: write a number and a unit, such as '{}'", text, kind, example));
  const std::string_view trimmed = trim(text);
  std::size_t digits = 0;
  while (digits < trimmed.size() &&
         (std::isdigit(static_cast<unsigned char>(trimmed[digits])) != 0 || trimmed[digits] == '.'))
    ++digits;
  const std::string_view number = trimmed.substr(0, digits);
  const std::string unit = lower(trim(trimmed.substr(digits)));
  if (number.empty() || unit.empty()) return bad;
  for (const Unit& candidate : units) {
    if (!hasWord(candidate.names, unit)) continue;
    if (number.find('.') == std::string_view::npos) {
      std::uint64_t whole = 0;
      const auto [end, code] = std::from_chars(number.data(), number.data() + number.size(), whole);
      constexpr auto kMost = static_cast<std::uint64_t>(INT64_MAX);
      if (code != std::errc{} || end != number.data() + number.size() ||
          whole > kMost / candidate.factor)
        return bad;
      return whole * candidate.factor;
    }
    double value = 0;
    const auto [end, code] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (code != std::errc{} || end != number.data() + number.size()) return bad;
    value *= static_cast<double>(candidate.factor);
    if (!(value < 9.2e18)) return bad;
    return static_cast<std::uint64_t>(std::llround(value));
  }
  return bad;
}

template <std::size_t N>
std::string format(std::uint64_t value, const std::array<Unit, N>& units, std::size_t zeroUnit) {
  std::size_t best = value == 0 ? zeroUnit : 0;
  if (value != 0) {
    for (std::size_t i = 0; i < N; ++i) {
      if (value % units[i].factor == 0) best = i;
    }
  }
  return fmt::format("{} {}", value / units[best].factor,
                     units[best].names.substr(0, units[best].names.find(' ')));
}

}  // namespace

Result<Nanos> parseDuration(std::string_view text) {
  return static_cast<Nanos>(MR_TRY(parse(text, kTimes, "duration", "30 sec")));
}
Result<std::uint64_t> parseDataSize(std::string_view text) {
  return parse(text, kSizes, "data size", "64 KB");
}
std::string formatDuration(Nanos duration) {
  return format(static_cast<std::uint64_t>(duration), kTimes, 3);
}
std::string formatDataSize(std::uint64_t bytes) { return format(bytes, kSizes, 0); }

}  // namespace millrace
