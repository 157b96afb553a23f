// SPDX-License-Identifier: Apache-2.0
#pragma once
// Call: one function at work: its subject, its arguments (evaluated when asked for, so that and()
// and or() stop early), memory for its result, and the world. Threads: belongs to one evaluation.

#include "engine/expression/evaluation.h"
#include "engine/expression/value.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::expression {

struct Node;
class Evaluator;

/// What a function made ready at compile time: a pattern, a format. Constant after that.
class Prepared {
 public:
  virtual ~Prepared() = default;
};

class Call {
 public:
  Call(Evaluator& evaluator, const Node& node, const Value& subject)
      : evaluator_(evaluator), node_(node), subject_(subject) {}

  /// Whether something stands before the function: ${x:f()} as against ${f()}.
  bool hasSubject() const;
  /// Already of the kind that the entry asks for, or null.
  const Value& subject() const { return subject_; }
  std::size_t argumentCount() const;
  /// Evaluates an argument and converts it to the kind of the entry; null when it is not given.
  Value argument(std::size_t index);
  /// The text of an argument of kind text; nothing when it is null or not given.
  std::optional<std::string_view> text(std::size_t index) {
    const Value value = argument(index);
    if (value.isNull()) return std::nullopt;
    return value.text();
  }
  std::optional<std::int64_t> whole(std::size_t index) {
    const Value value = argument(index);
    if (value.isNull()) return std::nullopt;
    return value.whole();
  }
  /// What the entry's prepare() made of the literal arguments, if anything.
  template <typename Type>
  const Type* prepared() const {
    return static_cast<const Type*>(preparedBase());
  }

  Workspace& work();
  Scratch& scratch() { return work().scratch; }
  const EvaluationInput& input() const;
  /// Ends the evaluation with a message; the name of the function is put before it.
  Value fail(std::string message);
  /// Evaluates a text as a property text in this evaluation's world.
  Value evaluateText(std::string_view propertyText);

 private:
  const Prepared* preparedBase() const;

  Evaluator& evaluator_;
  const Node& node_;
  const Value& subject_;
};

}  // namespace millrace::expression
