// SPDX-License-Identifier: Apache-2.0
#include "engine/control/flow_plan.h"

#include "engine/control/parameter_lookup.h"
#include "engine/control/passthrough.h"
#include "engine/control/remote_port.h"
#include "engine/flow/flow_graph.h"
#include "engine/flow/paths.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::engine {
namespace {

class Planner {
 public:
  Planner(const flow::Flow& flow, const FindProcessorType& findType,
          const ParameterOverrides& overrides, Incomplete incomplete)
      : flow_(flow),
        findType_(findType),
        overrides_(overrides),
        keep_(incomplete == Incomplete::kKeep),
        graph_(flow) {}

  Result<FlowPlan> plan() {
    walkGroups(flow_.root, "", {});
    for (const flow::FlowGraph::Node& node : graph_.nodes()) addNode(node);
    for (const flow::FlowGraph::Wire& wire : graph_.wires()) addWire(wire);
    for (const auto& [group, path] : paths_) addGate(*group);
    for (const PlannedComponent& component : plan_.components) checkRoutes(component);
    if (!keep_ && !problems_.empty()) return Error::user(problems_);
    for (PlannedComponent& component : plan_.components) {
      // A port or a funnel that leads nowhere moves nothing: what comes to it waits.
      if (isPassthrough(component.descriptor) && component.outputs.front().empty())
        component.shouldRun = false;
      const auto problem = problemsOf_.find(component.id);
      if (problem == problemsOf_.end()) continue;
      component.problem = problem->second;
      component.shouldRun = false;
    }
    return std::move(plan_);
  }

 private:
  static void addLine(std::string& lines, std::string line) {
    if (!lines.empty()) lines += '\n';
    lines += line;
  }
  void problem(const PlannedComponent& component, std::string_view text) {
    addLine(problems_, fmt::format("{}: {}", component.path, text));
    addLine(problemsOf_[component.id], std::string(text));
  }
  /// Of a connection: the component at one of its ends cannot run for it.
  void problem(const PlannedConnection& connection, ComponentId owner, std::string_view text) {
    addLine(problems_, fmt::format("{}: {}", connection.path, text));
    addLine(problemsOf_[owner], fmt::format("{}: {}", connection.path, text));
  }

  void walkGroups(const flow::Group& group, const std::string& path,
                  std::vector<flow::ElementId> caps) {
    if (group.maxConcurrentTasks > 0) {
      caps.insert(caps.begin(), group.id);
      plan_.caps[group.id] = group.maxConcurrentTasks;
    }
    for (const flow::Group& inner : group.groups) {
      parents_[&inner] = &group;
      walkGroups(inner, flow::joinPath(path, inner.name), caps);
    }
    paths_[&group] = path;
    for (const flow::Connection& connection : group.connections)
      connectionGroups_[&connection] = &group;
    caps_[&group] = std::move(caps);
  }

  std::optional<std::string> parameter(const flow::Group& group, std::string_view name) const {
    return parameterValue(flow_, group, overrides_, name);
  }

  void addNode(const flow::FlowGraph::Node& node) {
    PlannedComponent planned;
    planned.id = ComponentId(node.element->id.raw());
    planned.path = node.path;
    const auto group = caps_.find(node.group);
    if (group != caps_.end()) planned.cappedGroups = group->second;
    planned.groupPath = paths_[node.group];
    switch (node.kind) {
      case flow::ElementKind::kProcessor:
        if (!addProcessor(static_cast<const flow::Processor&>(*node.element), *node.group,
                          planned)) {
          if (!keep_) return;
          addMissing(static_cast<const flow::Processor&>(*node.element), planned);
        }
        break;
      case flow::ElementKind::kInputPort:
      case flow::ElementKind::kOutputPort: {
        const auto& port = static_cast<const flow::Port&>(*node.element);
        const std::string wrong = planPort(port, node.kind, isGated(*node.group), planned);
        if (!wrong.empty()) problem(planned, wrong);
        addPassthrough(portDescriptor(), planned);
        break;
      }
      case flow::ElementKind::kFunnel:
        addPassthrough(funnelDescriptor(), planned);
        break;
      default:
        if (addRemotePort(node, planned)) break;
        if (!keep_) return;
        addPassthrough(portDescriptor(), planned);
        break;
    }
    planned.outputs.resize(planned.routes.size());
    positions_[planned.id] = plan_.components.size();
    plan_.components.push_back(std::move(planned));
  }

