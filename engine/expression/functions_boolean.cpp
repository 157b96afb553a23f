// SPDX-License-Identifier: Apache-2.0
// Boolean functions: tests, comparisons and logic. A null never compares as true.
#include "engine/base/result.h"
#include "engine/expression/function_table.h"
#include "engine/expression/json_text.h"
#include "engine/expression/utf16.h"

namespace millrace::expression {

namespace {

Value truth(bool flag) { return Value::boolean(flag); }

bool isBlank(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) > ' ') return false;
  }
  return true;
}

Value isNull(Call& call) { return truth(call.subject().isNull()); }
Value notNull(Call& call) { return truth(!call.subject().isNull()); }
Value isEmpty(Call& call) {
  return truth(call.subject().isNull() || isBlank(call.subject().text()));
}

/// Numbers, dates and booleans compare as such, all else as text.
Value equals(Call& call) {
  const Value& left = call.subject();
  if (left.isNull()) return truth(false);
  Value right = call.argument(0);
  if (right.isNull()) return truth(false);
  switch (left.type()) {
    case Type::kWhole:
    case Type::kDecimal: {
      right = convert(right, Kind::kNumber, call.work());
      if (right.isNull()) return truth(false);
      if (left.type() == Type::kWhole && right.type() == Type::kWhole) {
        return truth(left.whole() == right.whole());
      }
      const double a =
          left.type() == Type::kWhole ? static_cast<double>(left.whole()) : left.decimal();
      const double b =
          right.type() == Type::kWhole ? static_cast<double>(right.whole()) : right.decimal();
      return truth(a == b);
    }
    case Type::kDate:
      if (right.type() == Type::kDate) return truth(left.date() == right.date());
      break;
    case Type::kInstant:
      if (right.type() == Type::kInstant) return truth(left.instant() == right.instant());
      break;
    case Type::kBoolean:
      if (right.type() == Type::kBoolean) return truth(left.boolean() == right.boolean());
      break;
    case Type::kText:
    case Type::kNull:
      break;
  }
  return truth(textOf(left, call.work()) == textOf(right, call.work()));
}

/// A character without regard to its case; one whose upper case is several characters stays.
std::string folded(std::string_view character) {
  const std::string upper = toUpper(character);
  std::size_t at = 0;
  (void)readUtf8(upper, at);
  return toLower(at == upper.size() ? std::string_view(upper) : character);
}

/// As String.equalsIgnoreCase, character by character, so that the sharp s is not SS.
bool sameLetters(std::string_view left, std::string_view right) {
  std::size_t a = 0;
  std::size_t b = 0;
  while (a < left.size() && b < right.size()) {
    const std::size_t fromA = a;
    const std::size_t fromB = b;
    if (readUtf8(left, a) == readUtf8(right, b)) continue;
    if (folded(left.substr(fromA, a - fromA)) != folded(right.substr(fromB, b - fromB))) {
      return false;
    }
  }
  return a == left.size() && b == right.size();
}

Value equalsIgnoreCase(Call& call) {
  if (call.subject().isNull()) return truth(false);
  const auto other = call.text(0);
  if (!other) return truth(false);
  const std::string_view left = call.subject().text();
  if (isAscii(left) && isAscii(*other)) {
    if (left.size() != other->size()) return truth(false);
    for (std::size_t i = 0; i < left.size(); ++i) {
      const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c | 0x20 : c; };
      if (lower(left[i]) != lower((*other)[i])) return truth(false);
    }
    return truth(true);
  }
  return truth(sameLetters(left, *other));
}

enum class Order { kGreater, kGreaterOrEqual, kLess, kLessOrEqual };

template <typename Number>
bool ordered(Number left, Number right, Order order) {
  switch (order) {
    case Order::kGreater:
      return left > right;
    case Order::kGreaterOrEqual:
      return left >= right;
    case Order::kLess:
      return left < right;
    case Order::kLessOrEqual:
      return left <= right;
  }
  return false;
}

template <Order order>
Value compare(Call& call) {
  const Value& left = call.subject();
  if (left.isNull()) return truth(false);
  const Value right = call.argument(0);
  if (right.isNull()) return truth(false);
  if (left.type() == Type::kWhole && right.type() == Type::kWhole) {
    return truth(ordered(left.whole(), right.whole(), order));
  }
  const auto wide = [](const Value& v) {
    return v.type() == Type::kWhole ? static_cast<double>(v.whole()) : v.decimal();
  };
  return truth(ordered(wide(left), wide(right), order));
}

bool isTrue(const Value& value) { return !value.isNull() && value.boolean(); }

Value logicalAnd(Call& call) { return truth(isTrue(call.subject()) && isTrue(call.argument(0))); }
Value logicalOr(Call& call) { return truth(isTrue(call.subject()) || isTrue(call.argument(0))); }
Value logicalNot(Call& call) { return truth(!isTrue(call.subject())); }
Value ifElse(Call& call) { return call.argument(isTrue(call.subject()) ? 0 : 1); }

