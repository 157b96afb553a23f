// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/compiled_expression.h"

#include "engine/expression/parser.h"
#include "engine/expression/property_text.h"

#include <algorithm>
#include <utility>

namespace millrace::expression {

namespace {

void sortOnce(std::vector<std::string>& names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

}  // namespace

Result<CompiledExpression> CompiledExpression::compile(std::string_view propertyText,
                                                       const CompileOptions& options) {
  CompiledExpression result;
  result.scope_ = options.scope;
  if (options.scope == Scope::kNone) {
    result.text_ = MR_TRY(
        substituteParameters(propertyText, options.parameter, Within::kText, result.parameters_));
    sortOnce(result.parameters_);
    return result;
  }
  const std::string text = MR_TRY(substituteParameters(
      propertyText, options.parameter, Within::kExpressionText, result.parameters_));
  const PropertyText scanned = scanPropertyText(text);
  References references{result.attributes_, result.parameters_};
  for (const auto& piece : scanned.pieces) {
    if (!piece.expression) {
      if (result.parts_.empty() || result.parts_.back().node != nullptr)
        result.parts_.push_back({});
      result.parts_.back().text += piece.text;
      continue;
    }
    NodePointer node =
        MR_TRY(parseExpression(text, piece.begin, piece.end, options.parameter, references));
    result.literal_ = false;
    result.parts_.push_back({std::string(), std::move(node)});
  }
  if (result.literal_) {
    if (!result.parts_.empty()) result.text_ = std::move(result.parts_.front().text);
    result.parts_.clear();
  }
  sortOnce(result.attributes_);
  sortOnce(result.parameters_);
  return result;
}

Result<Done> CompiledExpression::evaluateNested(const EvaluationInput& input, int nesting,
                                                std::string& out, Decorate decorate) const {
  if (literal_) {
    out = text_;
    return Done{};
  }
  out.clear();
  Evaluator evaluator(input, scope_, nesting);
  for (const Part& part : parts_) {
    if (part.node == nullptr) {
      out += part.text;
      continue;
    }
    const Value value = evaluator.evaluate(*part.node);
    const std::string_view text = textOf(value, evaluator.work());
    if (evaluator.work().failed) return Error::user(std::move(evaluator.work().failure));
    if (decorate != nullptr) {
      decorate(text, out);
    } else {
      out += text;
    }
  }
  return Done{};
}

Result<Done> CompiledExpression::evaluate(const EvaluationInput& input, std::string& out,
                                          Decorate decorate) const {
  return evaluateNested(input, 0, out, decorate);
}

Result<std::string> CompiledExpression::evaluate(const EvaluationInput& input) const {
  std::string out;
  MR_TRY(evaluateNested(input, 0, out));
  return out;
}

Result<bool> CompiledExpression::evaluateBoolean(const EvaluationInput& input) const {
  Evaluator evaluator(input, scope_);
  Value value;
  std::string joined;
  if (parts_.size() == 1 && !literal_) {
    value = evaluator.evaluate(*parts_.front().node);
    if (evaluator.work().failed) return Error::user(std::move(evaluator.work().failure));
  } else {
    MR_TRY(evaluateNested(input, 0, joined));
    value = Value::text(joined);
  }
  const Value flag = convert(value, Kind::kBoolean, evaluator.work());
  return !flag.isNull() && flag.boolean();
}

}  // namespace millrace::expression
