// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/java_number.h"
#include "engine/expression/json/path_program.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace millrace::expression {

namespace {

std::optional<std::int64_t> toWhole(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Calls visit(value) for each argument's value, for each item where it is a list.
template <typename Visit>
void forEachArgument(const PathStep& step, const PathScope& scope, Visit&& visit) {
  for (const FilterOperand& argument : step.arguments) {
    std::optional<JsonValue> value = argument.literal;
    if (argument.kind == FilterOperand::Kind::kPath) {
      value = readPath(*argument.path, scope.root, scope);
    }
    if (!value) continue;
    if (value->kind == JsonKind::kArray) {
      for (const JsonMember& member : value->members()) visit(member.value);
    } else {
      visit(*value);
    }
  }
}

struct Aggregate {
  double sum = 0;
  double squares = 0;
  double least = std::numeric_limits<double>::max();
  double greatest = std::numeric_limits<double>::lowest();
  double count = 0;

  void add(const JsonValue& value) {
    if (value.kind != JsonKind::kNumber) return;
    const double number = toDouble(value.text).value_or(0);
    sum += number;
    squares += number * number;
    least = std::min(least, number);
    greatest = std::max(greatest, number);
    ++count;
  }
  double result(PathFunction function) const {
    switch (function) {
      case PathFunction::kMin:
        return least;
      case PathFunction::kMax:
        return greatest;
      case PathFunction::kAverage:
        return sum / count;
      case PathFunction::kDeviation:
        return std::sqrt(squares / count - sum * sum / count / count);
      default:
        return sum;
    }
  }
};

std::optional<JsonValue> aggregate(const PathStep& step, const JsonValue& model,
                                   const PathScope& scope) {
  Aggregate all;
  if (model.kind == JsonKind::kArray) {
    for (const JsonMember& member : model.members()) all.add(member.value);
  }
  forEachArgument(step, scope, [&](const JsonValue& value) { all.add(value); });
  if (all.count == 0) return std::nullopt;
  char buffer[kNumberTextSize];
  const std::string_view text = printDecimal(all.result(step.function), buffer);
  return JsonValue::number(scope.document.keep(text));
}

JsonValue length(const PathStep& step, const JsonValue& model, const PathScope& scope) {
  JsonValue counted = model;
  if (!step.arguments.empty() && step.arguments.front().kind == FilterOperand::Kind::kPath) {
    counted = readPath(*step.arguments.front().path, scope.root, scope).value_or(JsonValue{});
  }
  if (!counted.isContainer()) return {};
  return JsonValue::number(scope.document.keep(fmt::format("{}", counted.count)));
}

JsonValue concatenate(const PathStep& step, const JsonValue& model, const PathScope& scope) {
  std::string text;
  if (model.kind == JsonKind::kArray) {
    for (const JsonMember& member : model.members()) {
      if (member.value.kind == JsonKind::kString) text += member.value.text;
    }
  }
  forEachArgument(step, scope, [&](const JsonValue& value) { appendPlain(value, {}, text); });
  return JsonValue::string(scope.document.keep(text));
}

JsonValue keys(const JsonValue& model, const PathScope& scope) {
  if (model.kind != JsonKind::kObject) return {};
  std::vector<JsonValue> names;
  for (const JsonMember& member : model.members()) names.push_back(JsonValue::string(member.key));
  return scope.document.array(names);
}

std::optional<JsonValue> itemOf(const PathStep& step, const JsonValue& model,
                                const PathScope& scope) {
  std::optional<std::int64_t> at = step.function == PathFunction::kLast ? -1 : 0;
  if (step.function == PathFunction::kIndex) {
    at.reset();
    forEachArgument(step, scope, [&](const JsonValue& value) { at = toWhole(value.text); });
  }
  if (model.kind != JsonKind::kArray || !at) return std::nullopt;
  const auto count = static_cast<std::int64_t>(model.count);
  const std::int64_t index = *at < 0 ? *at + count : *at;
  if (index < 0 || index >= count) return std::nullopt;
  return model.members()[static_cast<std::size_t>(index)].value;
}

}  // namespace

std::optional<JsonValue> callFunction(const PathStep& step, const JsonValue& model,
                                      const PathScope& scope) {
  switch (step.function) {
    case PathFunction::kLength:
      return length(step, model, scope);
    case PathFunction::kKeys:
      return keys(model, scope);
    case PathFunction::kConcat:
      return concatenate(step, model, scope);
    case PathFunction::kFirst:
    case PathFunction::kLast:
    case PathFunction::kIndex:
      return itemOf(step, model, scope);
    default:
      return aggregate(step, model, scope);
  }
}

std::optional<double> toDouble(std::string_view text) {
  double number = 0;
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end != text.data() + text.size() || text.empty()) return std::nullopt;
  if (error == std::errc::result_out_of_range) {  // too near to zero, or too far from it
    const bool isSmall =
        text.find("e-") != std::string_view::npos || text.find("E-") != std::string_view::npos;
    number = isSmall ? 0 : std::numeric_limits<double>::infinity();
    if (text.starts_with('-')) number = -number;
  } else if (error != std::errc{} || !std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

std::optional<int> compareNumbers(std::string_view a, std::string_view b) {
  const auto sign = [](const auto& x, const auto& y) { return x < y ? -1 : (y < x ? 1 : 0); };
  const auto wholeA = toWhole(a);
  const auto wholeB = toWhole(b);
  if (wholeA && wholeB) return sign(*wholeA, *wholeB);
  const auto realA = toDouble(a);
  const auto realB = toDouble(b);
  if (!realA || !realB) return std::nullopt;
  const bool bothWhole = a.find_first_of(".eE") == std::string_view::npos &&
                         b.find_first_of(".eE") == std::string_view::npos;
  if (*realA == *realB && bothWhole) {  // longer than 64 bits: digits decide
    const bool negative = a.starts_with('-');
    const int digits = a.size() == b.size() ? a.compare(b) : sign(a.size(), b.size());
    return negative ? -sign(digits, 0) : sign(digits, 0);
  }
  return sign(*realA, *realB);
}

}  // namespace millrace::expression