Value isJson(Call& call) {
  return truth(!call.subject().isNull() && isJsonContainer(call.subject().text()));
}

Value in(Call& call) {
  if (call.subject().isNull()) return truth(false);
  for (std::size_t i = 0; i < call.argumentCount(); ++i) {
    const auto one = call.text(i);
    if (one && *one == call.subject().text()) return truth(true);
  }
  return truth(false);
}

constexpr Arguments kNone{};
constexpr Arguments kNumber{1, 1, {Kind::kNumber}};
constexpr Arguments kFlag{1, 1, {Kind::kBoolean}};
constexpr Arguments kText{1, 1, {Kind::kText}};

constexpr FunctionEntry kEntries[] = {
    {"isNull", Form::kMethod, Kind::kAny, kNone, Kind::kBoolean, isNull, nullptr,
     "Whether the attribute does not exist.", "${missing:isNull()}", "true"},
    {"notNull", Form::kMethod, Kind::kAny, kNone, Kind::kBoolean, notNull, nullptr,
     "Whether the attribute exists, even if it is empty.", "${filename:notNull()}", "true"},
    {"isEmpty", Form::kMethod, Kind::kText, kNone, Kind::kBoolean, isEmpty, nullptr,
     "Whether the subject does not exist or holds nothing but blanks.", "${blank:isEmpty()}",
     "true"},
    {"equals",
     Form::kMethod,
     Kind::kAny,
     {1, 1, {Kind::kAny}},
     Kind::kBoolean,
     equals,
     nullptr,
     "Whether subject and argument are the same; numbers compare as numbers, the rest as text.",
     "${fileSize:toNumber():equals(42.0)}",
     "true"},
    {"equalsIgnoreCase", Form::kMethod, Kind::kText, kText, Kind::kBoolean, equalsIgnoreCase,
     nullptr, "Whether subject and argument are the same text, upper and lower case aside.",
     "${filename:equalsIgnoreCase('report.2024.CSV')}", "true"},
    {"gt", Form::kMethod, Kind::kNumber, kNumber, Kind::kBoolean, compare<Order::kGreater>, nullptr,
     "Whether the subject is a number greater than the argument.", "${fileSize:gt(41.5)}", "true"},
    {"ge", Form::kMethod, Kind::kNumber, kNumber, Kind::kBoolean, compare<Order::kGreaterOrEqual>,
     nullptr, "Whether the subject is a number greater than or equal to the argument.",
     "${fileSize:ge(42)}", "true"},
    {"lt", Form::kMethod, Kind::kNumber, kNumber, Kind::kBoolean, compare<Order::kLess>, nullptr,
     "Whether the subject is a number less than the argument.", "${fileSize:lt(42)}", "false"},
    {"le", Form::kMethod, Kind::kNumber, kNumber, Kind::kBoolean, compare<Order::kLessOrEqual>,
     nullptr, "Whether the subject is a number less than or equal to the argument.",
     "${fileSize:le(42)}", "true"},
    {"and", Form::kMethod, Kind::kBoolean, kFlag, Kind::kBoolean, logicalAnd, nullptr,
     "Whether both are true; the argument is not evaluated when the subject is not.",
     "${fileSize:gt(1):and(${filename:endsWith('csv')})}", "true"},
    {"or", Form::kMethod, Kind::kBoolean, kFlag, Kind::kBoolean, logicalOr, nullptr,
     "Whether one of both is true; the argument is not evaluated when the subject is.",
     "${fileSize:gt(99):or(${filename:endsWith('csv')})}", "true"},
    {"not", Form::kMethod, Kind::kBoolean, kNone, Kind::kBoolean, logicalNot, nullptr,
     "The opposite of the subject.", "${fileSize:gt(99):not()}", "true"},
    {"ifElse",
     Form::kMethod,
     Kind::kBoolean,
     {2, 2, {Kind::kText, Kind::kText}},
     Kind::kText,
     ifElse,
     nullptr,
     "The first argument when the subject is true, else the second.",
     "${fileSize:gt(10):ifElse('big', 'small')}",
     "big"},
    {"isJson", Form::kMethod, Kind::kText, kNone, Kind::kBoolean, isJson, nullptr,
     "Whether the subject is a JSON object or array.", "${json:isJson()}", "true"},
    {"in",
     Form::kMethod,
     Kind::kText,
     {1, kManyArguments, {Kind::kText, Kind::kText, Kind::kText, Kind::kText, Kind::kText}},
     Kind::kBoolean,
     in,
     nullptr,
     "Whether the subject is one of the arguments.",
     "${fileSize:in('41', '42')}",
     "true"},
};

}  // namespace

std::span<const FunctionEntry> booleanFunctions() { return kEntries; }

}  // namespace millrace::expression
