// SPDX-License-Identifier: Apache-2.0
// Stopping components, and giving up those that do not stop.
#include "engine/control/flow_controller.h"
#include "engine/control/passthrough.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace millrace::engine {
namespace {

/// What threads wait by: not the injected clock, which may stand still.
Nanos steadyNow() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

bool isProcessor(const Component& component) {
  const ProcessorDescriptor* descriptor = &component.descriptor();
  return !isPassthrough(descriptor) && descriptor != &missingDescriptor();
}

}  // namespace

void Component::abandon() {
  state_ = ComponentState::kStopped;
  context_.revoke();
  std::vector<std::shared_ptr<EngineSession>> sessions;
  {
    MutexLock lock(mutex_);
    sessions = active_;
  }
  for (const auto& session : sessions) session->revoke();
  held_->giveBack();
}

std::shared_ptr<Component> Component::successor() const {
  auto next = std::make_shared<Component>(services_, descriptor_, id_, path_, statistics_);
  next->concurrency_ = concurrency_.load();
  next->runsLeft_ = runsLeft_.load();
  next->schedule_ = schedule_;
  next->limits_ = limits_;
  next->context_.adopt(context_);
  next->wire(*context_.wiring());
  return next;
}

bool FlowController::stopComponent(const std::shared_ptr<Component>& component, Nanos patience) {
  scheduler_.remove(component);
  component->beginStop();
  const bool idle = !threads_ || scheduler_.waitIdle(*component, patience);
  if (!idle) {
    bulletins_.raise(BulletinLevel::kError, component->id(), component->path(),
                     "did not stop in time; what it has in hand stays in its queues until it ends "
                     "or is terminated");
    return false;
  }
  component->finishStop();
  return true;
}

std::vector<std::string> FlowController::stop() {
  std::vector<std::shared_ptr<Component>> components;
  {
    MutexLock lock(mutex_);
    for (const auto& [id, node] : nodes_) components.push_back(node.component);
    for (const auto& [id, component] : leaving_) components.push_back(component);
  }
  for (const auto& component : components) {
    scheduler_.remove(component);
    component->beginStop();
  }
  const Nanos end = steadyNow() + options_.stopPatience;
  std::vector<std::string> terminated;
  for (const auto& component : components) {
    if (stopComponent(component, std::max<Nanos>(end - steadyNow(), 0))) continue;
    if (!isProcessor(*component)) continue;  // the engine's own: it ends when the disk lets it
    terminated.push_back(component->path());
    abandon(component);
  }
  if (threads_) scheduler_.stop();
  threads_ = false;
  started_ = false;
  return terminated;
}

Result<> FlowController::terminate(ComponentId id) {
  std::shared_ptr<Component> component;
  {
    MutexLock lock(mutex_);
    if (const auto left = leaving_.find(id); left != leaving_.end()) {
      component = left->second;
    } else if (const auto found = nodes_.find(id); found != nodes_.end()) {
      component = found->second.component;
    }
  }
  if (component == nullptr) return Error::user("there is no processor with that id");
  const std::string& path = component->path();
  if (!isProcessor(*component))
    return Error::user(fmt::format("{} is no processor: only processors can be terminated", path));
  if (component->state() == ComponentState::kRunning)
    return Error::user(fmt::format("{} runs: stop it before terminating it", path));
  if (scheduler_.activeOf(*component) == 0) {
    component->finishStop();  // it came to its end by itself
    return Done{};
  }
  abandon(component);
  return Done{};
}

void FlowController::abandon(const std::shared_ptr<Component>& component) {
  const std::uint32_t threads = scheduler_.abandon(component);
  component->abandon();
  {
    MutexLock lock(mutex_);
    std::erase_if(abandoned_, [](const auto& weak) { return weak.expired(); });
    abandoned_.push_back(component);
    leaving_.erase(component->id());
    const auto found = nodes_.find(component->id());
    if (found != nodes_.end() && found->second.component == component) {
      found->second.component = component->successor();
      letWakeItself(found->second.component);
      found->second.fingerprint.clear();           // the next flow is a change, whatever it says
      scheduler_.remove(found->second.component);  // until it is started
      for (const auto& [id, wire] : wires_) {
        if (wire.from == component->id() || wire.to == component->id()) wakeOn(wire);
      }
    }
  }
  bulletins_.raise(BulletinLevel::kError, component->id(), component->path(),
                   fmt::format("was terminated with {} of its tasks hanging; what they had in hand "
                               "is back in its queues, and they can do nothing more",
                               threads));
  changes_.fetch_add(1);
}

std::vector<std::string> FlowController::hanging() const {
  std::vector<std::string> paths;
  MutexLock lock(mutex_);
  for (const auto& weak : abandoned_) {
    if (const auto component = weak.lock()) paths.push_back(component->path());
  }
  return paths;
}

}  // namespace millrace::engine
