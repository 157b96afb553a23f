// SPDX-License-Identifier: Apache-2.0
#include "host/flow_check.h"

#include "engine/control/flow_plan.h"
#include "engine/control/topic_wire.h"
#include "engine/expression/compiled_expression.h"
#include "engine/flow/flow_graph.h"
#include "engine/flow/parameters.h"
#include "engine/flow/paths.h"
#include "engine/flow/validator.h"
#include "engine/flow/yaml_reader.h"
#include "engine/schedule/cron.h"
#include "processors/catalog.h"
#include "processors/registry.h"

#include <algorithm>
#include <map>
#include <sstream>

namespace millrace::host {
namespace {

expression::Scope scopeOf(flow::ExpressionScope scope) {
  switch (scope) {
    case flow::ExpressionScope::kNone:
      return expression::Scope::kNone;
    case flow::ExpressionScope::kEnvironment:
      return expression::Scope::kEnvironment;
    case flow::ExpressionScope::kFlowFile:
      return expression::Scope::kAttributes;
  }
  return expression::Scope::kNone;
}

/// Looks into an expression without the values of parameters. Where one is needed to judge it, the
/// judgement is left to checkSettings(), which has them.
flow::ExpressionReport lookInto(std::string_view text, flow::ExpressionScope scope,
                                const expression::AttributeMap& variables) {
  bool assumed = false;
  const auto anyValue = [&](std::string_view) -> std::optional<std::string> {
    assumed = true;
    return "1";
  };
  const auto compiled = expression::CompiledExpression::compile(text, {scopeOf(scope), anyValue});
  flow::ExpressionReport report;
  if (!compiled.ok()) {
    if (!assumed) report.error = compiled.error().message;
    return report;
  }
  for (const std::string& name : compiled->referencedAttributes()) {
    if (!variables.attribute(name)) report.attributes.push_back(name);
  }
  return report;
}

/// The flow as it is with other values of parameters.
void override(const flow::Flow& original, flow::Group& group,
              const engine::ParameterValues& overrides) {
  for (flow::Group& inner : group.groups) override(original, inner, overrides);
  const flow::ParameterScope scope = flow::parametersOf(original, group);
  std::vector<flow::Parameter> values;
  for (const auto& [name, value] : overrides) {
    const auto known = scope.find(name);
    if (known != scope.end() && known->second->sensitive) continue;
    flow::Parameter& parameter =
        values.emplace_back(known == scope.end() ? flow::Parameter() : *known->second);
    parameter.name = name;
    parameter.value = value;
  }
  for (flow::Parameter& parameter : values) {
    const auto own = std::find_if(group.parameters.begin(), group.parameters.end(),
                                  [&](const auto& p) { return p.name == parameter.name; });
    if (own == group.parameters.end()) {
      group.parameters.push_back(std::move(parameter));
    } else {
      *own = std::move(parameter);
    }
  }
}

class EngineCheck {
 public:
  EngineCheck(const flow::Flow& flow, const engine::ParameterOverrides& overrides,
              flow::Findings& findings)
      : flow_(flow), overrides_(overrides), findings_(findings) {}

  void run() {
    checkGroup(flow_.root, "");
    checkPlan();
  }

 private:
  bool hasError(const std::string& path) const {
    return std::any_of(findings_.begin(), findings_.end(), [&](const flow::Finding& finding) {
      return finding.severity == flow::Severity::kError && finding.component == path;
    });
  }

  void checkGroup(const flow::Group& group, const std::string& path) {
    for (const flow::Processor& processor : group.processors) {
      const ProcessorDescriptor* descriptor = findProcessorType(processor.type);
      if (descriptor == nullptr) continue;
      const auto severity = processor.state == flow::RunState::kDisabled ? flow::Severity::kWarning
                                                                         : flow::Severity::kError;
      checkSettings(componentInfo(*descriptor), processor.properties, group,
                    flow::joinPath(path, processor.name), severity);
    }
    for (const flow::Service& service : group.services)
      checkService(service, group, flow::joinPath(path, service.name));
    for (const flow::Group& inner : group.groups)
      checkGroup(inner, flow::joinPath(path, inner.name));
  }

  expression::ParameterResolver parametersOf(const flow::Group& group) const {
    return [this, &group](std::string_view name) {
      return engine::parameterValue(flow_, group, overrides_, name);
    };
  }

  void checkService(const flow::Service& service, const flow::Group& group,
                    const std::string& path) {
    const ServiceDescriptor* descriptor = findServiceType(service.type);
    if (descriptor == nullptr) return;
    checkSettings(componentInfo(*descriptor), service.properties, group, path,
                  service.enabled ? flow::Severity::kError : flow::Severity::kWarning);
    if (!service.enabled || hasError(path)) return;
    std::vector<PropertyText> texts;
    for (const flow::Property& property : service.properties)
      texts.emplace_back(property.name, property.value);
    const ProcessorDescriptor shape = engine::configurationShape(*descriptor);
    const auto made = engine::Configuration::make(shape, texts, parametersOf(group));
    if (!made.ok()) {
      findings_.push_back({flow::Severity::kError,
                           service.at,
                           path,
                           {},
                           made.error().message,
                           "correct its properties"});
    }
  }

