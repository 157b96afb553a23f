// SPDX-License-Identifier: Apache-2.0
#include "engine/control/flow_controller.h"

#include "engine/control/connection_keys.h"
#include "engine/control/passthrough.h"
#include "engine/control/topic_wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace millrace::engine {

FlowController::FlowController(Store& store, World world, FindProcessorType findType,
                               FindServiceType findService, ControllerOptions options)
    : store_(store),
      world_(world),
      findType_(std::move(findType)),
      options_(std::move(options)),
      bulletins_(world.clock, options_.onRemark),
      queueMemory_(makeQueueMemory()),
      diskBudget_(options_.diskBudget.bytes == 0
                      ? nullptr
                      : std::make_shared<DiskBudget>(options_.diskBudget)),
      services_(world, store, bulletins_, std::move(findService)),
      scheduler_(world.clock, options_.scheduler) {}

FlowController::~FlowController() { stop(); }

std::shared_ptr<QueueMemory> FlowController::makeQueueMemory() {
  if (store_.pages == nullptr) return nullptr;
  QueueMemory::Options options = options_.queueMemory;
  options.onCannotWrite = [this](const Error& error) {
    bulletins_.raise(BulletinLevel::kWarn, ComponentId(), "",
                     "queued FlowFiles stay in memory beyond the budget, since they cannot be "
                     "written: " +
                         error.message);
  };
  options.onLost = [this](const Error& error) {
    bulletins_.raise(BulletinLevel::kError, ComponentId(), "", error.message);
    if (options_.queueMemory.onLost) options_.queueMemory.onLost(error);
  };
  return std::make_shared<QueueMemory>(store_.pages, std::move(options));
}

Result<> FlowController::startComponent(const Node& node) {
  auto started = node.component->start();
  {
    MutexLock lock(mutex_);
    if (const auto found = nodes_.find(node.component->id()); found != nodes_.end())
      found->second.startProblem = started.ok() ? std::string() : started.error().message;
  }
  if (!started.ok()) {
    bulletins_.raise(BulletinLevel::kError, node.component->id(), node.component->path(),
                     started.error().message);
    return started;
  }
  scheduler_.restore(node.component);
  return Done{};
}

Result<> FlowController::apply(const flow::Flow& given) {
  const std::optional<flow::Flow> drawn = withTopicWires(given);
  const flow::Flow& flow = drawn ? *drawn : given;
  FlowPlan plan = MR_TRY(planFlow(flow, findType_, options_.parameters, options_.incomplete));
  MR_TRY(refuseOrStop(services_.check(flow, findType_, options_.parameters), plan));
  MR_TRY(services_.apply(flow, options_.parameters, options_.incomplete));
  for (PlannedComponent& component : plan.components) restartWithServices(component);
  ++revision_;
  for (const auto& [group, cap] : plan.caps) {
    if (!limits_.contains(group)) limits_[group] = std::make_shared<TaskLimit>(cap);
  }
  removeGone(plan);
  makeQueues(plan);
  const std::vector<ComponentId> restart = makeComponents(plan);
  wireComponents(plan);
  services_.disableReplaced();
  Result<> first = Done{};
  if (started_) {
    for (const ComponentId id : restart) {
      Node node;
      {
        MutexLock lock(mutex_);
        node = nodes_.at(id);
      }
      if (!node.shouldRun) continue;
      auto started = startComponent(node);
      if (!started.ok() && first.ok()) first = std::move(started);
    }
  }
  changes_.fetch_add(1);
  return first;
}

/// What names a service that it cannot have makes the flow refused, or is kept stopped.
Result<> FlowController::refuseOrStop(const std::vector<ServiceProblem>& problems,
                                      FlowPlan& plan) const {
  std::string lines;
  for (const ServiceProblem& problem : problems) {
    lines += fmt::format("{}{}: {}", lines.empty() ? "" : "\n", problem.path, problem.text);
    if (options_.incomplete != Incomplete::kKeep) continue;
    for (PlannedComponent& component : plan.components) {
      if (component.path != problem.path) continue;
      component.problem += (component.problem.empty() ? "" : "\n") + problem.text;
      component.shouldRun = false;
    }
  }
  if (lines.empty() || options_.incomplete == Incomplete::kKeep) return Done{};
  return Error::user(lines);
}

/// Who uses a service that was replaced starts anew, with the one that took its place.
void FlowController::restartWithServices(PlannedComponent& component) const {
  for (const PropertyInfo* info : component.descriptor->properties) {
    if (info->kind != PropertyKind::kService) continue;
    const ConfiguredProperty& property = component.configuration->property(*info);
    if (!property.isSet()) continue;
    const ControllerService* service = services_.find(component.groupPath, property.text());
    component.fingerprint += fmt::format("\n{}", static_cast<const void*>(service));
  }
}

