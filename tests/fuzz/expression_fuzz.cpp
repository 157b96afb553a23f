// SPDX-License-Identifier: Apache-2.0
// The Expression Language: compiled in every scope, and evaluated on a few attributes.
#include "engine/expression/compiled_expression.h"
#include "engine/expression/evaluation.h"
#include "tests/fuzz/fuzz_input.h"

using namespace millrace;
using namespace millrace::expression;

namespace {

/// Everything that an expression may look at, without the machine it runs on.
struct World {
  VirtualClock clock;
  SystemMachine machine;
  AttributeMap variables;
  std::atomic<std::int64_t> counter{0};
  Random random{7};
  AttributeMap attributes{AttributeMap::Map{{"a", "text"},
                                            {"b", "17"},
                                            {"c", "1.5e3"},
                                            {"d", "2020-02-30T12:00:00Z"},
                                            {"e", ""},
                                            {"j", "{\"a\":[1,{\"b\":null}]}"},
                                            {"filename", "one.two.txt"}}};
  EvaluationEnvironment environment{clock, machine, variables, counter, TimeZone()};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;  // long texts only make it slow
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  World world;
  const auto parameter = [](std::string_view name) -> std::optional<std::string> {
    if (name == "p") return "1";
    return std::nullopt;
  };
  for (const Scope scope : {Scope::kNone, Scope::kEnvironment, Scope::kAttributes}) {
    const auto compiled = CompiledExpression::compile(text, {scope, parameter});
    if (!compiled.ok()) {
      fuzz::expect(!compiled.error().message.empty(), "a refusal says why");
      continue;
    }
    const EvaluationInput input{world.environment, world.random,
                                scope == Scope::kAttributes ? &world.attributes : nullptr};
    const auto value = compiled->evaluate(input);
    fuzz::expect(value.ok() || !value.error().message.empty(), "an error says why");
    const auto truth = compiled->evaluateBoolean(input);
    fuzz::expect(truth.ok() || !truth.error().message.empty(), "an error says why");
  }
  return 0;
}