  /// Expressions with the values that their parameters have.
  void checkSettings(const flow::ComponentInfo& info, const flow::Properties& properties,
                     const flow::Group& group, const std::string& path, flow::Severity severity) {
    for (const flow::Property& property : properties) {
      if (property.value.find("#{") == std::string::npos) continue;
      const flow::PropertyInfo* known = info.property(property.name);
      const auto scope = known == nullptr ? info.dynamicScope : known->scope;
      const bool told =
          std::any_of(findings_.begin(), findings_.end(), [&](const flow::Finding& finding) {
            return finding.component == path && finding.property == property.name;
          });
      if (told) continue;
      const auto compiled = expression::CompiledExpression::compile(
          property.value, {scopeOf(scope), parametersOf(group)});
      if (compiled.ok()) continue;
      findings_.push_back({severity, property.at, path, property.name, compiled.error().message,
                           "correct the expression or its parameter"});
    }
  }

  /// What the engine refuses: settings that exclude each other, and what it does not have yet.
  void checkPlan() {
    const std::optional<flow::Flow> drawn = engine::withTopicWires(flow_);
    const flow::Flow& flow = drawn ? *drawn : flow_;
    const auto plan = engine::planFlow(flow, findProcessorType, overrides_);
    if (plan.ok()) return;
    std::map<std::string, flow::SourcePosition, std::less<>> places;
    std::vector<std::string> unsupported;
    const flow::FlowGraph graph(flow);
    for (const auto& node : graph.nodes()) {
      places.emplace(node.path, node.element->at);
      if (node.kind == flow::ElementKind::kProcessor &&
          static_cast<const flow::Processor&>(*node.element).unsupported)
        unsupported.push_back(node.path);
    }
    for (const auto& wire : graph.wires()) places.emplace(wire.path, wire.connection->at);
    flow::Finding* last = nullptr;
    flow::Findings refused;
    std::istringstream lines(plan.error().message);
    for (std::string line; std::getline(lines, line);) {
      const auto place = placeOf(line, places);
      if (place == places.end()) {
        // A property's text may have several lines.
        if (last != nullptr) last->message += ' ' + line;
        continue;
      }
      const std::string& path = place->first;
      last = nullptr;
      if (hasError(path) ||
          std::find(unsupported.begin(), unsupported.end(), path) != unsupported.end())
        continue;
      refused.push_back(
          {flow::Severity::kError, place->second, path, {}, line.substr(path.size() + 2), {}});
      last = &refused.back();
    }
    findings_.insert(findings_.end(), refused.begin(), refused.end());
  }

  /// The longest path that the line begins with.
  template <typename Places>
  static typename Places::const_iterator placeOf(const std::string& line, const Places& places) {
    for (std::size_t end = line.rfind(": "); end != std::string::npos && end > 0;
         end = line.rfind(": ", end - 1)) {
      const auto found = places.find(std::string_view(line).substr(0, end));
      if (found != places.end()) return found;
    }
    return places.end();
  }

  const flow::Flow& flow_;
  const engine::ParameterOverrides& overrides_;
  flow::Findings& findings_;
};

}  // namespace

flow::Catalog builtinCatalog() {
  flow::Catalog catalog;
  addProcessors(catalog, builtinProcessors());
  addServices(catalog, builtinServices());
  return catalog;
}

flow::Findings checkFlow(const flow::Flow& original, const engine::ParameterOverrides& given) {
  flow::Flow flow = original;
  if (!given.plain.empty()) override(original, flow.root, given.plain);
  engine::ParameterOverrides overrides = given;
  for (const std::string& name : flow::referencedSecrets(flow))
    overrides.secrets.emplace(name, "x");
  const expression::AttributeMap variables = expression::processVariables();
  flow::ValidationOptions options;
  options.expressions = [&](std::string_view text, flow::ExpressionScope scope) {
    return lookInto(text, scope, variables);
  };
  options.cron = [](std::string_view text) -> std::optional<std::string> {
    const auto cron = engine::Cron::parse(text);
    if (cron.ok()) return std::nullopt;
    return cron.error().message;
  };
  flow::Findings findings = flow::validateFlow(flow, builtinCatalog(), options);
  EngineCheck(flow, overrides, findings).run();
  flow::sortByPosition(findings);
  return findings;
}

Result<CheckedFlow> checkFlowFile(FileSystem& files, const std::string& path,
                                  const engine::ParameterOverrides& overrides) {
  const std::string text = MR_TRY(files.readAll(path));
  flow::ReadFlow read = flow::readFlow(text);
  CheckedFlow checked{std::move(read.flow), std::move(read.findings)};
  if (!checked.ok()) return checked;  // what is not linked cannot be judged
  flow::Findings more = checkFlow(checked.flow, overrides);
  checked.findings.insert(checked.findings.end(), std::make_move_iterator(more.begin()),
                          std::make_move_iterator(more.end()));
  flow::sortByPosition(checked.findings);
  return checked;
}

}  // namespace millrace::host
