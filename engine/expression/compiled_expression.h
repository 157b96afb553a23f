// SPDX-License-Identifier: Apache-2.0
#pragma once
// CompiledExpression: the text of a property, ready to be evaluated for each FlowFile.
// Promise: all that can be wrong by design (grammar, unknown functions, types, patterns, missing
// parameters) is found by compile(); a text without expressions costs nothing later.
// Owner: values; moves only. Threads: constant after compile(), may be evaluated by many threads.

#include "engine/base/result.h"
#include "engine/expression/evaluation.h"
#include "engine/expression/evaluator.h"
#include "engine/expression/node.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::expression {

/// The value of a parameter; nothing when there is none of that name.
using ParameterResolver = std::function<std::optional<std::string>(std::string_view name)>;

struct CompileOptions {
  Scope scope = Scope::kAttributes;
  /// Asked once for each reference; absent where no parameter context is.
  ParameterResolver parameter;
};

class CompiledExpression {
 public:
  /// Fails with one sentence that names the place by line and column.
  static Result<CompiledExpression> compile(std::string_view propertyText,
                                            const CompileOptions& options = {});

  /// True when the value is the same for every FlowFile and known: literal().
  bool isLiteral() const { return literal_; }
  const std::string& literal() const { return text_; }

  /// Appends a value in another form, such as quoted for a regular expression.
  using Decorate = void (*)(std::string_view value, std::string& into);
  /// Replaces `out` by the value. Fails where NiFi would throw: the FlowFile's data is at fault.
  /// With `decorate`, the value of each ${...} goes through it; the text around them does not.
  Result<Done> evaluate(const EvaluationInput& input, std::string& out,
                        Decorate decorate = nullptr) const;
  Result<std::string> evaluate(const EvaluationInput& input) const;
  /// True when the value, blanks around it aside, is `true` in any case.
  Result<bool> evaluateBoolean(const EvaluationInput& input) const;

  /// Names written in the text, sorted, each once; names computed at run time are not among them.
  const std::vector<std::string>& referencedAttributes() const { return attributes_; }
  const std::vector<std::string>& referencedParameters() const { return parameters_; }

 private:
  friend class Evaluator;
  struct Part {
    std::string text;
    NodePointer node;  ///< absent for a text
  };

  CompiledExpression() = default;
  Result<Done> evaluateNested(const EvaluationInput& input, int nesting, std::string& out,
                              Decorate decorate = nullptr) const;

  Scope scope_ = Scope::kAttributes;
  bool literal_ = true;
  std::string text_;
  std::vector<Part> parts_;
  std::vector<std::string> attributes_;
  std::vector<std::string> parameters_;
};

}  // namespace millrace::expression
