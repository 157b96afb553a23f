// SPDX-License-Identifier: Apache-2.0
#include "engine/control/service_check.h"

#include "engine/control/configuration.h"
#include "engine/flow/service_references.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::engine {
namespace {

std::optional<std::string> wantedIn(std::span<const PropertyInfo* const> properties,
                                    std::string_view name) {
  for (const PropertyInfo* info : properties) {
    if (namesProperty(*info, name) && info->kind == PropertyKind::kService)
      return std::string(info->serviceType);
  }
  return std::nullopt;
}

bool provides(const ServiceDescriptor& descriptor, std::string_view wanted) {
  const auto& provided = descriptor.provides;
  return wanted.empty() || descriptor.type == wanted ||
         std::find(provided.begin(), provided.end(), wanted) != provided.end();
}

}  // namespace

std::vector<ServiceProblem> checkServices(const flow::Flow& flow,
                                          const FindProcessorType& findProcessor,
                                          const FindServiceType& findService,
                                          const ParameterOverrides& overrides) {
  const auto wanted = [&](flow::ElementKind kind, const std::string& type,
                          const std::string& property) -> std::optional<std::string> {
    if (kind == flow::ElementKind::kService) {
      const ServiceDescriptor* descriptor = findService(type);
      return descriptor == nullptr ? std::nullopt : wantedIn(descriptor->properties, property);
    }
    const ProcessorDescriptor* descriptor = findProcessor(type);
    return descriptor == nullptr ? std::nullopt : wantedIn(descriptor->properties, property);
  };
  const auto value = [&](const flow::Group& group, const std::string& text) {
    const auto parameter = [&](std::string_view name) {
      return parameterValue(flow, group, overrides, name);
    };
    const auto compiled = expression::CompiledExpression::compile(
        text, {expression::Scope::kNone, expression::ParameterResolver(parameter)});
    return compiled.ok() ? compiled->literal() : text;
  };
  std::vector<ServiceProblem> problems;
  const auto problem = [&](const std::string& path, const std::string& text) {
    problems.push_back({path, text});
  };
  const auto references = flow::serviceReferences(flow, wanted, value);
  for (const flow::ServiceReference& reference : references) {
    const std::string& property = reference.property->name;
    if (reference.used == nullptr) {
      problem(reference.user,
              fmt::format("property '{}': there is no service '{}' in its group or one around it",
                          property, reference.name));
      continue;
    }
    if (!reference.used->enabled) {
      problem(reference.user,
              fmt::format("property '{}': the service '{}' is disabled; enable it, or disable what "
                          "uses it",
                          property, reference.usedPath));
      continue;
    }
    const ServiceDescriptor* descriptor = findService(reference.used->type);
    const std::string kind =
        *wanted(reference.userService != nullptr ? flow::ElementKind::kService
                                                 : flow::ElementKind::kProcessor,
                reference.userType, property);
    if (descriptor != nullptr && !provides(*descriptor, kind)) {
      problem(reference.user, fmt::format("property '{}': the service '{}' is a {}, which is no {}",
                                          property, reference.usedPath, descriptor->type, kind));
    }
  }
  for (const std::vector<std::string>& cycle : flow::serviceCycles(references)) {
    std::string names;
    for (const std::string& name : cycle) names += (names.empty() ? "" : " -> ") + name;
    problem(cycle.front(), fmt::format("services name each other in a circle: {}", names));
  }
  return problems;
}

}  // namespace millrace::engine
