// SPDX-License-Identifier: Apache-2.0
#include "engine/control/parameter_lookup.h"

#include "engine/flow/parameters.h"

#include <fmt/format.h>

namespace millrace::engine {
namespace {

std::optional<std::string> ownValue(const flow::ParameterScope& scope,
                                    const ParameterOverrides& overrides, std::string_view name) {
  const auto found = scope.find(name);
  const bool sensitive = found != scope.end() && found->second->sensitive;
  const ParameterValues& given = sensitive ? overrides.secrets : overrides.plain;
  if (const auto value = given.find(name); value != given.end()) return value->second;
  if (found == scope.end() || sensitive) return std::nullopt;
  return found->second->value;
}

}  // namespace

std::optional<std::string> parameterValue(const flow::Flow& flow, const flow::Group& group,
                                          const ParameterOverrides& overrides,
                                          std::string_view name) {
  const flow::ParameterScope scope = flow::parametersOf(flow, group);
  const std::optional<std::string> value = ownValue(scope, overrides, name);
  const auto found = scope.find(name);
  if (!value || found == scope.end() || found->second->sensitive) return value;
  // A parameter whose whole value is a reference stands for that other one.
  const auto references = flow::parameterReferences(*value);
  if (references.size() != 1 || references[0].begin != 0 || references[0].end != value->size())
    return value;
  const auto other = scope.find(references[0].name);
  if (other == scope.end() || other->second->sensitive) return value;
  const std::optional<std::string> aliased = ownValue(scope, overrides, references[0].name);
  return aliased ? aliased : value;
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
