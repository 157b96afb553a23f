// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/time_zone.h"

#include <fmt/format.h>

#include <cstdlib>
#include <optional>
#include <utility>

namespace millrace::expression {

namespace {

/// The names of three letters that Java knows besides those of the database.
constexpr std::pair<std::string_view, std::string_view> kShortNames[] = {
    {"ACT", "Australia/Darwin"},
    {"AET", "Australia/Sydney"},
    {"ART", "Africa/Cairo"},
    {"AST", "America/Anchorage"},
    {"BET", "America/Sao_Paulo"},
    {"BST", "Asia/Dhaka"},
    {"CAT", "Africa/Harare"},
    {"CNT", "America/St_Johns"},
    {"CST", "America/Chicago"},
    {"CTT", "Asia/Shanghai"},
    {"EAT", "Africa/Addis_Ababa"},
    {"ECT", "Europe/Paris"},
    {"IET", "America/Indiana/Indianapolis"},
    {"IST", "Asia/Kolkata"},
    {"JST", "Asia/Tokyo"},
    {"MIT", "Pacific/Apia"},
    {"NET", "Asia/Yerevan"},
    {"NST", "Pacific/Auckland"},
    {"PLT", "Asia/Karachi"},
    {"PNT", "America/Phoenix"},
    {"PRT", "America/Puerto_Rico"},
    {"PST", "America/Los_Angeles"},
    {"SST", "Pacific/Guadalcanal"},
    {"VST", "Asia/Ho_Chi_Minh"},
};

/// Summer times, which are offsets and no regions.
constexpr std::pair<std::string_view, std::int32_t> kSummerTimes[] = {
    {"EDT", -4}, {"CDT", -5}, {"MDT", -6}, {"PDT", -7}, {"CEST", 2}, {"EEST", 3}, {"WEST", 1},
};

std::optional<std::int32_t> parseOffset(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  if (text.size() < 2 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  std::string digits;
  for (const char c : text.substr(1)) {
    if (c == ':') {
      if (digits.size() == 1) digits.insert(0, 1, '0');
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    digits += c;
  }
  if (digits.size() == 1) digits.insert(0, 1, '0');
  if (digits.size() == 3) digits.insert(0, 1, '0');
  if (digits.size() != 2 && digits.size() != 4 && digits.size() != 6) return std::nullopt;
  digits.resize(6, '0');
  const auto two = [&](std::size_t at) { return (digits[at] - '0') * 10 + (digits[at + 1] - '0'); };
  if (two(0) > 18 || two(2) > 59 || two(4) > 59) return std::nullopt;
  const std::int32_t seconds = two(0) * 3600 + two(2) * 60 + two(4);
  return text[0] == '-' ? -seconds : seconds;
}

/// Names of UTC: known without the database.
bool isUtc(std::string_view name) {
  return name == "UTC" || name == "GMT" || name == "UT" || name == "Etc/UTC" || name == "Etc/GMT";
}

}  // namespace

Result<TimeZone> TimeZone::named(std::string_view name) {
  TimeZone zone;
  if (isUtc(name)) return zone;
  std::string_view offset = name;
  if (name.starts_with("UTC") || name.starts_with("GMT")) offset.remove_prefix(3);
  if (const auto seconds = parseOffset(offset)) {
    zone.offset_ = *seconds;
    return zone;
  }
  for (const auto& [summer, hours] : kSummerTimes) {
    if (summer == name) {
      zone.offset_ = hours * 3600;
      return zone;
    }
  }
  for (const auto& [shortName, region] : kShortNames) {
    if (shortName == name) name = region;
  }
  zone.region_ = ZoneRules::named(name);
  if (zone.region_ == nullptr) {
    return Error::user(
        fmt::format("'{}' is no time zone; use a region such as Europe/Oslo or an "
                    "offset such as +05:30",
                    name));
  }
  return zone;
}

TimeZone TimeZone::ofProcess() {
  TimeZone zone;
  if (const char* variable = std::getenv("TZ")) {
    std::string_view name(variable);
    if (name.starts_with(':')) name.remove_prefix(1);
    auto named = TimeZone::named(name);
    if (named.ok()) return *named;
    return zone;
  }
  const ZoneRules* const machine = ZoneRules::ofMachine();
  if (machine != nullptr && !isUtc(machine->name())) zone.region_ = machine;
  return zone;
}

TimeZone::Offset TimeZone::at(std::int64_t epochSeconds) const {
  if (region_ == nullptr) return {offset_, name()};
  const ZoneRules::Stretch stretch = region_->at(epochSeconds);
  return {stretch.offset, std::string(stretch.abbreviation)};
}

std::int64_t TimeZone::toEpochSeconds(std::int64_t localSeconds) const {
  return localSeconds - (region_ == nullptr ? offset_ : region_->offsetOfLocal(localSeconds));
}

std::string TimeZone::name() const {
  if (region_ != nullptr) return region_->name();
  if (offset_ == 0) return "UTC";
  const int all = offset_ < 0 ? -offset_ : offset_;
  return fmt::format("{}{:02}:{:02}", offset_ < 0 ? '-' : '+', all / 3600, all / 60 % 60);
}

}  // namespace millrace::expression
