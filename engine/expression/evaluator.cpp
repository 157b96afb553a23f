// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/evaluator.h"

#include "engine/expression/compiled_expression.h"
#include "engine/expression/fold.h"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace millrace::expression {

namespace {
constexpr int kMaxTextNesting = 8;
}  // namespace

bool Call::hasSubject() const { return node_.subject != nullptr; }
std::size_t Call::argumentCount() const { return node_.arguments.size(); }

Value Call::argument(std::size_t index) {
  if (index >= node_.arguments.size()) return {};
  const Value value = evaluator_.evaluate(*node_.arguments[index]);
  return convert(value, node_.function->arguments.kind(index), evaluator_.work());
}

Workspace& Call::work() { return evaluator_.work(); }
const EvaluationInput& Call::input() const { return evaluator_.input(); }
const Prepared* Call::preparedBase() const { return node_.prepared.get(); }
Value Call::fail(std::string message) {
  return work().fail(fmt::format("{}(): {}", node_.function->name, message));
}
Value Call::evaluateText(std::string_view propertyText) {
  return evaluator_.evaluateText(propertyText);
}

Value Evaluator::attribute(std::string_view name) const {
  if (scope_ == Scope::kAttributes && input_.attributes != nullptr) {
    if (const auto found = input_.attributes->attribute(name)) return Value::text(*found);
  }
  if (const auto found = input_.environment.variables.attribute(name)) return Value::text(*found);
  return {};
}

Value Evaluator::evaluate(const Node& node) {
  if (work_.failed) return {};
  switch (node.op) {
    case Node::Op::kLiteral:
      return node.literal;
    case Node::Op::kAttribute:
      return attribute(node.text);
    case Node::Op::kNamed: {
      const Value name = convert(evaluate(*node.subject), Kind::kText, work_);
      return name.isNull() ? Value() : attribute(name.text());
    }
    case Node::Op::kTemplate: {
      if (node.arguments.size() == 1) return evaluate(*node.arguments.front());
      std::string_view whole;
      for (const auto& part : node.arguments) {
        whole = work_.scratch.join(whole, textOf(evaluate(*part), work_));
      }
      return Value::text(whole);
    }
    case Node::Op::kCurrent:
      return current_;
    case Node::Op::kCall:
      return call(node);
    case Node::Op::kMapped:
      return mapped(node);
  }
  return {};
}

Value Evaluator::call(const Node& node) {
  Value subject;
  if (node.subject != nullptr) {
    subject = convert(evaluate(*node.subject), node.function->subject, work_);
  }
  if (work_.failed) return {};
  Call one(*this, node, subject);
  const Value result = node.function->evaluate(one);
  return work_.failed ? Value() : result;
}

Value Evaluator::mapped(const Node& node) {
  std::vector<Value> arguments;
  for (const auto& argument : node.arguments) {
    arguments.push_back(convert(evaluate(*argument), Kind::kText, work_));
  }
  const Value delimiter = node.reducerArgument == nullptr
                              ? Value()
                              : convert(evaluate(*node.reducerArgument), Kind::kText, work_);
  if (work_.failed) return {};
  Fold fold(node, delimiter);
  const Value outer = current_;
  const bool attributesSeen = scope_ == Scope::kAttributes;
  forEachSelected(node, arguments, *this, attributesSeen ? input_.attributes : nullptr,
                  [&](const Value& value) {
                    current_ = value;
                    const Value result = evaluate(*node.subject);
                    if (work_.failed) return false;
                    return fold.add(result, work_);
                  });
  current_ = outer;
  return work_.failed ? Value() : fold.result();
}

Value Evaluator::evaluateText(std::string_view propertyText) {
  if (nesting_ >= kMaxTextNesting) {
    return work_.fail(fmt::format(
        "a text that evaluates itself is nested more than {} times; check evaluateELString()",
        kMaxTextNesting));
  }
  CompileOptions options;
  options.scope = scope_;
  // A text from outside may not read parameters: they are the designer's.
  options.parameter = [](std::string_view) -> std::optional<std::string> { return std::string(); };
  auto compiled = CompiledExpression::compile(propertyText, options);
  if (!compiled.ok()) return work_.fail(std::move(compiled).error().message);
  std::string out;
  auto done = compiled->evaluateNested(input_, nesting_ + 1, out);
  if (!done.ok()) return work_.fail(std::move(done).error().message);
  return Value::text(work_.scratch.keep(out));
}

}  // namespace millrace::expression
