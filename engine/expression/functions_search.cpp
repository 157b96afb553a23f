// SPDX-License-Identifier: Apache-2.0
// Search functions: what a text contains, and where.
#include "engine/expression/function_table.h"
#include "engine/expression/regex_argument.h"
#include "engine/expression/utf16.h"

namespace millrace::expression {

namespace {

Value startsWith(Call& call) {
  if (call.subject().isNull()) return Value::boolean(false);
  const auto other = call.text(0);
  return Value::boolean(other && call.subject().text().starts_with(*other));
}
Value endsWith(Call& call) {
  if (call.subject().isNull()) return Value::boolean(false);
  const auto other = call.text(0);
  return Value::boolean(other && call.subject().text().ends_with(*other));
}
Value contains(Call& call) {
  if (call.subject().isNull()) return Value::boolean(false);
  const auto other = call.text(0);
  return Value::boolean(other && call.subject().text().find(*other) != std::string_view::npos);
}

template <Regex::Use use>
Value matchesPattern(Call& call) {
  if (call.subject().isNull()) return Value::boolean(false);
  RegexArgument regex(call, 0, use);
  return Value::boolean(regex && regex->matches(call.subject().text(), call.work()));
}

Value placeOfText(Call& call, std::size_t found) {
  if (found == std::string_view::npos) return Value::whole(-1);
  return Value::whole(static_cast<std::int64_t>(utf16Index(call.subject().text(), found)));
}
Value indexOf(Call& call) {
  if (call.subject().isNull()) return Value::whole(-1);
  const auto other = call.text(0);
  return placeOfText(call, other ? call.subject().text().find(*other) : std::string_view::npos);
}
Value lastIndexOf(Call& call) {
  if (call.subject().isNull()) return Value::whole(-1);
  const auto other = call.text(0);
  return placeOfText(call, other ? call.subject().text().rfind(*other) : std::string_view::npos);
}

constexpr Arguments kText{1, 1, {Kind::kText}};

constexpr FunctionEntry kEntries[] = {
    {"startsWith", Form::kMethod, Kind::kText, kText, Kind::kBoolean, startsWith, nullptr,
     "Whether the subject begins with a text.", "${filename:startsWith('Report')}", "true"},
    {"endsWith", Form::kMethod, Kind::kText, kText, Kind::kBoolean, endsWith, nullptr,
     "Whether the subject ends with a text.", "${filename:endsWith('.csv')}", "true"},
    {"contains", Form::kMethod, Kind::kText, kText, Kind::kBoolean, contains, nullptr,
     "Whether the subject contains a text.", "${filename:contains('2024')}", "true"},
    {"find", Form::kMethod, Kind::kText, kText, Kind::kBoolean, matchesPattern<Regex::Use::kFind>,
     prepareFind, "Whether a part of the subject matches a regular expression.",
     "${filename:find('[0-9]{4}')}", "true"},
    {"matches", Form::kMethod, Kind::kText, kText, Kind::kBoolean,
     matchesPattern<Regex::Use::kFull>, prepareMatch,
     "Whether the whole subject matches a regular expression.", "${filename:matches('[0-9]{4}')}",
     "false"},
    {"indexOf", Form::kMethod, Kind::kText, kText, Kind::kWhole, indexOf, nullptr,
     "The position of the first occurrence, from 0; -1 when there is none.",
     "${filename:indexOf('.')}", "6"},
    {"lastIndexOf", Form::kMethod, Kind::kText, kText, Kind::kWhole, lastIndexOf, nullptr,
     "The position of the last occurrence, from 0; -1 when there is none.",
     "${filename:lastIndexOf('.')}", "11"},
};

}  // namespace

std::span<const FunctionEntry> searchFunctions() { return kEntries; }

}  // namespace millrace::expression
