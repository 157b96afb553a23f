// SPDX-License-Identifier: Apache-2.0
#include "engine/control/parameter_lookup.h"

#include "engine/flow/parameters.h"

#include <fmt/format.h>

namespace millrace::engine {

std::optional<std::string> parameterValue(const flow::Flow& flow, const flow::Group& group,
                                          const ParameterOverrides& overrides,
                                          std::string_view name) {
  if (const auto found = overrides.find(name); found != overrides.end()) return found->second;
  const flow::ParameterScope scope = flow::parametersOf(flow, group);
  const auto found = scope.find(name);
  if (found == scope.end() || !found->second->value) return std::nullopt;
  // A parameter whose whole value is a reference stands for that other one.
  const std::string& value = *found->second->value;
  const auto references = flow::parameterReferences(value);
  if (references.size() == 1 && references[0].begin == 0 && references[0].end == value.size()) {
    const auto other = scope.find(references[0].name);
    if (other != scope.end() && other->second->value) return other->second->value;
  }
  return value;
}

std::string parameterFingerprint(
    std::span<const PropertyText> texts,
    const std::function<std::optional<std::string>(std::string_view)>& parameter) {
  std::string result;
  for (const auto& [name, text] : texts) {
    for (const auto& reference : flow::parameterReferences(text)) {
      result += fmt::format("\n#{}={}", reference.name, parameter(reference.name).value_or(""));
    }
  }
  return result;
}

}  // namespace millrace::engine
