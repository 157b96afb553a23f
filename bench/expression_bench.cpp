// SPDX-License-Identifier: Apache-2.0
// What does one evaluation of a property cost, and what its compilation?
#include "engine/expression/compiled_expression.h"

#include <benchmark/benchmark.h>

#include <array>
#include <atomic>
#include <string>
#include <utility>

using namespace millrace;
using namespace millrace::expression;

namespace {

/// Attributes as a FlowFile has them: few, found by looking at each.
class FewAttributes final : public AttributeSource {
 public:
  std::optional<std::string_view> attribute(std::string_view name) const override {
    for (const auto& [key, value] : all_) {
      if (key == name) return value;
    }
    return std::nullopt;
  }
  void forEachAttribute(AttributeVisitor visit) const override {
    for (const auto& [key, value] : all_) visit(key, value);
  }

 private:
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> all_{{
      {"uuid", "94c09378-43a6-11ea-8bcc-acde48001122"},
      {"path", "/data/in/"},
      {"mime.type", "text/csv"},
      {"filename", "flights-2024-02-29.csv"},
      {"delay", "17"},
      {"date", "2024-02-29 13:45:10"},
  }};
};

void evaluate(benchmark::State& state, const char* text) {
  const SystemClock clock;
  const SystemMachine machine;
  const AttributeMap variables;
  std::atomic<std::int64_t> counter{0};
  const EvaluationEnvironment environment{clock, machine, variables, counter, TimeZone()};
  Random random(1);
  const FewAttributes attributes;
  const EvaluationInput input{environment, random, &attributes};
  const auto compiled = CompiledExpression::compile(text, {});
  if (!compiled.ok()) {
    state.SkipWithError(compiled.error().message.c_str());
    return;
  }
  std::string out;
  for (auto _ : state) {
    if (!compiled->evaluate(input, out).ok()) {
      state.SkipWithError("the evaluation failed");
      break;
    }
    benchmark::DoNotOptimize(out.data());
  }
}

void compile(benchmark::State& state, const char* text) {
  for (auto _ : state) {
    auto compiled = CompiledExpression::compile(text, {});
    benchmark::DoNotOptimize(compiled.ok());
  }
}

BENCHMARK_CAPTURE(evaluate, attribute, "${filename}");
BENCHMARK_CAPTURE(evaluate, string_chain, "${filename:substringBefore('.'):toUpper()}");
BENCHMARK_CAPTURE(evaluate, number_test, "${delay:toNumber():gt(15)}");
BENCHMARK_CAPTURE(evaluate, logic, "${delay:gt(15):and(${filename:endsWith('.csv')})}");
BENCHMARK_CAPTURE(evaluate, regex_match, "${filename:matches('flights-[0-9-]+[.]csv')}");
BENCHMARK_CAPTURE(evaluate, regex_replace, "${filename:replaceAll('([0-9]+)-', '$1_')}");
BENCHMARK_CAPTURE(evaluate, text_around, "in/${filename}/${delay:plus(1)}.out");
BENCHMARK_CAPTURE(evaluate, date, "${date:toDate('yyyy-MM-dd HH:mm:ss'):format('dd.MM.yyyy')}");
BENCHMARK_CAPTURE(evaluate, hash, "${filename:hash('SHA-256')}");
BENCHMARK_CAPTURE(compile, string_chain, "${filename:substringBefore('.'):toUpper()}");
BENCHMARK_CAPTURE(compile, regex_match, "${filename:matches('flights-[0-9-]+[.]csv')}");

}  // namespace

BENCHMARK_MAIN();