void FlowController::removeGone(const FlowPlan& plan) {
  std::set<ComponentId> components;
  std::set<ConnectionId> connections;
  for (const PlannedComponent& planned : plan.components) components.insert(planned.id);
  for (const PlannedConnection& planned : plan.connections) connections.insert(planned.id);
  std::vector<std::shared_ptr<Component>> gone;
  {
    MutexLock lock(mutex_);
    for (const auto& [id, node] : nodes_) {
      if (!components.contains(id)) gone.push_back(node.component);
    }
  }
  std::vector<std::shared_ptr<Component>> stuck;
  {
    MutexLock lock(mutex_);
    std::erase_if(leaving_, [this](const auto& entry) {
      const bool ended = scheduler_.activeOf(*entry.second) == 0;
      if (ended) entry.second->finishStop();
      return ended;
    });
  }
  for (const auto& component : gone) {
    if (!stopComponent(component, options_.stopPatience)) stuck.push_back(component);
  }
  MutexLock lock(mutex_);
  for (const auto& component : gone) nodes_.erase(component->id());
  for (const auto& component : stuck) leaving_[component->id()] = component;
  for (auto at = wires_.begin(); at != wires_.end();) {
    if (connections.contains(at->first)) {
      ++at;
      continue;
    }
    // A slice that began with the old wiring may still put something here, so it is kept whatever
    // it holds now.
    at->second.queue->onPushed({});
    at->second.queue->onDrained({});
    at->second.queue->onEmptied({});
    parked_[at->first] = at->second.queue;
    at = wires_.erase(at);
  }
}

void FlowController::makeQueues(const FlowPlan& plan) {
  MutexLock lock(mutex_);
  for (const PlannedConnection& planned : plan.connections) {
    auto found = wires_.find(planned.id);
    if (found == wires_.end()) {
      std::shared_ptr<FlowFileQueue> queue;
      if (const auto parked = parked_.find(planned.id); parked != parked_.end()) {
        queue = parked->second;  // the connection came back: so does what lay in it
        parked_.erase(parked);
      } else {
        queue = makeQueue(planned.id, planned.path, planned.settings);
      }
      found = wires_.emplace(planned.id, Wire{std::move(queue), planned.from, planned.to}).first;
    }
    found->second.from = planned.from;
    found->second.to = planned.to;
    QueueSettings settings = planned.settings;
    settings.keyOf = keyOf(planned.keyedBy, world_.expressions, store_.id);
    found->second.queue->change(std::move(settings));
  }
}

/// Makes what is new, reconfigures what changed; returns whom to start again.
std::vector<ComponentId> FlowController::makeComponents(const FlowPlan& plan) {
  std::vector<ComponentId> restart;
  std::size_t position = 0;
  for (const PlannedComponent& planned : plan.components) {
    ++position;
    Node node;
    {
      MutexLock lock(mutex_);
      if (const auto found = nodes_.find(planned.id); found != nodes_.end()) node = found->second;
    }
    const bool isNew =
        node.component == nullptr || &node.component->descriptor() != planned.descriptor;
    const bool changed = isNew || node.fingerprint != planned.fingerprint ||
                         node.shouldRun != planned.shouldRun || node.disabled != planned.disabled;
    if (!changed) {
      MutexLock lock(mutex_);
      Node& same = nodes_.at(planned.id);
      same.position = position;
      same.invalid = planned.problem;
      same.access = planned.access;
      same.isOpen = planned.isOpen;
      continue;
    }
    // One that does not stop keeps its old configuration; the bulletin said so.
    if (node.component != nullptr && !stopComponent(node.component, options_.stopPatience))
      continue;
    if (isNew) {
      node.component =
          std::make_shared<Component>(ComponentServices{store_, world_, bulletins_, changes_},
                                      *planned.descriptor, planned.id, planned.path);
      scheduler_.remove(node.component);  // until it is started
    }
    Component& component = *node.component;
    component.configure(planned.configuration);
    component.schedule(planned.schedule);
    component.context().setBulletinLevel(planned.bulletinLevel);
    letWakeItself(node.component);
    component.context().setServices([this, group = planned.groupPath](std::string_view name) {
      return services_.find(group, name);
    });
    std::vector<std::shared_ptr<TaskLimit>> limits;
    for (const flow::ElementId group : planned.cappedGroups) limits.push_back(limits_.at(group));
    component.setLimits(std::move(limits));
    if (planned.disabled) {
      component.disable();
    } else {
      component.enable();
    }
    node.disabled = planned.disabled;
    node.access = planned.access;
    node.isOpen = planned.isOpen;
    node.invalid = planned.problem;
    node.startProblem.clear();
    node.position = position;
    node.fingerprint = planned.fingerprint;
    node.shouldRun = planned.shouldRun;
    MutexLock lock(mutex_);
    nodes_[planned.id] = node;
    restart.push_back(planned.id);
  }
  return restart;
}

void FlowController::restoreQueue(ConnectionId id, std::vector<RestoredBatch> batches) {
  std::shared_ptr<FlowFileQueue> queue;
  {
    MutexLock lock(mutex_);
    if (const auto found = wires_.find(id); found != wires_.end()) {
      queue = found->second.queue;
    } else {
      auto& parked = parked_[id];
      if (parked == nullptr) {
        parked = makeQueue(id, fmt::format("a connection that is gone ({:x})", id.raw()), {});
      }
      queue = parked;
    }
  }
  queue->restore(std::move(batches));
}

