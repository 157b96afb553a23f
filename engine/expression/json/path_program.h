// SPDX-License-Identifier: Apache-2.0
#pragma once
// PathProgram: the parsed form of a JSONPath: steps, filters and function arguments. Shared by the
// parser, the walk and the filters of this folder; nobody else needs it.
// Threads: constant once parsed.

#include "engine/expression/json/json_document.h"
#include "engine/expression/regex.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::expression {

struct PathProgram;

/// One side of a comparison in a filter.
struct FilterOperand {
  enum class Kind : std::uint8_t { kLiteral, kPath, kPattern };
  Kind kind = Kind::kLiteral;
  JsonValue literal;  // a list literal too; owned by the program's document
  std::unique_ptr<const PathProgram> path;
  std::optional<Regex> pattern;
};

enum class FilterOperator : std::uint8_t {
  kExists,
  kEqual,
  kNotEqual,
  kSameTypeEqual,
  kSameTypeNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kMatches,
  kIn,
  kNotIn,
  kContains,
  kAll,
  kSize,
  kEmpty,
  kSubsetOf,
  kAnyOf,
  kNoneOf,
};

struct Filter {
  enum class Kind : std::uint8_t { kCompare, kAnd, kOr, kNot };
  Kind kind = Kind::kCompare;
  FilterOperator comparison = FilterOperator::kExists;
  FilterOperand left;
  FilterOperand right;
  std::vector<std::unique_ptr<const Filter>> parts;  // of kAnd, kOr, kNot
};

enum class PathFunction : std::uint8_t {
  kLength,
  kMin,
  kMax,
  kAverage,
  kSum,
  kDeviation,
  kKeys,
  kConcat,
  kFirst,
  kLast,
  kIndex,
};

struct PathStep {
  enum class Kind : std::uint8_t {
    kProperty,  ///< names
    kWildcard,
    kScan,
    kIndex,     ///< indexes
    kSlice,     ///< from, to
    kFilter,    ///< filter
    kFunction,  ///< function, arguments
  };
  Kind kind = Kind::kProperty;
  std::vector<std::string> names;
  std::vector<std::int64_t> indexes;
  std::optional<std::int64_t> from;
  std::optional<std::int64_t> to;
  std::unique_ptr<const Filter> filter;
  PathFunction function = PathFunction::kLength;
  std::vector<FilterOperand> arguments;
};

/// Keeps what the literals of a path point to.
class PathLiterals {
 public:
  std::string_view keep(std::string_view text) { return texts_.emplace_back(text); }
  JsonValue array(std::span<const JsonValue> items) {
    std::vector<JsonMember> members;
    for (const JsonValue& item : items) members.push_back({{}, item});
    return container(JsonKind::kArray, std::move(members));
  }
  JsonValue object(std::vector<JsonMember> members) {
    return container(JsonKind::kObject, std::move(members));
  }

 private:
  JsonValue container(JsonKind kind, std::vector<JsonMember> members) {
    const auto& kept = members_.emplace_back(std::move(members));
    return {kind, false, {}, kept.data(), kept.size()};
  }
  std::deque<std::string> texts_;  // deques: what is in them keeps its place
  std::deque<std::vector<JsonMember>> members_;
};

struct PathProgram {
  bool fromRoot = true;  ///< `$`; else `@`, the item that a filter looks at
  bool isDefinite = true;
  std::vector<PathStep> steps;
  PathLiterals literals;  ///< of filters and arguments
  /// A scan followed by a function: the steps before this one are the function's argument.
  std::size_t collectBefore = 0;
};

/// Parses the whole text as a path.
Result<std::unique_ptr<PathProgram>> parsePath(std::string_view text);

/// What a walk needs to know besides the model it looks at.
struct PathScope {
  JsonDocument& document;  // memory of new values
  const JsonValue& root;
};
/// Walks a program from `current` (or the root, as it says).
std::optional<JsonValue> readPath(const PathProgram& program, const JsonValue& current,
                                  const PathScope& scope);
/// Where a value that a path leads to stands.
struct PathPlace {
  const JsonValue* value = nullptr;  ///< of the document; the object that has `names` if there are
  const std::vector<std::string>* names = nullptr;  ///< several keys at once, as ['a','b'] has
  bool fromEnd = false;                             ///< by an index that counts from the end
};
/// The places that a program without functions leads to; nothing when a definite part is missing.
std::optional<std::vector<PathPlace>> findPlaces(const PathProgram& program,
                                                 const PathScope& scope);
/// Whether the filter accepts the item.
bool accepts(const Filter& filter, const JsonValue& item, const PathScope& scope);
/// The value of a function for one model; nothing where it has none.
std::optional<JsonValue> callFunction(const PathStep& step, const JsonValue& model,
                                      const PathScope& scope);

/// -1, 0 or 1 as numbers; nothing when one of the texts is no number.
std::optional<int> compareNumbers(std::string_view a, std::string_view b);
/// The number as a double; nothing when the text is none.
std::optional<double> toDouble(std::string_view text);

}  // namespace millrace::expression
