// SPDX-License-Identifier: Apache-2.0
#include "processors/jolt/jolt_transform.h"

#include <fmt/format.h>

namespace millrace::processors {
namespace {

class Sort final : public JoltTransform {
 public:
  Result<JoltValue> apply(JoltValue input) const override {
    input.sortKeys();
    return input;
  }
};

class Chain final : public JoltTransform {
 public:
  explicit Chain(std::vector<std::unique_ptr<JoltTransform>> steps) : steps_(std::move(steps)) {}
  Result<JoltValue> apply(JoltValue input) const override {
    for (const auto& step : steps_) input = MR_TRY(step->apply(std::move(input)));
    return input;
  }

 private:
  std::vector<std::unique_ptr<JoltTransform>> steps_;
};

}  // namespace

Result<std::unique_ptr<JoltTransform>> JoltTransform::make(std::string_view operation,
                                                           const JoltValue& specification) {
  if (operation == "sort") return std::unique_ptr<JoltTransform>(std::make_unique<Sort>());
  if (!specification.isObject()) {
    return Error::user(fmt::format("the specification of '{}' must be a JSON object", operation));
  }
  if (operation == "shift") return makeJoltShift(specification);
  if (operation == "default") return makeJoltDefault(specification);
  if (operation == "remove") return makeJoltRemove(specification);
  if (operation == "cardinality") return makeJoltCardinality(specification);
  if (operation == "modify-overwrite-beta")
    return makeJoltModify(specification, JoltModify::kOverwrite);
  if (operation == "modify-default-beta")
    return makeJoltModify(specification, JoltModify::kDefault);
  if (operation == "modify-define-beta") return makeJoltModify(specification, JoltModify::kDefine);
  return Error::user(
      fmt::format("there is no operation '{}': shift, default, remove, sort, cardinality, "
                  "modify-overwrite-beta, modify-default-beta and modify-define-beta are there",
                  operation));
}

Result<std::unique_ptr<JoltTransform>> JoltTransform::makeChain(const JoltValue& specification) {
  if (!specification.isArray() || specification.size() == 0)
    return Error::user("the specification of a chain must be a JSON array of operations");
  std::vector<std::unique_ptr<JoltTransform>> steps;
  for (const JoltValue& entry : specification.items()) {
    const JoltValue* operation = entry.find("operation");
    if (operation == nullptr || !operation->isString()) {
      return Error::user(
          fmt::format("step {} of the chain has no \"operation\"", steps.size() + 1));
    }
    const JoltValue* spec = entry.find("spec");
    auto step = make(operation->text(), spec == nullptr ? JoltValue() : *spec);
    if (!step.ok()) {
      return Error::user(
          fmt::format("step {} of the chain: {}", steps.size() + 1, step.error().message));
    }
    steps.push_back(std::move(*step));
  }
  return std::unique_ptr<JoltTransform>(std::make_unique<Chain>(std::move(steps)));
}

}  // namespace millrace::processors
