// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/validator.h"

#include "engine/base/topic_name.h"
#include "engine/flow/elements.h"
#include "engine/flow/graph_findings.h"
#include "engine/flow/paths.h"
#include "engine/flow/service_references.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace millrace::flow {
namespace {

bool contains(const std::vector<Name>& names, const RelationshipInfo& relationship) {
  return std::any_of(names.begin(), names.end(),
                     [&](const Name& name) { return means(relationship, name.text); });
}

class Validation {
 public:
  Validation(const Flow& flow, const Catalog& catalog, const ValidationOptions& options)
      : flow_(flow), catalog_(catalog), options_(options), graph_(flow) {
    for (const FlowGraph::Node& node : graph_.nodes()) nodes_.emplace(node.element->id, &node);
  }

  Findings run() {
    for (const std::vector<std::string>& cycle : parameterContextCycles(flow_)) {
      std::string names;
      for (const std::string& name : cycle) names += (names.empty() ? "" : " -> ") + name;
      error(Severity::kError, contextAt(cycle.front()), "",
            fmt::format("parameter contexts inherit each other in a circle: {}", names),
            "remove one 'inherits'");
    }
    checkServiceCycles();
    checkGroup("", flow_.root, {});
    findGraphOddities(graph_, catalog_, uses_, findings_);
    sortByPosition(findings_);
    return std::move(findings_);
  }

 private:
  void error(Severity severity, SourcePosition at, const std::string& path, std::string message,
             std::string advice) {
    findings_.push_back({severity, at, path, {}, std::move(message), std::move(advice)});
  }
  void checkServiceCycles() {
    const auto wanted = [this](ElementKind, const std::string& type, const std::string& name) {
      const ComponentInfo* info = catalog_.find(type);
      const PropertyInfo* property = info == nullptr ? nullptr : info->property(name);
      return property != nullptr && property->kind == PropertyKind::kService
                 ? std::optional(property->serviceType)
                 : std::nullopt;
    };
    const auto value = [this](const Group& group, const std::string& text) {
      return substituteParameters(text, parametersOf(flow_, group)).value_or(text);
    };
    const auto references = serviceReferences(flow_, wanted, value);
    for (const std::vector<std::string>& cycle : serviceCycles(references)) {
      std::string names;
      for (const std::string& name : cycle) names += (names.empty() ? "" : " -> ") + name;
      const auto first =
          std::find_if(references.begin(), references.end(), [&](const ServiceReference& one) {
            return one.user == cycle[0] && one.usedPath == cycle[1];
          });
      findings_.push_back({Severity::kError, first->property->at, first->user,
                           first->property->name,
                           fmt::format("services name each other in a circle: {}", names),
                           "take one of these references out"});
    }
  }
  SourcePosition contextAt(const std::string& name) const {
    for (const ParameterContext& context : flow_.parameterContexts) {
      if (context.name == name) return context.at;
    }
    return {};
  }

  void checkGroup(const std::string& path, const Group& group, ServiceScope services) {
    for (const Service& service : group.services) services[service.name] = &service;
    const ParameterScope parameters = parametersOf(flow_, group);
    SettingsCheck settings(catalog_, options_, parameters, services, findings_);
    for (const Service& service : group.services)
      checkService(service, joinPath(path, service.name), settings);
    for (const Processor& processor : group.processors)
      checkProcessor(processor, joinPath(path, processor.name), settings);
    for (const Connection& connection : group.connections) {
      checkParameters(connection.keyedBy, connection.at, connectionPath(path, connection),
                      parameters);
      if (!connection.via) continue;
      if (const std::string wrong = wrongTopicName(connection.via->topic); !wrong.empty())
        error(Severity::kError, connection.via->at, connectionPath(path, connection), wrong,
              "give 'via' another topic");
    }
    for (const Group& inner : group.groups) checkGroup(joinPath(path, inner.name), inner, services);
  }

  void checkParameters(const std::string& text, SourcePosition at, const std::string& path,
                       const ParameterScope& parameters) {
    for (const ParameterReference& reference : parameterReferences(text)) {
      if (!parameters.contains(reference.name))
        error(Severity::kError, at, path, fmt::format("there is no parameter '{}'", reference.name),
              "add it to the 'parameters' of the group");
    }
    if (!options_.expressions || text.find("${") == std::string::npos) return;
    const ExpressionReport report = options_.expressions(text, ExpressionScope::kFlowFile);
    if (report.error) error(Severity::kError, at, path, *report.error, "correct 'keyed-by'");
  }

  // The type of a component; null, and a finding, when there is none of its kind.
  const ComponentInfo* typeOf(const std::string& type, ComponentKind kind, bool unsupported,
                              Severity severity, SourcePosition at, const std::string& path) {
    const ComponentInfo* info = catalog_.find(type);
    const std::string_view word = kind == ComponentKind::kProcessor ? "processor" : "service";
    if (info != nullptr && info->kind == kind) return info;
    if (unsupported) {
      error(Severity::kWarning, at, path, fmt::format("unknown type: {}", type),
            "it was kept by an import and will not run; replace it by what there is");
      return nullptr;
    }
    std::string advice = didYouMean(type, catalog_.types(kind));
    if (info != nullptr)
      advice = fmt::format("'{}' is not a {}; move it to the other list", info->type, word);
    if (advice.empty()) advice = "see 'millrace processors' for those that exist";
    error(severity, at, path, fmt::format("there is no {} type '{}'", word, type),
          std::move(advice));
    return nullptr;
  }

