// SPDX-License-Identifier: Apache-2.0
// Arithmetic: in 64-bit whole numbers that wrap around as Java's, or in doubles as soon as one
// operand is a decimal. A null operand gives null.
#include "engine/expression/function_table.h"
#include "engine/expression/java_math.h"
#include "engine/expression/java_number.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <string>

namespace millrace::expression {

namespace {

enum class Operation { kPlus, kMinus, kMultiply, kDivide, kMod };

Value wholeResult(Call& call, Operation operation, std::int64_t a, std::int64_t b) {
  const auto x = static_cast<std::uint64_t>(a);
  const auto y = static_cast<std::uint64_t>(b);
  switch (operation) {
    case Operation::kPlus:
      return Value::whole(static_cast<std::int64_t>(x + y));
    case Operation::kMinus:
      return Value::whole(static_cast<std::int64_t>(x - y));
    case Operation::kMultiply:
      return Value::whole(static_cast<std::int64_t>(x * y));
    case Operation::kDivide:
      if (b == 0) return call.fail("a whole number cannot be divided by zero");
      return Value::whole(b == -1 ? static_cast<std::int64_t>(0 - x) : a / b);
    case Operation::kMod:
      if (b == 0) return call.fail("a whole number has no remainder by zero");
      return Value::whole(b == -1 ? 0 : a % b);
  }
  return {};
}

double decimalResult(Operation operation, double a, double b) {
  switch (operation) {
    case Operation::kPlus:
      return a + b;
    case Operation::kMinus:
      return a - b;
    case Operation::kMultiply:
      return a * b;
    case Operation::kDivide:
      return a / b;
    case Operation::kMod:
      return std::fmod(a, b);
  }
  return 0;
}

template <Operation operation>
Value arithmetic(Call& call) {
  const Value& left = call.subject();
  if (left.isNull()) return {};
  const Value right = call.argument(0);
  if (right.isNull()) return {};
  if (left.type() == Type::kWhole && right.type() == Type::kWhole) {
    return wholeResult(call, operation, left.whole(), right.whole());
  }
  const auto wide = [](const Value& v) {
    return v.type() == Type::kWhole ? static_cast<double>(v.whole()) : v.decimal();
  };
  return Value::decimal(decimalResult(operation, wide(left), wide(right)));
}

bool isRadix(std::int64_t radix) { return radix >= 2 && radix <= 36; }

Value toRadix(Call& call) {
  if (call.subject().isNull()) return {};
  const auto radix = call.whole(0);
  if (!radix || !isRadix(*radix)) return call.fail("the radix is a number from 2 to 36");
  const std::int64_t length = call.whole(1).value_or(0);
  if (length > 65536) return call.fail("the length is beyond 65536");
  char digits[72];
  const auto end = std::to_chars(digits, digits + sizeof digits, call.subject().whole(),
                                 static_cast<int>(*radix))
                       .ptr;
  std::string text(digits, end);
  const std::size_t sign = text.front() == '-' ? 1 : 0;
  if (length > static_cast<std::int64_t>(text.size())) {
    text.insert(sign, static_cast<std::size_t>(length) - text.size(), '0');
  }
  return Value::text(call.scratch().keep(text));
}

Value fromRadix(Call& call) {
  if (call.subject().isNull()) return {};
  const auto radix = call.whole(0);
  if (!radix || !isRadix(*radix)) return call.fail("the radix is a number from 2 to 36");
  std::string_view text = call.subject().text();
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [past, code] = std::from_chars(text.data(), end, number, static_cast<int>(*radix));
  if (code != std::errc() || past != end || text.empty()) {
    return call.fail(fmt::format("'{}' is no whole number of radix {}", text, *radix));
  }
  return Value::whole(number);
}

Value random(Call& call) {
  return Value::whole(static_cast<std::int64_t>(call.input().random.next() >> 1U));
}

constexpr Arguments kNone{};
constexpr Arguments kNumber{1, 1, {Kind::kNumber}};

constexpr FunctionEntry kEntries[] = {
    {"plus", Form::kMethod, Kind::kNumber, kNumber, Kind::kNumber, arithmetic<Operation::kPlus>,
     nullptr, "The sum.", "${fileSize:plus(8)}", "50"},
    {"minus", Form::kMethod, Kind::kNumber, kNumber, Kind::kNumber, arithmetic<Operation::kMinus>,
     nullptr, "The difference.", "${fileSize:minus(43.5)}", "-1.5"},
    {"multiply", Form::kMethod, Kind::kNumber, kNumber, Kind::kNumber,
     arithmetic<Operation::kMultiply>, nullptr, "The product.", "${fileSize:multiply(1024)}",
     "43008"},
    {"divide", Form::kMethod, Kind::kNumber, kNumber, Kind::kNumber, arithmetic<Operation::kDivide>,
     nullptr, "The quotient; of whole numbers without its fraction.", "${fileSize:divide(5)}", "8"},
    {"mod", Form::kMethod, Kind::kNumber, kNumber, Kind::kNumber, arithmetic<Operation::kMod>,
     nullptr, "The remainder of a division, with the sign of the subject.", "${fileSize:mod(5)}",
     "2"},
    {"toRadix",
     Form::kMethod,
     Kind::kWhole,
     {1, 2, {Kind::kWhole, Kind::kWhole}},
     Kind::kText,
     toRadix,
     nullptr,
     "The number in a radix from 2 to 36, filled up with zeros to a length if one is given.",
     "${fileSize:toRadix(16, 4)}",
     "002a"},
    {"fromRadix",
     Form::kMethod,
     Kind::kText,
     {1, 1, {Kind::kWhole}},
     Kind::kWhole,
     fromRadix,
     nullptr,
     "Reads a number of a radix from 2 to 36.",
     "${literal('2A'):fromRadix(16)}",
     "42"},
    {"random", Form::kSubject, Kind::kAny, kNone, Kind::kWhole, random, nullptr,
     "A random whole number from 0 to 2^63 - 1.", "${random()}", ""},
    {"math",
     Form::kBoth,
     Kind::kNumber,
     {1, 2, {Kind::kText, Kind::kNumber}},
     Kind::kNumber,
     javaMath,
     nullptr,
     "A function of java.lang.Math by its name, on the subject and at most one argument: abs, "
     "ceil, floor, max, min, pow, sqrt, round, sin, ….",
     "${literal(-64):math('abs')}",
     "64"},
};

}  // namespace

std::span<const FunctionEntry> mathFunctions() { return kEntries; }

}  // namespace millrace::expression