  bool addRemotePort(const flow::FlowGraph::Node& node, PlannedComponent& planned) {
    const auto processor =
        asProcessor(*remoteGroupOf(*node.group, *node.element),
                    static_cast<const flow::RemotePort&>(*node.element), node.kind);
    if (processor.ok()) return addProcessor(*processor, *node.group, planned);
    problem(planned, processor.error().message);
    return false;
  }

  void addPassthrough(const ProcessorDescriptor& descriptor, PlannedComponent& planned) {
    planned.descriptor = &descriptor;
    planned.configuration = std::move(Configuration::make(descriptor, {}, {})).value();
    planned.routes.push_back(
        {std::string(kPassthroughRelationship), descriptor.relationships[0], {}, true, false});
    planned.fingerprint = std::string(descriptor.type);
  }

  bool addProcessor(const flow::Processor& processor, const flow::Group& group,
                    PlannedComponent& planned) {
    planned.descriptor = findType_(processor.type);
    if (planned.descriptor == nullptr) {
      if (processor.state == flow::RunState::kDisabled) {
        addMissing(processor, planned);
        return true;
      }
      problem(planned, fmt::format("there is no processor type '{}'", processor.type));
      return false;
    }
    std::vector<PropertyText> texts;
    for (const flow::Property& property : processor.properties)
      texts.emplace_back(property.name, property.value);
    auto configuration = Configuration::make(
        *planned.descriptor, texts, [&](std::string_view name) { return parameter(group, name); });
    if (!configuration.ok()) {
      problem(planned, configuration.error().message);
      return false;
    }
    planned.configuration = std::move(*configuration);
    for (const std::string& name : planned.configuration->relationships()) {
      planned.routes.push_back(
          {name, declaredRelationship(*planned.descriptor, name), {}, false, false});
    }
    const auto mark = [&](const flow::Name& name, std::string_view what, bool Route::*flag) {
      const Relationship* declared = declaredRelationship(*planned.descriptor, name.text);
      for (Route& route : planned.routes) {
        if (route.relationship != name.text && (declared == nullptr || route.declared != declared))
          continue;
        route.*flag = true;
        return;
      }
      problem(planned,
              fmt::format("{} names the relationship '{}', which this configuration does not have",
                          what, name.text));
    };
    for (const flow::Name& name : processor.autoTerminate)
      mark(name, "auto-terminate", &Route::autoTerminated);
    for (const flow::Name& name : processor.retry.relationships)
      mark(name, "retry", &Route::retried);
    planned.retry = {processor.retry.count,
                     processor.retry.backoff == flow::Backoff::kYield
                         ? RetryPolicy::Backoff::kYield
                         : RetryPolicy::Backoff::kPenalize,
                     processor.retry.maxBackoff};
    planned.penalty = processor.penalty;
    planned.yield = processor.yield;
    planned.bulletinLevel = bulletinLevelOf(processor.bulletinLevel);
    planned.shouldRun = processor.state == flow::RunState::kRunning;
    planned.disabled = processor.state == flow::RunState::kDisabled;
    setSchedule(processor, planned);
    planned.fingerprint = fingerprintOf(processor, texts, group);
    return true;
  }

  /// Nothing is known of it but the relationships that its connections name.
  void addMissing(const flow::Processor& processor, PlannedComponent& planned) {
    planned.descriptor = &missingDescriptor();
    planned.configuration = std::move(Configuration::make(missingDescriptor(), {}, {})).value();
    planned.shouldRun = false;
    planned.disabled = processor.state == flow::RunState::kDisabled;
    planned.routes.clear();
    planned.fingerprint = "missing " + processor.type;
    for (const flow::FlowGraph::Wire& wire : graph_.wires()) {
      if (graph_.nodes()[wire.from].element != &processor) continue;
      for (const flow::Name& name : wire.connection->relationships) {
        const bool known =
            std::any_of(planned.routes.begin(), planned.routes.end(),
                        [&](const Route& route) { return route.relationship == name.text; });
        if (!known) planned.routes.push_back({name.text, nullptr, {}, false, false});
      }
    }
  }

