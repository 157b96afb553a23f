// SPDX-License-Identifier: Apache-2.0
// The formats that JSON Schema names (draft 7, validation 7.3), as far as their definitions can be
// told by looking: RFC 3339 times, RFC 5321 addresses, RFC 1123 names, RFC 3986 references.
#include "engine/expression/pattern.h"
#include "processors/json_schema/schema_code.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace millrace::processors {
namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool isHex(char c) { return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// A number of just so many digits at the front, which are taken.
std::optional<int> takeNumber(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int number = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (!isDigit(text[i])) return std::nullopt;
    number = number * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return number;
}

bool takeOne(std::string_view& text, std::string_view anyOf) {
  if (text.empty() || anyOf.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

bool takeDate(std::string_view& text) {
  const auto year = takeNumber(text, 4);
  const bool first = takeOne(text, "-");
  const auto month = takeNumber(text, 2);
  const bool second = takeOne(text, "-");
  const auto day = takeNumber(text, 2);
  if (!year || !first || !month || !second || !day || *month < 1 || *month > 12) return false;
  constexpr std::array<int, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (*year % 4 == 0 && *year % 100 != 0) || *year % 400 == 0;
  const int days = kDays[static_cast<std::size_t>(*month - 1)] + (leap && *month == 2 ? 1 : 0);
  return *day >= 1 && *day <= days;
}

bool takeTime(std::string_view& text) {
  const auto hour = takeNumber(text, 2);
  const bool first = takeOne(text, ":");
  const auto minute = takeNumber(text, 2);
  const bool second = takeOne(text, ":");
  const auto seconds = takeNumber(text, 2);
  if (!hour || !first || !minute || !second || !seconds) return false;
  if (*hour > 23 || *minute > 59 || *seconds > 60) return false;
  if (takeOne(text, ".")) {
    if (text.empty() || !isDigit(text.front())) return false;
    while (!text.empty() && isDigit(text.front())) text.remove_prefix(1);
  }
  int away = 0;  // minutes from UTC
  if (!takeOne(text, "Zz")) {
    const bool before = text.starts_with('-');
    if (!takeOne(text, "+-")) return false;
    const auto hours = takeNumber(text, 2);
    const bool colon = takeOne(text, ":");
    const auto minutes = takeNumber(text, 2);
    if (!hours || !colon || !minutes || *hours > 23 || *minutes > 59) return false;
    away = (*hours * 60 + *minutes) * (before ? -1 : 1);
  }
  // A leap second is the last one of a day in UTC.
  constexpr int kDay = 24 * 60;
  return *seconds < 60 || (*hour * 60 + *minute - away + 2 * kDay) % kDay == kDay - 1;
}

bool isDateTime(std::string_view text) {
  return takeDate(text) && takeOne(text, "Tt") && takeTime(text) && text.empty();
}

bool isHostname(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('.'), text.size());
    const std::string_view label = text.substr(0, end);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-' ||
        !std::all_of(label.begin(), label.end(),
                     [](char c) { return isLetter(c) || isDigit(c) || c == '-'; }))
      return false;
    if (end + 1 == text.size()) return false;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

bool isIpv4(std::string_view text) {
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && !takeOne(text, ".")) return false;
    int number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    const auto digits = static_cast<std::size_t>(end - text.data());
    if (code != std::errc{} || !isDigit(text.front()) || number > 255) return false;
    if (digits > 1 && text.front() == '0') return false;
    text.remove_prefix(digits);
  }
  return text.empty();
}

bool isIpv6(std::string_view text) {
  int groups = 0;
  bool gap = false;
  if (text.starts_with("::")) {
    gap = true;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    const auto digits =
        static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), isHex) - text.begin());
    if (digits < text.size() && text[digits] == '.')
      return isIpv4(text) && groups + 2 <= 8 && (gap ? groups + 2 < 8 : groups + 2 == 8);
    if (digits == 0 || digits > 4) return false;
    ++groups;
    text.remove_prefix(digits);
    if (text.empty()) break;
    if (text.starts_with("::")) {
      if (gap) return false;
      gap = true;
      text.remove_prefix(2);
    } else if (!takeOne(text, ":") || text.empty()) {
      return false;
    }
  }
  return gap ? groups < 8 : groups == 8;
}

bool isEmail(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0) return false;
  const std::string_view local = text.substr(0, at);
  std::string_view domain = text.substr(at + 1);
  const bool quoted = local.size() >= 2 && local.front() == '"' && local.back() == '"';
  constexpr std::string_view kMarks = "!#$%&'*+-/=?^_`{|}~.";
  if (!quoted &&
      (local.front() == '.' || local.back() == '.' || local.find("..") != std::string_view::npos ||
       !std::all_of(local.begin(), local.end(), [&](char c) {
         return isLetter(c) || isDigit(c) || kMarks.find(c) != std::string_view::npos;
       })))
    return false;
  if (!domain.starts_with('[') || !domain.ends_with(']')) return isHostname(domain);
  domain = domain.substr(1, domain.size() - 2);
  return domain.starts_with("IPv6:") ? isIpv6(domain.substr(5)) : isIpv4(domain);
}

bool isUriReference(std::string_view text) {
  constexpr std::string_view kMarks = "-._~:/?#[]@!$&'()*+,;=%";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && (i + 2 >= text.size() || !isHex(text[i + 1]) || !isHex(text[i + 2])))
      return false;
    if (!isLetter(text[i]) && !isDigit(text[i]) && kMarks.find(text[i]) == std::string_view::npos)
      return false;
  }
  return std::count(text.begin(), text.end(), '#') <= 1;
}

bool isUri(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !isLetter(text.front())) return false;
  const std::string_view scheme = text.substr(0, colon);
  return std::all_of(scheme.begin(), scheme.end(),
                     [](char c) {
                       return isLetter(c) || isDigit(c) || c == '+' || c == '-' || c == '.';
                     }) &&
         isUriReference(text);
}

bool isJsonPointer(std::string_view text) {
  if (!text.empty() && text.front() != '/') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '~' && (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1')))
      return false;
  }
  return true;
}

bool isRegex(std::string_view text) {
  return expression::Pattern::compile(text, expression::Pattern::Use::kFind).ok();
}

bool isDate(std::string_view text) { return takeDate(text) && text.empty(); }
bool isTime(std::string_view text) { return takeTime(text) && text.empty(); }

struct Format {
  std::string_view name;
  bool (*holds)(std::string_view);
};
constexpr std::array kFormats{Format{"date-time", isDateTime},
                              Format{"date", isDate},
                              Format{"time", isTime},
                              Format{"email", isEmail},
                              Format{"hostname", isHostname},
                              Format{"ipv4", isIpv4},
                              Format{"ipv6", isIpv6},
                              Format{"uri", isUri},
                              Format{"uri-reference", isUriReference},
                              Format{"json-pointer", isJsonPointer},
                              Format{"regex", isRegex}};

}  // namespace

bool hasFormat(std::string_view text, std::string_view format) {
  for (const Format& known : kFormats) {
    if (known.name == format) return known.holds(text);
  }
  return true;
}

}  // namespace millrace::processors