void FlowController::letWakeItself(const std::shared_ptr<Component>& component) {
  component->onWake([this, weak = std::weak_ptr<Component>(component)] {
    if (const auto alive = weak.lock()) scheduler_.wake(alive);
  });
}

Result<> FlowController::startComponents() {
  std::vector<Node> nodes;
  {
    MutexLock lock(mutex_);
    for (const auto& [id, node] : nodes_) nodes.push_back(node);
  }
  started_ = true;
  Result<> first = Done{};
  for (const Node& node : nodes) {
    if (!node.shouldRun) continue;
    auto started = startComponent(node);
    if (!started.ok() && first.ok()) first = std::move(started);
  }
  return first;
}

Result<> FlowController::start() {
  auto started = startComponents();
  threads_ = true;
  scheduler_.start();
  return started;
}

Result<> FlowController::startAgain(ComponentId id) {
  Node node;
  {
    MutexLock lock(mutex_);
    const auto found = nodes_.find(id);
    if (found == nodes_.end() || !found->second.shouldRun || !started_) return Done{};
    node = found->second;
  }
  if (node.component->state() != ComponentState::kStopped) return Done{};
  return startComponent(node);
}

std::shared_ptr<FlowFileQueue> FlowController::queue(ConnectionId id) const {
  MutexLock lock(mutex_);
  const auto found = wires_.find(id);
  return found == wires_.end() ? nullptr : found->second.queue;
}

std::shared_ptr<FlowFileQueue> FlowController::parked(ConnectionId id) const {
  MutexLock lock(mutex_);
  const auto found = parked_.find(id);
  return found == parked_.end() ? nullptr : found->second;
}

bool FlowController::isIdle() const {
  const std::uint64_t before = changes_.load();
  if (!scheduler_.isQuiet()) return false;
  {
    MutexLock lock(mutex_);
    // What waits before a port or funnel that does not run waits for a change, not for time.
    const auto leadsOn = [this](const Wire& wire) MR_REQUIRES(mutex_) {
      const auto to = nodes_.find(wire.to);
      return to == nodes_.end() || to->second.shouldRun ||
             !isPassthrough(&to->second.component->descriptor());
    };
    for (const auto& [id, wire] : wires_) {
      if (!wire.queue->isEmpty() && leadsOn(wire)) return false;
    }
    for (const auto& [id, node] : nodes_) {
      const Component& component = *node.component;
      if (component.state() != ComponentState::kRunning) continue;
      if (component.heldCount() > 0) return false;
      if (component.isSource() && component.descriptor().input != InputRequirement::kRequired &&
          !component.isExhausted()) {
        // Nobody else would make it look after the last change.
        if (component.descriptor().wakesItself && !component.isEndless()) {
          node.component->context().wake();
        } else {
          node.component->lookAgain(before);
        }
        return false;
      }
    }
  }
  return scheduler_.isQuiet() && changes_.load() == before;
}

std::vector<std::string> FlowController::endlessSources() const {
  std::vector<std::string> result;
  MutexLock lock(mutex_);
  for (const auto& [id, node] : nodes_) {
    if (node.shouldRun && node.component->isEndless()) result.push_back(node.component->path());
  }
  return result;
}

ComponentState FlowController::stateOf(const Node& node) const {
  const bool gives = node.access == PublicAccess::kGives && isServing(node);
  return gives ? ComponentState::kRunning : node.component->state();
}

std::vector<ComponentSnapshot> FlowController::components() const {
  MutexLock lock(mutex_);
  std::vector<const Node*> ordered;
  for (const auto& [id, node] : nodes_) ordered.push_back(&node);
  std::sort(ordered.begin(), ordered.end(),
            [](const Node* a, const Node* b) { return a->position < b->position; });
  std::vector<ComponentSnapshot> result;
  for (const Node* node : ordered) {
    const Component& component = *node->component;
    const ComponentStatistics& s = component.statistics();
    result.push_back({component.id(), component.path(), component.descriptor().type, stateOf(*node),
                      s.in.load(), s.inBytes.load(), s.out.load(), s.outBytes.load(),
                      s.removed.load(), s.triggers.load(), s.slices.load(), s.failures.load(),
                      s.bytesRead.load(), s.bytesWritten.load(), s.busy.load(),
                      scheduler_.activeOf(component), node->invalid, node->startProblem});
  }
  return result;
}

std::vector<ConnectionSnapshot> FlowController::connections() const {
  MutexLock lock(mutex_);
  std::vector<ConnectionSnapshot> result;
  for (const auto& [id, wire] : wires_)
    result.push_back({id, wire.queue->name(), wire.queue->status(), false});
  for (const auto& [id, queue] : parked_) {
    if (!queue->isEmpty()) result.push_back({id, queue->name(), queue->status(), true});
  }
  return result;
}

}  // namespace millrace::engine