  void setSchedule(const flow::Processor& processor, PlannedComponent& planned) {
    planned.schedule.concurrency = processor.concurrency;
    planned.schedule.runs = processor.schedule.runs;
    if (processor.schedule.runDuration)
      planned.schedule.runDuration = *processor.schedule.runDuration;
    switch (processor.schedule.kind) {
      case flow::ScheduleKind::kEvery:
        planned.schedule.kind = Schedule::Kind::kEvery;
        planned.schedule.every = processor.schedule.every;
        break;
      case flow::ScheduleKind::kEvent:
        planned.schedule.kind = Schedule::Kind::kEvent;
        break;
      case flow::ScheduleKind::kCron: {
        planned.schedule.kind = Schedule::Kind::kCron;
        auto cron = Cron::parse(processor.schedule.cron);
        if (cron.ok()) {
          planned.schedule.cron = std::move(*cron);
        } else {
          problem(planned, cron.error().message);
        }
      }
    }
  }

  /// Text that is the same exactly when nothing changed that needs the processor stopped.
  std::string fingerprintOf(const flow::Processor& processor,
                            const std::vector<PropertyText>& texts,
                            const flow::Group& group) const {
    std::string text = processor.type;
    for (const auto& [name, value] : texts) text += fmt::format("\n{}={}", name, value);
    text +=
        parameterFingerprint(texts, [&](std::string_view name) { return parameter(group, name); });
    const flow::Schedule& schedule = processor.schedule;
    text +=
        fmt::format("\n{} {} {} {} {} {} {} {} {}", static_cast<int>(schedule.kind), schedule.every,
                    schedule.cron, schedule.runs.value_or(~0ULL), schedule.runDuration.value_or(-1),
                    processor.concurrency, static_cast<int>(processor.bulletinLevel),
                    processor.penalty, processor.yield);
    return text;
  }

  void addWire(const flow::FlowGraph::Wire& wire) {
    const flow::Connection& connection = *wire.connection;
    PlannedConnection planned;
    planned.id = ConnectionId(connection.id.raw());
    planned.path = wire.path;
    planned.from = ComponentId(graph_.nodes()[wire.from].element->id.raw());
    planned.to = ComponentId(graph_.nodes()[wire.to].element->id.raw());
    planned.settings.maxCount = connection.backPressure.count;
    planned.settings.maxBytes = connection.backPressure.size;
    planned.settings.whenFull = whenFullOf(connection.backPressure.whenFull);
    planned.settings.expiration = connection.expire / kMillisecond;
    for (const flow::Prioritizer prioritizer : connection.prioritizers) {
      planned.settings.prioritizers.push_back(prioritizerOf(prioritizer));
    }
    if (!connection.keyedBy.empty()) {
      expression::CompileOptions options;
      options.parameter = [&](std::string_view name) {
        return parameter(*connectionGroups_[&connection], name);
      };
      auto compiled = expression::CompiledExpression::compile(connection.keyedBy, options);
      if (compiled.ok()) {
        planned.keyedBy =
            std::make_shared<const expression::CompiledExpression>(std::move(*compiled));
      } else {
        problem(planned, planned.from, "'keyed-by': " + compiled.error().message);
      }
    }
    const auto from = positions_.find(planned.from);
    const auto to = positions_.find(planned.to);
    // An end that is not there has a problem of its own; the other end is connected all the same.
    if (to != positions_.end()) {
      PlannedComponent& destination = plan_.components[to->second];
      if (destination.descriptor->input == InputRequirement::kForbidden) {
        problem(planned, planned.to, fmt::format("{} takes no input", destination.path));
      }
      destination.inputs.push_back(planned.id);
    }
    if (from == positions_.end()) return;
    PlannedComponent& source = plan_.components[from->second];
    if (connection.relationships.empty()) {
      for (auto& outputs : source.outputs) outputs.push_back(planned.id);
    }
    for (const flow::Name& name : connection.relationships) {
      const Relationship* declared = declaredRelationship(*source.descriptor, name.text);
      bool found = false;
      for (std::size_t i = 0; i < source.routes.size(); ++i) {
        if (source.routes[i].relationship != name.text &&
            (declared == nullptr || source.routes[i].declared != declared)) {
          continue;
        }
        source.outputs[i].push_back(planned.id);
        found = true;
        break;
      }
      if (!found)
        problem(planned, planned.from,
                fmt::format("{} has no relationship '{}'", source.path, name.text));
    }
    plan_.connections.push_back(std::move(planned));
  }

