// SPDX-License-Identifier: Apache-2.0
// How the components of a running flow hang together: who reads which queue, who is woken by it,
// and which ports pass a gate.
#include "engine/control/flow_controller.h"

#include <set>

namespace millrace::engine {

FlowController::Gates FlowController::makeGates(const FlowPlan& plan) {
  std::map<ComponentId, const PlannedComponent*> planned;
  for (const PlannedComponent& component : plan.components) planned[component.id] = &component;
  std::vector<std::shared_ptr<GroupGate>> groups;
  std::map<ComponentId, std::size_t> byOutput;  // the group of an output port
  for (const PlannedGate& gate : plan.gates) {
    for (const auto& [name, port] : gate.outputPorts) byOutput[port] = groups.size();
    groups.push_back(std::make_shared<GroupGate>(gate.concurrency, gate.outbound));
  }
  Gates gates;
  std::vector<std::set<ComponentId>> wakes(groups.size());
  std::map<ConnectionId, std::set<ComponentId>> watched;
  std::vector<GroupGate::Parts> parts(groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const PlannedGate& gate = plan.gates[i];
    std::set<ConnectionId> leaving;
    for (const auto& [name, port] : gate.outputPorts) {
      for (const ConnectionId id : planned.at(port)->inputs) {
        leaving.insert(id);
        parts[i].leaving[name].push_back(wires_.at(id).queue);
      }
      gates[port] = groups[i]->outputPort();
      wakes[i].insert(port);
    }
    for (const ComponentId port : gate.inputPorts) {
      for (const ConnectionId id : planned.at(port)->inputs) {
        parts[i].before.push_back(wires_.at(id).queue);
        const auto upstream = byOutput.find(wires_.at(id).from);
        if (upstream == byOutput.end()) continue;
        parts[i].upstream.push_back(groups[upstream->second]);
        wakes[upstream->second].insert(port);
      }
      gates[port] = groups[i]->inputPort();
      wakes[i].insert(port);
    }
    for (const ConnectionId id : gate.inside) {
      if (!leaving.contains(id)) parts[i].working.push_back(wires_.at(id).queue);
      for (const ComponentId port : wakes[i]) watched[id].insert(port);
    }
  }
  const auto waker = [this](const std::set<ComponentId>& ports) {
    std::vector<std::weak_ptr<Component>> components;
    for (const ComponentId port : ports) components.emplace_back(nodes_.at(port).component);
    return [this, components] {
      for (const auto& component : components) {
        if (const auto alive = component.lock()) scheduler_.wake(alive);
      }
    };
  };
  for (std::size_t i = 0; i < groups.size(); ++i) {
    parts[i].wake = waker(wakes[i]);
    groups[i]->connect(std::move(parts[i]));
  }
  for (auto& [id, wire] : wires_) {
    const auto found = watched.find(id);
    wire.queue->onEmptied(found == watched.end() ? std::function<void()>() : waker(found->second));
  }
  return gates;
}

std::shared_ptr<FlowFileQueue> FlowController::makeQueue(ConnectionId id, std::string name,
                                                         QueueSettings settings) const {
  auto queue = std::make_shared<FlowFileQueue>(id, std::move(name), std::move(settings),
                                               queueMemory_, diskBudget_);
  if (diskBudget_ != nullptr) diskBudget_->enrol(queue);
  return queue;
}

void FlowController::wireComponents(const FlowPlan& plan) {
  MutexLock lock(mutex_);
  const Gates gates = makeGates(plan);
  for (const PlannedComponent& planned : plan.components) {
    Wiring wiring;
    wiring.component = planned.id;
    wiring.componentName = planned.path;
    wiring.flowRevision = revision_;
    wiring.routes = planned.routes;
    wiring.penalty = planned.penalty;
    wiring.yield = planned.yield;
    wiring.retry = planned.retry;
    wiring.budget = diskBudget_;
    if (const auto gate = gates.find(planned.id); gate != gates.end()) wiring.gate = gate->second;
    for (const ConnectionId id : planned.inputs) wiring.inputs.push_back(wires_.at(id).queue);
    for (std::size_t i = 0; i < planned.outputs.size(); ++i) {
      for (const ConnectionId id : planned.outputs[i])
        wiring.routes[i].connections.push_back(wires_.at(id).queue);
    }
    nodes_.at(planned.id).component->wire(std::move(wiring));
  }
  for (const auto& [id, wire] : wires_) wakeOn(wire);
  if (!threads_) return;
  // Whoever waited for FlowFiles may have another connection now, whoever waited for room a larger
  // one or none.
  for (const auto& [id, node] : nodes_) scheduler_.wake(node.component);
}

void FlowController::wakeOn(const Wire& wire) {
  // The queue must not keep the components alive, nor outlive the scheduler with a wake.
  const auto waker = [this](const std::shared_ptr<Component>& component) {
    return [this, weak = std::weak_ptr<Component>(component)] {
      if (const auto alive = weak.lock()) scheduler_.wake(alive);
    };
  };
  const auto& destination = nodes_.at(wire.to).component;
  wire.queue->onPushed(waker(destination));
  wire.queue->onDrained(waker(nodes_.at(wire.from).component));
  wire.queue->setNotifyWhenDurable(destination->descriptor().effect == OutsideEffect::kOutside);
}

}  // namespace millrace::engine
