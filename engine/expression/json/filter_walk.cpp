// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/json/path_program.h"
#include "engine/expression/utf16.h"
#include "engine/expression/value.h"

#include <algorithm>

namespace millrace::expression {

namespace {

using Operand = std::optional<JsonValue>;  // nothing: the path leads nowhere

Operand valueOf(const FilterOperand& operand, const JsonValue& item, const PathScope& scope) {
  if (operand.kind == FilterOperand::Kind::kPath) return readPath(*operand.path, item, scope);
  return operand.literal;
}

bool isNumber(const JsonValue& value) { return value.kind == JsonKind::kNumber; }
bool isString(const JsonValue& value) { return value.kind == JsonKind::kString; }

bool equal(const JsonValue& a, const JsonValue& b);

bool equalContainers(const JsonValue& a, const JsonValue& b) {
  if (a.kind != b.kind || a.count != b.count) return false;
  if (a.kind == JsonKind::kArray) {
    return std::equal(
        a.members().begin(), a.members().end(), b.members().begin(),
        [](const JsonMember& x, const JsonMember& y) { return equal(x.value, y.value); });
  }
  return std::all_of(a.members().begin(), a.members().end(), [&](const JsonMember& member) {
    const JsonValue* other = b.find(member.key);
    return other != nullptr && equal(member.value, *other);
  });
}

/// A number equals a text that reads as the same number; a text equals a number written so.
bool equal(const JsonValue& a, const JsonValue& b) {
  if (a.isContainer() || b.isContainer()) {
    return a.isContainer() && b.isContainer() && equalContainers(a, b);
  }
  if (isNumber(a) && (isNumber(b) || isString(b))) return compareNumbers(a.text, b.text) == 0;
  if (isString(a) && (isNumber(b) || isString(b))) return a.text == b.text;
  return a.kind == b.kind && a.truth == b.truth;
}

bool equalOperands(const Operand& a, const Operand& b) { return a && b && equal(*a, *b); }

bool sameType(const Operand& a, const Operand& b) {
  if (!a || !b) return false;
  return a->kind == b->kind || (a->isContainer() && b->isContainer());
}

/// The order of two numbers or two texts; nothing for all else.
std::optional<int> order(const Operand& a, const Operand& b) {
  if (!a || !b) return std::nullopt;
  if (isNumber(*a) && isNumber(*b)) return compareNumbers(a->text, b->text);
  if (isString(*a) && isString(*b)) return a->text.compare(b->text);
  return std::nullopt;
}

bool contains(const JsonValue& list, const Operand& wanted) {
  return wanted &&
         std::any_of(list.members().begin(), list.members().end(),
                     [&](const JsonMember& member) { return equal(*wanted, member.value); });
}

bool isList(const Operand& value) { return value && value->kind == JsonKind::kArray; }

/// How many of the items of one list are in the other.
std::size_t countIn(const JsonValue& items, const JsonValue& list) {
  return static_cast<std::size_t>(
      std::count_if(items.members().begin(), items.members().end(),
                    [&](const JsonMember& member) { return contains(list, member.value); }));
}

bool matches(const Filter& filter, const JsonValue& item, const PathScope& scope) {
  const bool patternIsLeft = filter.left.kind == FilterOperand::Kind::kPattern;
  const FilterOperand& pattern = patternIsLeft ? filter.left : filter.right;
  const Operand value = valueOf(patternIsLeft ? filter.right : filter.left, item, scope);
  const auto hit = [&](const JsonValue& input) {
    Workspace work{TimeZone()};
    std::string_view text = input.text;
    if (input.kind == JsonKind::kBoolean) text = input.truth ? "true" : "false";
    return pattern.pattern->matches(text, work);
  };
  if (!value) return hit({});
  if (!isList(value)) return hit(*value);
  return std::any_of(value->members().begin(), value->members().end(),
                     [&](const JsonMember& member) { return hit(member.value); });
}

bool hasSize(const Operand& value, const Operand& size) {
  if (!value || !size || !isNumber(*size)) return false;
  const auto wanted = toDouble(size->text);
  if (!wanted) return false;
  if (isString(*value)) {
    return static_cast<double>(utf16Length(value->text)) == *wanted;
  }
  return isList(value) && static_cast<double>(value->count) == *wanted;
}

bool isEmpty(const Operand& value, const Operand& expected) {
  if (!value || !expected || expected->kind != JsonKind::kBoolean) return false;
  if (isString(*value)) return value->text.empty() == expected->truth;
  return value->isContainer() && (value->count == 0) == expected->truth;
}

/// A path exists where it leads to a value; an indefinite one, where it leads to at least one.
bool exists(const Filter& filter, const JsonValue& item, const PathScope& scope) {
  bool found = false;
  if (filter.left.kind == FilterOperand::Kind::kPath) {
    const Operand value = readPath(*filter.left.path, item, scope);
    found = value && (filter.left.path->isDefinite || value->count > 0);
  } else {
    found = filter.left.literal.kind == JsonKind::kBoolean && filter.left.literal.truth;
  }
  const Operand wanted = valueOf(filter.right, item, scope);
  return wanted && wanted->kind == JsonKind::kBoolean && wanted->truth == found;
}

bool holds(const Filter& filter, const JsonValue& item, const PathScope& scope) {
  if (filter.comparison == FilterOperator::kExists) return exists(filter, item, scope);
  if (filter.comparison == FilterOperator::kMatches) return matches(filter, item, scope);
  const Operand a = valueOf(filter.left, item, scope);
  const Operand b = valueOf(filter.right, item, scope);
  const auto both = [&] { return isList(a) && isList(b); };
  switch (filter.comparison) {
    case FilterOperator::kEqual:
      return equalOperands(a, b);
    case FilterOperator::kNotEqual:
      return !equalOperands(a, b);
    case FilterOperator::kSameTypeEqual:
      return sameType(a, b) && equalOperands(a, b);
    case FilterOperator::kSameTypeNotEqual:
      return !(sameType(a, b) && equalOperands(a, b));
    case FilterOperator::kLess:
      return order(a, b).value_or(0) < 0;
    case FilterOperator::kGreater:
      return order(a, b).value_or(0) > 0;
    case FilterOperator::kLessOrEqual:
      return order(a, b).value_or(1) <= 0;
    case FilterOperator::kGreaterOrEqual:
      return order(a, b).value_or(-1) >= 0;
    case FilterOperator::kIn:
      return isList(b) && contains(*b, a);
    case FilterOperator::kNotIn:
      return !(isList(b) && contains(*b, a));
    case FilterOperator::kContains:
      if (a && b && isString(*a) && isString(*b)) {
        return a->text.find(b->text) != std::string_view::npos;
      }
      return isList(a) && contains(*a, b);
    case FilterOperator::kAll:
      return both() && countIn(*b, *a) == b->count;
    case FilterOperator::kSubsetOf:
      return both() && countIn(*a, *b) == a->count;
    case FilterOperator::kAnyOf:
      return both() && countIn(*a, *b) > 0;
    case FilterOperator::kNoneOf:
      return both() && countIn(*a, *b) == 0;
    case FilterOperator::kSize:
      return hasSize(a, b);
    case FilterOperator::kEmpty:
      return isEmpty(a, b);
    case FilterOperator::kExists:
    case FilterOperator::kMatches:
      break;
  }
  return false;
}

}  // namespace

bool accepts(const Filter& filter, const JsonValue& item, const PathScope& scope) {
  const auto holdsPart = [&](const auto& part) { return accepts(*part, item, scope); };
  switch (filter.kind) {
    case Filter::Kind::kCompare:
      return holds(filter, item, scope);
    case Filter::Kind::kAnd:
      return std::all_of(filter.parts.begin(), filter.parts.end(), holdsPart);
    case Filter::Kind::kOr:
      return std::any_of(filter.parts.begin(), filter.parts.end(), holdsPart);
    case Filter::Kind::kNot:
      return !accepts(*filter.parts.front(), item, scope);
  }
  return false;
}

}  // namespace millrace::expression