  /// The group in which a node's input, or its output, is drawn: a port has its group's parent on
  /// the other side.
  const flow::Group* groupOfInput(const flow::FlowGraph::Node& node) const {
    return node.kind == flow::ElementKind::kInputPort && !node.atRoot ? parents_.at(node.group)
                                                                      : node.group;
  }

  bool isWithin(const flow::Group* inner, const flow::Group& outer) const {
    while (inner != nullptr && inner != &outer) {
      const auto parent = parents_.find(inner);
      inner = parent == parents_.end() ? nullptr : parent->second;
    }
    return inner != nullptr;
  }

  bool isGated(const flow::Group& group) const {
    return group.flowFileConcurrency != flow::FlowFileConcurrency::kUnbounded &&
           &group != &flow_.root;
  }

  void addGate(const flow::Group& group) {
    if (!isGated(group)) return;
    PlannedGate gate;
    gate.concurrency = group.flowFileConcurrency;
    gate.outbound = group.outboundPolicy;
    for (const flow::FlowGraph::Node& node : graph_.nodes()) {
      if (node.group != &group) continue;
      const ComponentId id(node.element->id.raw());
      if (node.kind == flow::ElementKind::kInputPort) gate.inputPorts.push_back(id);
      if (node.kind == flow::ElementKind::kOutputPort) gate.outputPorts[node.element->name] = id;
    }
    for (const flow::FlowGraph::Wire& wire : graph_.wires()) {
      if (isWithin(groupOfInput(graph_.nodes()[wire.to]), group))
        gate.inside.emplace_back(wire.connection->id.raw());
    }
    plan_.gates.push_back(std::move(gate));
  }

  void checkRoutes(const PlannedComponent& component) {
    if (component.disabled) return;
    if (component.access == PublicAccess::kGives && !component.outputs.front().empty())
      problem(component,
              "with 'remote-access' it gives to other programs alone; remove the "
              "connection behind it or take that out");
    for (std::size_t i = 0; i < component.routes.size(); ++i) {
      const Route& route = component.routes[i];
      if (!component.outputs[i].empty() || route.autoTerminated) continue;
      if (route.declared != nullptr && route.declared->autoTerminated) continue;
      problem(
          component,
          fmt::format("the relationship '{}' is neither connected nor auto-terminated; connect it "
                      "or list it under auto-terminate",
                      route.relationship));
    }
    if (component.descriptor->input == InputRequirement::kRequired && component.inputs.empty() &&
        (component.shouldRun || keep_) && !isPassthrough(component.descriptor)) {
      problem(component, fmt::format("{} needs input, but no connection leads to it",
                                     component.descriptor->type));
    }
  }

  const flow::Flow& flow_;
  const FindProcessorType& findType_;
  const ParameterOverrides& overrides_;
  const bool keep_;
  const flow::FlowGraph graph_;
  FlowPlan plan_;
  std::map<const flow::Group*, std::vector<flow::ElementId>> caps_;
  std::map<const flow::Group*, std::string> paths_;
  std::map<const flow::Group*, const flow::Group*> parents_;
  std::map<const flow::Connection*, const flow::Group*> connectionGroups_;
  std::map<ComponentId, std::size_t> positions_;
  std::string problems_;
  std::map<ComponentId, std::string> problemsOf_;
};

}  // namespace

Result<FlowPlan> planFlow(const flow::Flow& flow, const FindProcessorType& findType,
                          const ParameterOverrides& overrides, Incomplete incomplete) {
  return Planner(flow, findType, overrides, incomplete).plan();
}

}  // namespace millrace::engine
