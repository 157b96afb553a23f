// SPDX-License-Identifier: Apache-2.0
#pragma once
// ExpressionFixture: a small world to evaluate expressions in: fixed clock, zone, machine, chance.

#include "engine/expression/compiled_expression.h"

#include <atomic>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::expression::testing {

class FixedMachine final : public Machine {
 public:
  std::string hostname() const override { return "mill"; }
  std::string fullName() const override { return "mill.example.org"; }
  std::string address() const override { return "192.0.2.7"; }
};

class ExpressionFixture {
 public:
  explicit ExpressionFixture(std::string_view zone = "UTC")
      : environment_{clock_, machine_, variables_, counter_, TimeZone::named(zone).value()} {}

  AttributeMap& attributes() { return attributes_; }
  AttributeMap& variables() { return variables_; }
  AttributeMap& state() { return state_; }
  CompileOptions& options() { return options_; }
  VirtualClock& clock() { return clock_; }
  EvaluationInput input() { return {environment_, random_, &attributes_, &state_, "worker-1"}; }

  /// The value of a property text, or its error with `compile error: ` or `error: ` before it.
  std::string value(std::string_view text) {
    auto compiled = CompiledExpression::compile(text, options_);
    if (!compiled.ok()) return "compile error: " + compiled.error().message;
    auto result = compiled->evaluate(input());
    return result.ok() ? *result : "error: " + result.error().message;
  }
  /// Why a text is refused when it is compiled; empty when it is not.
  std::string refusal(std::string_view text) {
    auto compiled = CompiledExpression::compile(text, options_);
    return compiled.ok() ? std::string() : compiled.error().message;
  }
  bool fails(std::string_view text) { return value(text).starts_with("error: "); }

 private:
  VirtualClock clock_{1'700'000'000'000};
  FixedMachine machine_;
  AttributeMap variables_;
  AttributeMap attributes_;
  AttributeMap state_;
  std::atomic<std::int64_t> counter_{0};
  EvaluationEnvironment environment_;
  Random random_{7};
  CompileOptions options_;
};

struct Case {
  std::string_view text;
  std::string_view value;
};

/// The first case whose value is not the expected one, as a message; empty when there is none.
inline std::string firstWrong(ExpressionFixture& world, std::initializer_list<Case> cases) {
  for (const Case& one : cases) {
    const std::string value = world.value(one.text);
    if (value == one.value) continue;
    return std::string(one.text) + " gives [" + value + "] instead of [" + std::string(one.value) +
           "]";
  }
  return {};
}

}  // namespace millrace::expression::testing

/// Fails the test with the case that is wrong.
#define MR_EXPECT_VALUES(world, ...)                                                         \
  do {                                                                                       \
    const std::string wrong = millrace::expression::testing::firstWrong(world, __VA_ARGS__); \
    QVERIFY2(wrong.empty(), wrong.c_str());                                                  \
  } while (false)
