// SPDX-License-Identifier: Apache-2.0
#pragma once
// The functions that a modify operation of Jolt can call, by name.
// Threads: functions of their arguments alone.

#include "engine/expression/java_number.h"
#include "processors/jolt/jolt_value.h"

#include <optional>
#include <string_view>
#include <vector>

namespace millrace::processors {

/// Nothing where the function has no value for these arguments: the next alternative is tried, or
/// nothing is set.
using JoltFunction = std::optional<JoltValue> (*)(std::vector<JoltValue>& arguments);

/// Null: there is no such function.
JoltFunction joltFunction(std::string_view name);
/// As joltFunction, of those that calculate.
JoltFunction joltNumberFunction(std::string_view name);

namespace jolt_detail {

using Arguments = std::vector<JoltValue>;
using Answer = std::optional<JoltValue>;

/// A number, or a text that is one.
std::optional<expression::ParsedNumber> numberOf(const JoltValue& value);
std::int64_t asWhole(const expression::ParsedNumber& number);
Answer whole(std::int64_t number);

/// The items of the one argument that is an array, or the arguments.
inline Arguments& listOf(Arguments& arguments) {
  return arguments.size() == 1 && arguments.front().isArray() ? arguments.front().items()
                                                              : arguments;
}

/// A function of one value; of a list, of each of its items, which stay where it has no value.
template <typename One>
Answer forEach(Arguments& arguments, One one) {
  if (arguments.size() == 1 && !arguments.front().isArray()) return one(arguments.front());
  Arguments& list = listOf(arguments);
  if (list.empty()) return std::nullopt;
  JoltValue result = JoltValue::array();
  for (JoltValue& item : list) {
    Answer answer = one(item);
    result.items().push_back(answer ? std::move(*answer) : std::move(item));
  }
  return result;
}

}  // namespace jolt_detail

}  // namespace millrace::processors
