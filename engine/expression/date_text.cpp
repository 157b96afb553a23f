// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/date_text.h"

#include "engine/expression/date_pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace millrace::expression {

namespace {

/// The patterns are constants of ours, so that compiling them cannot fail.
DatePattern known(std::string_view pattern) {
  return std::move(DatePattern::compile(pattern)).value();
}

const DatePattern& datePattern() {
  static const DatePattern pattern = known("EEE MMM dd HH:mm:ss zzz yyyy");
  return pattern;
}
const DatePattern& slashPattern() {
  static const DatePattern pattern = known("yyyy/MM/dd HH:mm:ss[.SSS]");
  return pattern;
}
const DatePattern& isoPattern() {
  static const DatePattern pattern = known("uuuu-MM-dd'T'HH:mm[:ss[.SSSSSSSSS]]XXX");
  return pattern;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

std::string dateText(Instant moment, const TimeZone& zone) {
  return datePattern().format(moment, zone);
}

std::string instantText(Instant moment) {
  static const DatePattern seconds = known("uuuu-MM-dd'T'HH:mm:ss");
  std::string out = seconds.format(moment, TimeZone());
  if (moment.nanos != 0) {
    const std::string fraction = fmt::format("{:09}", moment.nanos);
    const std::size_t digits = moment.nanos % 1'000'000 == 0 ? 3
                               : moment.nanos % 1'000 == 0   ? 6
                                                             : 9;
    out += '.';
    out += fraction.substr(0, digits);
  }
  return out + 'Z';
}

Result<Instant> readDateText(std::string_view text, const TimeZone& zone) {
  text = trimmed(text);
  if (!text.empty() &&
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    std::int64_t millis = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), millis);
    if (code == std::errc()) return Instant::ofMillis(millis);
  }
  auto slashes = slashPattern().parse(text, zone);
  if (slashes.ok()) return slashes;
  auto words = datePattern().parse(text, zone);
  if (words.ok()) return words;
  return Error::user(
      fmt::format("'{}' is no date that can be read without a format; use "
                  "toDate('yyyy-MM-dd …')",
                  text));
}

Result<Instant> readInstantText(std::string_view text, const TimeZone& zone) {
  auto iso = isoPattern().parse(trimmed(text), zone);
  if (iso.ok()) return iso;
  return readDateText(text, zone);
}

bool isInstantText(std::string_view text) {
  static const DatePattern mail = known("EEE, d MMM yyyy HH:mm:ss Z");
  const auto valid = [&](const DatePattern& pattern) {
    return pattern.parse(text, TimeZone(), DatePattern::Calendar::kStrict).ok();
  };
  return valid(isoPattern()) || valid(mail);
}

}  // namespace millrace::expression