  void checkService(const Service& service, const std::string& path, SettingsCheck& settings) {
    const Severity severity = service.enabled ? Severity::kError : Severity::kWarning;
    const ComponentInfo* info = typeOf(service.type, ComponentKind::kService, service.unsupported,
                                       severity, service.typeAt, path);
    if (info != nullptr) settings.check({*info, service.properties, path, service.at, severity});
  }

  void checkProcessor(const Processor& processor, const std::string& path,
                      SettingsCheck& settings) {
    const Severity severity =
        processor.state == RunState::kDisabled ? Severity::kWarning : Severity::kError;
    if (processor.schedule.kind == ScheduleKind::kCron && options_.cron) {
      if (auto reason = options_.cron(processor.schedule.cron))
        error(severity, processor.schedule.at, path, std::move(*reason), "correct 'cron'");
    }
    const ComponentInfo* info = typeOf(processor.type, ComponentKind::kProcessor,
                                       processor.unsupported, severity, processor.typeAt, path);
    if (info == nullptr) return;
    std::vector<AttributeUse> uses =
        settings.check({*info, processor.properties, path, processor.at, severity});
    if (!uses.empty()) uses_.emplace(processor.id, std::move(uses));
    checkInput(processor, *info, severity, path);
    checkRelationships(processor, *info, severity, path);
    if (info->traits.serial && processor.concurrency > 1)
      error(Severity::kWarning, processor.at, path,
            fmt::format("{} runs one task at a time: 'concurrency' has no effect", info->type),
            "remove it");
  }

  void checkInput(const Processor& processor, const ComponentInfo& info, Severity severity,
                  const std::string& path) {
    const auto node = nodes_.find(processor.id);
    const bool input = node != nodes_.end() && graph_.hasInput(*node->second);
    if (input && info.input == InputRequirement::kForbidden)
      error(severity, processor.at, path,
            fmt::format("{} takes no input, and connections lead to it", info.type), "remove them");
    if (!input && info.input == InputRequirement::kRequired)
      error(severity, processor.at, path,
            fmt::format("{} needs input, and no connection leads to it", info.type),
            "connect something to it, or set 'state: disabled'");
    if (!input && processor.schedule.kind == ScheduleKind::kEvent &&
        info.input != InputRequirement::kRequired)
      error(severity, processor.schedule.at, path,
            "'event' runs a processor for its input, and no connection leads to it",
            "write 'every: …' or 'cron: …'");
  }

  void checkRelationships(const Processor& processor, const ComponentInfo& info, Severity severity,
                          const std::string& path) {
    const std::vector<RelationshipInfo> known = relationshipsWith(info, processor.properties);
    std::vector<std::string> names;
    for (const RelationshipInfo& relationship : known) names.push_back(relationship.name);
    const auto check = [&](const std::vector<Name>& written, const std::string& where) {
      for (const Name& name : written) {
        if (std::any_of(known.begin(), known.end(), [&](const RelationshipInfo& relationship) {
              return means(relationship, name.text);
            }))
          continue;
        std::string advice = didYouMean(name.text, names);
        if (advice.empty()) {
          advice = names.empty() ? "it has none" : "it has";
          for (const std::string& other : names)
            advice += (other == names.front() ? " " : ", ") + other;
        }
        error(severity, name.at, where,
              fmt::format("{} has no relationship '{}'", info.type, name.text), std::move(advice));
      }
    };
    check(processor.autoTerminate, path);
    check(processor.retry.relationships, path);
    std::vector<Name> connected;
    if (const auto node = nodes_.find(processor.id); node != nodes_.end()) {
      for (const std::size_t wire : node->second->out) {
        const FlowGraph::Wire& out = graph_.wires()[wire];
        check(out.connection->relationships, out.path);
        connected.insert(connected.end(), out.connection->relationships.begin(),
                         out.connection->relationships.end());
      }
    }
    for (const RelationshipInfo& relationship : known) {
      const bool isConnected = contains(connected, relationship);
      const bool ends = contains(processor.autoTerminate, relationship);
      if (isConnected && ends)
        error(Severity::kWarning, processor.at, path,
              fmt::format("'{}' is connected: its auto-terminate has no effect", relationship.name),
              "remove it from 'auto-terminate'");
      if (!isConnected && !ends && !relationship.autoTerminatedByDefault)
        error(severity, processor.at, path,
              fmt::format("the relationship '{}' is neither connected nor auto-terminated",
                          relationship.name),
              fmt::format("connect it, or add it to 'auto-terminate'"));
    }
  }

  const Flow& flow_;
  const Catalog& catalog_;
  const ValidationOptions& options_;
  FlowGraph graph_;
  std::unordered_map<ElementId, const FlowGraph::Node*> nodes_;
  AttributeUses uses_;
  Findings findings_;
};

}  // namespace

Findings validateFlow(const Flow& flow, const Catalog& catalog, const ValidationOptions& options) {
  return Validation(flow, catalog, options).run();
}

}  // namespace millrace::flow
