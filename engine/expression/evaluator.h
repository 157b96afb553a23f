// SPDX-License-Identifier: Apache-2.0
#pragma once
// Evaluator: walks a compiled tree once. Threads: belongs to one evaluation.

#include "engine/expression/evaluation.h"
#include "engine/expression/node.h"

#include <optional>
#include <string_view>

namespace millrace::expression {

/// What an expression may refer to.
enum class Scope : unsigned char {
  kNone,         ///< nothing is evaluated: the text stands, parameters aside
  kEnvironment,  ///< variables of the process
  kAttributes,   ///< attributes of the FlowFile, then variables
};

class Evaluator {
 public:
  Evaluator(const EvaluationInput& input, Scope scope, int nesting = 0)
      : input_(input), scope_(scope), nesting_(nesting), work_(input.environment.zone) {}

  Value evaluate(const Node& node);
  Value attribute(std::string_view name) const;
  /// Evaluates property text found at run time; depth is bounded.
  Value evaluateText(std::string_view propertyText);

  const EvaluationInput& input() const { return input_; }
  Workspace& work() { return work_; }

 private:
  Value call(const Node& node);
  Value mapped(const Node& node);

  const EvaluationInput& input_;
  const Scope scope_;
  const int nesting_;
  Value current_;
  Workspace work_;
};

}  // namespace millrace::expression
