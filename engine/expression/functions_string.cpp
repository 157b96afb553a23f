// SPDX-License-Identifier: Apache-2.0
// String functions: they cut, join, pad and replace. Positions and lengths are Java's (UTF-16).
#include "engine/expression/delimited.h"
#include "engine/expression/function_table.h"
#include "engine/expression/regex_argument.h"
#include "engine/expression/replace_by_pattern.h"
#include "engine/expression/utf16.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <unordered_set>

namespace millrace::expression {

namespace {

/// No text that a function makes is longer: a mistyped length must not take the machine's memory.
constexpr std::size_t kMaxMade = std::size_t{64} << 20U;

Value kept(Call& call, std::string_view text) { return Value::text(call.scratch().keep(text)); }

/// Copies with a change of ASCII letters; `from` is the first letter of the case to be changed.
std::string_view changeCase(Scratch& scratch, std::string_view text, char from) {
  char* out = scratch.allocate(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    out[i] = c >= from && c <= from + 25 ? static_cast<char>(c ^ 0x20) : c;
  }
  return {out, text.size()};
}

Value upper(Call& call) {
  const Value& subject = call.subject();
  if (subject.isNull()) return subject;
  if (!isAscii(subject.text())) return kept(call, toUpper(subject.text()));
  return Value::text(changeCase(call.scratch(), subject.text(), 'a'));
}
Value lower(Call& call) {
  const Value& subject = call.subject();
  if (subject.isNull()) return subject;
  if (!isAscii(subject.text())) return kept(call, toLower(subject.text()));
  return Value::text(changeCase(call.scratch(), subject.text(), 'A'));
}

Value trim(Call& call) {
  if (call.subject().isNull()) return {};
  std::string_view text = call.subject().text();
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return Value::text(text);
}

Value substring(Call& call) {
  if (call.subject().isNull()) return Value::text("");
  const std::string_view text = call.subject().text();
  const auto units = static_cast<std::int64_t>(utf16Length(text));
  const auto from = call.whole(0);
  const auto to = call.argumentCount() > 1 ? call.whole(1) : std::optional(units);
  if (!from || !to) return call.fail("a position is no whole number");
  if (*from < 0 || *to > units || *from > *to) return Value::text("");
  if (isAscii(text)) {
    return Value::text(
        text.substr(static_cast<std::size_t>(*from), static_cast<std::size_t>(*to - *from)));
  }
  const std::size_t begin = byteIndex(text, static_cast<std::size_t>(*from));
  const std::size_t end = byteIndex(text, static_cast<std::size_t>(*to));
  return Value::text(text.substr(begin, end - begin));
}

enum class Side { kBefore, kAfter };
enum class Which { kFirst, kLast };

template <Side side, Which which>
Value part(Call& call) {
  if (call.subject().isNull()) return Value::text("");
  const std::string_view text = call.subject().text();
  const auto mark = call.text(0);
  if (!mark || mark->empty()) return call.subject();
  const std::size_t found = which == Which::kFirst ? text.find(*mark) : text.rfind(*mark);
  if (found == std::string_view::npos) return call.subject();
  return Value::text(side == Side::kBefore ? text.substr(0, found)
                                           : text.substr(found + mark->size()));
}

/// The single character of an argument, or the default.
std::optional<char32_t> oneCharacter(Call& call, std::size_t index, char32_t standard) {
  if (index >= call.argumentCount()) return standard;
  const auto text = call.text(index);
  if (!text || text->empty()) return std::nullopt;
  std::size_t at = 0;
  const char32_t c = readUtf8(*text, at);
  if (at != text->size()) return std::nullopt;
  return c;
}

Value getDelimitedField(Call& call) {
  if (call.subject().isNull()) return Value::text("");
  const auto index = call.whole(0);
  if (!index || *index < 1) return call.fail("the number of a field is 1 or more");
  const auto delimiter = oneCharacter(call, 1, ',');
  const auto quote = oneCharacter(call, 2, '"');
  const auto escape = oneCharacter(call, 3, '\\');
  if (!delimiter || !quote || !escape) {
    return call.fail("delimiter, quote and escape are one character each");
  }
  const Value strip = call.argument(4);
  const FieldFormat format{*delimiter, *quote, *escape, !strip.isNull() && strip.boolean()};
  return kept(call, delimitedField(call.subject().text(), static_cast<long>(*index), format));
}

Value compactList(Call& call) {
  const auto delimiter = call.text(0);
  if (call.subject().isNull() || !delimiter || delimiter->empty()) return call.subject();
  auto parts = splitLiteral(call.subject().text(), *delimiter);
  std::erase_if(parts, [](std::string_view one) { return one.empty(); });
  return kept(call, joinParts(parts, *delimiter));
}

Value trimList(Call& call) {
  const auto delimiter = call.text(0);
  if (call.subject().isNull() || !delimiter || delimiter->empty()) return call.subject();
  const auto parts = splitLiteral(call.subject().text(), *delimiter);
  const auto filled = [](std::string_view one) { return !one.empty(); };
  const auto first = std::find_if(parts.begin(), parts.end(), filled);
  const auto last = std::find_if(parts.rbegin(), parts.rend(), filled).base();
  if (first >= last) return Value::text("");
  return kept(call, joinParts({first, last}, *delimiter));
}

Value unique(Call& call) {
  const auto delimiter = call.text(0);
  if (call.subject().isNull() || !delimiter || delimiter->empty()) return call.subject();
  std::unordered_set<std::string_view> seen;
  auto parts = splitLiteral(call.subject().text(), *delimiter);
  std::erase_if(parts, [&](std::string_view one) { return !seen.insert(one).second; });
  return kept(call, joinParts(parts, *delimiter));
}

Value append(Call& call) {
  const auto more = call.text(0).value_or("");
  const auto text = call.subject().isNull() ? std::string_view() : call.subject().text();
  return Value::text(call.scratch().join(text, more));
}
Value prepend(Call& call) {
  const auto more = call.text(0).value_or("");
  const auto text = call.subject().isNull() ? std::string_view() : call.subject().text();
  return Value::text(call.scratch().join(more, text));
}

Value replace(Call& call) {
  const auto what = call.text(0);
  if (call.subject().isNull() || !what) return call.subject();
  const std::string_view text = call.subject().text();
  const std::string_view with = call.text(1).value_or("");
  if (text.find(*what) == std::string_view::npos) return call.subject();
  std::string out;
  std::size_t from = 0;
  if (what->empty()) {
    // Java puts the replacement before each character and at the end.
    while (from < text.size()) {
      const std::size_t begin = from;
      readUtf8(text, from);
      out += with;
      out += text.substr(begin, from - begin);
    }
    out += with;
    return kept(call, out);
  }
  for (std::size_t at = text.find(*what); at != std::string_view::npos;
       at = text.find(*what, from)) {
    out += text.substr(from, at - from);
    out += with;
    from = at + what->size();
  }
  out += text.substr(from);
  return kept(call, out);
}

template <Regex::Times times>
Value replaceMatches(Call& call) {
  if (call.subject().isNull()) return {};
  const std::string_view text = call.subject().text();
  RegexArgument regex(call, 0, Regex::Use::kFind);
  if (!regex) return call.work().failed ? Value() : call.subject();
  return Value::text(regex->replace(text, call.text(1).value_or(""), times, call.work()));
}

Value replaceNull(Call& call) {
  return call.subject().isNull() ? call.argument(0) : call.subject();
}

Value replaceEmpty(Call& call) {
  if (call.subject().isNull()) return call.argument(0);
  for (const char c : call.subject().text()) {
    if (static_cast<unsigned char>(c) > ' ') return call.subject();
  }
  return call.argument(0);
}

template <Side side>
Value pad(Call& call) {
  if (call.subject().isNull()) return {};
  const std::string_view text = call.subject().text();
  const auto length = call.whole(0);
  const auto padding =
      call.argumentCount() > 1 ? call.text(1) : std::optional<std::string_view>("_");
  const std::size_t have = utf16Length(text);
  if (!length || !padding || padding->empty() || *length <= static_cast<std::int64_t>(have) ||
      *length > std::numeric_limits<std::int32_t>::max()) {
    return call.subject();
  }
  const std::size_t missing = static_cast<std::size_t>(*length) - have;
  if (missing > kMaxMade) return call.fail("the length is beyond 64 MiB");
  const std::size_t unit = utf16Length(*padding);
  std::string fill;
  for (std::size_t i = 0; i < missing / unit; ++i) fill += *padding;
  fill += padding->substr(0, byteIndex(*padding, missing % unit));
  return Value::text(side == Side::kBefore ? call.scratch().join(fill, text)
                                           : call.scratch().join(text, fill));
}

Value repeat(Call& call) {
  if (call.subject().isNull()) return Value::text("");
  const auto least = call.whole(0);
  const auto most = call.argumentCount() > 1 ? call.whole(1) : least;
  if (!least || !most || *least < 1 || *most < *least) {
    return call.fail("the counts are whole numbers from 1, the second not below the first");
  }
  const auto spread = static_cast<std::uint64_t>(*most - *least) + 1;
  const auto times =
      static_cast<std::uint64_t>(*least) + (spread > 1 ? call.input().random.below(spread) : 0);
  const std::string_view text = call.subject().text();
  if (text.empty()) return call.subject();
  if (times > kMaxMade / text.size()) return call.fail("the result is beyond 64 MiB");
  char* out = call.scratch().allocate(text.size() * times);
  for (std::uint64_t i = 0; i < times; ++i)
    std::memcpy(out + i * text.size(), text.data(), text.size());
  return Value::text({out, text.size() * times});
}

Value length(Call& call) {
  if (call.subject().isNull()) return Value::whole(0);
  return Value::whole(static_cast<std::int64_t>(utf16Length(call.subject().text())));
}

Value evaluateELString(Call& call) {
  return call.subject().isNull() ? Value::text("") : call.evaluateText(call.subject().text());
}

constexpr Arguments kNone{};
constexpr Arguments kText{1, 1, {Kind::kText}};
constexpr Arguments kTwoTexts{2, 2, {Kind::kText, Kind::kText}};
constexpr Arguments kPadding{1, 2, {Kind::kWhole, Kind::kText}};
constexpr Arguments kRange{1, 2, {Kind::kWhole, Kind::kWhole}};
constexpr Arguments kField{
    1, 5, {Kind::kWhole, Kind::kText, Kind::kText, Kind::kText, Kind::kBoolean}};

constexpr FunctionEntry text(std::string_view name, Arguments arguments, Value (*evaluate)(Call&),
                             std::string_view summary, std::string_view example,
                             std::string_view result) {
  return {name,     Form::kMethod, Kind::kText, arguments, Kind::kText,
          evaluate, nullptr,       summary,     example,   result};
}

constexpr FunctionEntry kEntries[] = {
    text("toUpper", kNone, upper, "The subject in upper case.", "${filename:toUpper()}",
         "REPORT.2024.CSV"),
    text("toLower", kNone, lower, "The subject in lower case.", "${filename:toLower()}",
         "report.2024.csv"),
    text("trim", kNone, trim, "The subject without blanks at its ends.", "${spaced:trim()}", "a b"),
    text("substring", kRange, substring,
         "The characters from a position up to, not including, another, from 0; empty when the "
         "positions are not within the subject.",
         "${filename:substring(0, 6)}", "Report"),
    text("substringBefore", kText, part<Side::kBefore, Which::kFirst>,
         "What comes before the first occurrence; the subject when there is none.",
         "${filename:substringBefore('.')}", "Report"),
    text("substringBeforeLast", kText, part<Side::kBefore, Which::kLast>,
         "What comes before the last occurrence; the subject when there is none.",
         "${filename:substringBeforeLast('.')}", "Report.2024"),
    text("substringAfter", kText, part<Side::kAfter, Which::kFirst>,
         "What comes after the first occurrence; the subject when there is none.",
         "${filename:substringAfter('.')}", "2024.csv"),
    text("substringAfterLast", kText, part<Side::kAfter, Which::kLast>,
         "What comes after the last occurrence; the subject when there is none.",
         "${filename:substringAfterLast('.')}", "csv"),
    text("getDelimitedField", kField, getDelimitedField,
         "The field of that number, from 1. Further arguments: delimiter (,), quote (\"), escape "
         "(\\), and whether quotes and escapes are left out.",
         "${line:getDelimitedField(2)}", "\"b,c\""),
    text("compactDelimitedList", kText, compactList, "The list without its empty parts.",
         "${literal(',a,,b,'):compactDelimitedList(',')}", "a,b"),
    text("trimDelimitedList", kText, trimList,
         "The list without the empty parts at its beginning and end.",
         "${literal(',a,,b,'):trimDelimitedList(',')}", "a,,b"),
    text("unique", kText, unique, "The list with each part once, at its first place.",
         "${literal('b,a,b'):unique(',')}", "b,a"),
    text("append", kText, append, "The subject, then the argument.", "${fileSize:append(' B')}",
         "42 B"),
    text("prepend", kText, prepend, "The argument, then the subject.", "${fileSize:prepend('#')}",
         "#42"),
    text("replace", kTwoTexts, replace, "Replaces every occurrence of a text.",
         "${filename:replace('.', '_')}", "Report_2024_csv"),
    {"replaceFirst", Form::kMethod, Kind::kText, kTwoTexts, Kind::kText,
     replaceMatches<Regex::Times::kFirst>, prepareFind,
     "Replaces the first match of a regular expression; $1 stands for its first group.",
     "${filename:replaceFirst('[0-9]', 'x')}", "Report.x024.csv"},
    {"replaceAll", Form::kMethod, Kind::kText, kTwoTexts, Kind::kText,
     replaceMatches<Regex::Times::kAll>, prepareFind,
     "Replaces every match of a regular expression; $1 stands for its first group.",
     "${filename:replaceAll('([0-9])', '<$1>')}", "Report.<2><0><2><4>.csv"},
    text("replaceNull", kText, replaceNull, "The argument when the attribute does not exist.",
         "${missing:replaceNull('none')}", "none"),
    text("replaceEmpty", kText, replaceEmpty,
         "The argument when the subject does not exist or holds nothing but blanks.",
         "${blank:replaceEmpty('none')}", "none"),
    {"replaceByPattern", Form::kMethod, Kind::kText, kText, Kind::kText, replaceByPattern,
     prepareReplaceByPattern,
     "The value of the first pattern that matches the whole subject, of a list pattern:value, …; "
     "the subject when none does.",
     "${filename:replaceByPattern('.*txt:text,.*csv:table')}", "table"},
    text("padLeft", kPadding, pad<Side::kBefore>,
         "Fills up at the left to a length, with _ or the given text.",
         "${fileSize:padLeft(5, '0')}", "00042"),
    text("padRight", kPadding, pad<Side::kAfter>,
         "Fills up at the right to a length, with _ or the given text.", "${fileSize:padRight(5)}",
         "42___"),
    text("repeat", kRange, repeat,
         "The subject that many times; with two numbers, a random count between them.",
         "${fileSize:repeat(2)}", "4242"),
    {"length", Form::kMethod, Kind::kText, kNone, Kind::kWhole, length, nullptr,
     "The number of characters, as Java counts them (UTF-16).", "${filename:length()}", "15"},
    text("evaluateELString", kNone, evaluateELString,
         "Evaluates the subject as the text of a property; parameters in it are empty.",
         "${template:evaluateELString()}", "size 42"),
};

}  // namespace

std::span<const FunctionEntry> stringFunctions() { return kEntries; }

}  // namespace millrace::expression
