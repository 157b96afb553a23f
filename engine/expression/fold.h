// SPDX-License-Identifier: Apache-2.0
#pragma once
// The functions over many values: which values a delegate selects, and how the results of its
// chain become one. Threads: belongs to one evaluation.

#include "engine/expression/evaluator.h"
#include "engine/expression/node.h"

#include <functional>
#include <string>
#include <vector>

namespace millrace::expression {

/// Folds the results of a delegate's chain: OR, AND, a count, or a joined text.
class Fold {
 public:
  Fold(const Node& node, const Value& delimiter);
  /// Takes one result; false when the rest cannot change the outcome.
  bool add(const Value& result, Workspace& work);
  Value result() const;

 private:
  enum class Way : unsigned char { kAny, kAll, kCount, kJoin };
  Way way_;
  std::string_view delimiter_;
  bool outcome_ = false;
  std::int64_t count_ = 0;
  std::int64_t seen_ = 0;
  std::string_view joined_;
  char* block_ = nullptr;  // of the scratch: doubled when full, so that joining stays linear
  std::size_t capacity_ = 0;
};

/// Gives each value that the delegate selects until `take` says false.
void forEachSelected(const Node& node, const std::vector<Value>& arguments, Evaluator& evaluator,
                     const AttributeSource* attributes,
                     const std::function<bool(const Value&)>& take);

/// Whether a delegate asks for one result (OR) rather than all.
bool isAnyDelegate(const FunctionEntry& entry);

}  // namespace millrace::expression
