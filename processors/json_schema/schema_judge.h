// SPDX-License-Identifier: Apache-2.0
#pragma once
// SchemaJudge: judges one document by a compiled schema. Private to this folder. Threads: belongs
// to one call.

#include "processors/json_schema/schema_code.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::processors {

using expression::JsonKind;
using expression::JsonMember;
using expression::JsonValue;

/// Members of an object or array that some schema has judged.
struct Seen {
  std::vector<bool> members;
  explicit Seen(std::size_t count) : members(count, false) {}
  void add(const Seen& other) {
    for (std::size_t i = 0; i < members.size(); ++i) members[i] = members[i] || other.members[i];
  }
};

/// Where in the document: a list from the inside out, on the stack.
struct Place {
  const Place* outer = nullptr;
  std::string_view key;
  std::optional<std::size_t> index = std::nullopt;
  std::string text() const;  ///< as a JSONPath
};

class SchemaJudge {
 public:
  SchemaJudge(const JsonSchema::Code& code, std::size_t most) : code_(code), most_(most) {}

  /// True when the value is valid; otherwise `problems_` has more, unless they are not asked for.
  bool judge(const JsonValue& schema, const JsonValue& value, const Place& place, Seen& seen);
  std::vector<std::string> problems() && { return std::move(problems_); }

 private:
  using Draft = JsonSchemaDraft;
  bool tell(const Place& place, std::string_view what);
  bool isEnough() const { return silent_ > 0 || problems_.size() >= most_; }

  bool judgeHere(const JsonValue& schema, const JsonValue& value, const Place& place, Seen& seen);

  // -- references
  bool follow(const JsonValue& ref, const JsonValue& value, const Place& place, Seen& seen);
  bool followDynamic(const JsonValue& ref, const JsonValue& value, const Place& place, Seen& seen);
  bool followRecursive(const JsonValue& ref, const JsonValue& value, const Place& place,
                       Seen& seen);

  // -- any value
  bool isOf(const JsonValue& value, std::string_view type) const;
  bool judgeKind(const JsonValue& schema, const JsonValue& value, const Place& place);
  bool judgeNumber(const JsonValue& schema, const JsonValue& value, const Place& place);

  /// The number of a keyword that bounds a count.
  static std::optional<std::uint64_t> limit(const JsonValue& schema, const char* keyword);
  bool judgeCount(const JsonValue& schema, const Place& place, std::uint64_t count,
                  const char* least, const char* most, std::string_view what);
  bool matches(std::string_view text, std::string_view pattern);
  bool judgeText(const JsonValue& schema, const JsonValue& value, const Place& place);

  // -- schemas of schemas
  /// Without telling of problems; what was seen counts only if it is valid.
  bool tries(const JsonValue& schema, const JsonValue& value, const Place& place, Seen& seen);
  bool judgeTogether(const JsonValue& schema, const JsonValue& value, const Place& place,
                     Seen& seen);

  // -- arrays and objects: schema_judge_members.cpp
  bool judgeItem(const JsonValue& schema, const JsonValue& list, std::size_t index,
                 const Place& place, Seen& seen);
  bool judgeItems(const JsonValue& schema, const JsonValue& list, const Place& place, Seen& seen);
  bool judgeContains(const JsonValue& schema, const JsonValue& list, const Place& place,
                     Seen& seen);
  bool judgeMember(const JsonValue& schema, const JsonValue& object, std::size_t index,
                   const Place& place, Seen& seen);
  bool judgeMembers(const JsonValue& schema, const JsonValue& object, const Place& place,
                    Seen& seen);
  bool hasAll(const JsonValue& names, const JsonValue& object, const Place& place);
  bool judgeDependencies(const JsonValue& schema, const JsonValue& object, const Place& place,
                         Seen& seen);

  const JsonSchema::Code& code_;
  const std::size_t most_;
  std::vector<std::string> problems_;
  std::vector<const SchemaResource*> scope_;
  int depth_ = 0;
  int silent_ = 0;
};

/// A text that is the same for equal values alone: keys in order, numbers by their value.
std::string canonicalJson(const expression::JsonValue& value);

}  // namespace millrace::processors
