// SPDX-License-Identifier: Apache-2.0
#include "processors/jolt/jolt_functions.h"

#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <utility>

namespace millrace::processors {

using expression::kNumberTextSize;
using expression::ParsedNumber;

namespace jolt_detail {

std::optional<ParsedNumber> numberOf(const JoltValue& value) {
  if (!value.isNumber() && !value.isString()) return std::nullopt;
  const ParsedNumber number = expression::parseNumber(value.text());
  if (number.form == ParsedNumber::Form::kNone) return std::nullopt;
  return number;
}
std::int64_t asWhole(const ParsedNumber& number) {
  return number.form == ParsedNumber::Form::kWhole ? number.whole
                                                   : expression::truncate(number.decimal);
}

Answer whole(std::int64_t number) { return JoltValue::number(std::to_string(number)); }

}  // namespace jolt_detail

namespace {

using namespace jolt_detail;

double asDouble(const ParsedNumber& number) {
  return number.form == ParsedNumber::Form::kWhole ? static_cast<double>(number.whole)
                                                   : number.decimal;
}
Answer decimal(double number) {
  if (!std::isfinite(number)) return std::nullopt;
  char room[kNumberTextSize];
  return JoltValue::number(std::string(expression::printDecimal(number, room)));
}

Answer toLong(Arguments& arguments) {
  return forEach(arguments, [](const JoltValue& value) -> Answer {
    const auto number = numberOf(value);
    return number ? whole(asWhole(*number)) : std::nullopt;
  });
}
Answer toDouble(Arguments& arguments) {
  return forEach(arguments, [](const JoltValue& value) -> Answer {
    const auto number = numberOf(value);
    return number ? decimal(asDouble(*number)) : std::nullopt;
  });
}
/// The number of the list that `better` prefers to all others.
template <typename Better>
Answer pick(Arguments& arguments, Better better) {
  std::optional<ParsedNumber> best;
  for (const JoltValue& item : listOf(arguments)) {
    const auto number = numberOf(item);
    if (number && (!best || better(asDouble(*number), asDouble(*best)))) best = number;
  }
  if (!best) return std::nullopt;
  return best->form == ParsedNumber::Form::kWhole ? whole(best->whole) : decimal(best->decimal);
}
Answer min(Arguments& arguments) {
  return pick(arguments, [](double a, double b) { return a < b; });
}
Answer max(Arguments& arguments) {
  return pick(arguments, [](double a, double b) { return a > b; });
}
Answer abs(Arguments& arguments) {
  return forEach(arguments, [](const JoltValue& value) -> Answer {
    const auto number = numberOf(value);
    if (!number) return std::nullopt;
    if (number->form == ParsedNumber::Form::kDecimal) return decimal(std::fabs(number->decimal));
    if (number->whole == std::numeric_limits<std::int64_t>::min()) return std::nullopt;
    return whole(std::abs(number->whole));
  });
}
Answer avg(Arguments& arguments) {
  double sum = 0;
  double count = 0;
  for (const JoltValue& item : listOf(arguments)) {
    if (const auto number = numberOf(item)) {
      sum += asDouble(*number);
      ++count;
    }
  }
  return count == 0 ? std::nullopt : decimal(sum / count);
}
Answer longSum(Arguments& arguments) {
  std::int64_t sum = 0;
  for (const JoltValue& item : listOf(arguments)) {
    const auto number = numberOf(item);
    if (number && __builtin_add_overflow(sum, asWhole(*number), &sum)) return std::nullopt;
  }
  return whole(sum);
}
Answer doubleSum(Arguments& arguments) {
  double sum = 0;
  for (const JoltValue& item : listOf(arguments)) {
    if (const auto number = numberOf(item)) sum += asDouble(*number);
  }
  return decimal(sum);
}
using Pair = std::optional<std::pair<ParsedNumber, ParsedNumber>>;
Pair pairOf(Arguments& arguments) {
  const Arguments& list = listOf(arguments);
  if (list.size() != 2) return std::nullopt;
  const auto first = numberOf(list[0]);
  const auto second = numberOf(list[1]);
  if (!first || !second) return std::nullopt;
  return std::pair(*first, *second);
}
Answer longSubtract(Arguments& arguments) {
  const Pair pair = pairOf(arguments);
  std::int64_t result = 0;
  if (!pair || __builtin_sub_overflow(asWhole(pair->first), asWhole(pair->second), &result))
    return std::nullopt;
  return whole(result);
}
Answer doubleSubtract(Arguments& arguments) {
  const Pair pair = pairOf(arguments);
  return pair ? decimal(asDouble(pair->first) - asDouble(pair->second)) : std::nullopt;
}
Answer divide(Arguments& arguments) {
  const Pair pair = pairOf(arguments);
  if (!pair || asDouble(pair->second) == 0) return std::nullopt;
  return decimal(asDouble(pair->first) / asDouble(pair->second));
}
Answer divideAndRound(Arguments& arguments) {
  if (arguments.size() < 2) return std::nullopt;
  const auto digits = numberOf(arguments.front());
  arguments.erase(arguments.begin());
  const Pair pair = pairOf(arguments);
  if (!digits || !pair || asDouble(pair->second) == 0 || asWhole(*digits) < 0 ||
      asWhole(*digits) > 15)
    return std::nullopt;
  const double scale = std::pow(10.0, static_cast<double>(asWhole(*digits)));
  return decimal(std::round(asDouble(pair->first) / asDouble(pair->second) * scale) / scale);
}

struct Named {
  std::string_view name;
  JoltFunction function;
};
constexpr std::array kFunctions{
    Named{"toInteger", toLong},
    Named{"toLong", toLong},
    Named{"toDouble", toDouble},
    Named{"min", min},
    Named{"max", max},
    Named{"abs", abs},
    Named{"avg", avg},
    Named{"intSum", longSum},
    Named{"longSum", longSum},
    Named{"doubleSum", doubleSum},
    Named{"intSubtract", longSubtract},
    Named{"longSubtract", longSubtract},
    Named{"doubleSubtract", doubleSubtract},
    Named{"divide", divide},
    Named{"divideAndRound", divideAndRound},
};

}  // namespace

JoltFunction joltNumberFunction(std::string_view name) {
  for (const Named& named : kFunctions) {
    if (named.name == name) return named.function;
  }
  return nullptr;
}

}  // namespace millrace::processors
