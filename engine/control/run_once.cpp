// SPDX-License-Identifier: Apache-2.0
// One trigger of a component that is otherwise stopped. The workers make it, not the caller: what
// hangs can be terminated like any other.
#include "engine/control/flow_controller.h"

#include <fmt/format.h>

#include <chrono>

namespace millrace::engine {

Result<bool> Component::beginOnce() {
  MR_TRY(start());
  if (isReady(services_.world.clock.monotonic())) {
    once_ = Once::kDue;
    return true;
  }
  beginStop();
  finishStop();
  return false;
}

/// False for a slice that begins when the one trigger is another's already.
bool Component::takeOnce() {
  if (once_ == Once::kNo) return true;
  Once due = Once::kDue;
  return once_.compare_exchange_strong(due, Once::kBegun);
}

void Component::endOnce() {
  Once begun = Once::kBegun;
  if (!once_.compare_exchange_strong(begun, Once::kMade)) return;
  MutexLock lock(mutex_);
  onceMade_.notifyAll();
}

bool Component::waitOnce(Nanos atMost) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(atMost);
  MutexLock lock(mutex_);
  while (once_ != Once::kMade) {
    const auto left = end - std::chrono::steady_clock::now();
    if (left <= std::chrono::nanoseconds(0)) return false;
    onceMade_.waitFor(mutex_, left);
  }
  return true;
}

Result<bool> FlowController::runOnce(ComponentId id) {
  Node node;
  {
    MutexLock lock(mutex_);
    const auto found = nodes_.find(id);
    if (found == nodes_.end())
      return Error::user("there is no such component; read the flow again");
    node = found->second;
  }
  const auto& component = node.component;
  const std::string& path = component->path();
  if (!node.invalid.empty())
    return Error::user(fmt::format("{} cannot run: {}", path, node.invalid));
  // One that did not stop in time may have ended since.
  if (scheduler_.activeOf(*component) == 0) component->finishStop();
  if (component->state() != ComponentState::kStopped)
    return Error::user(fmt::format("{} is not stopped; stop it first", path));
  if (!MR_TRY(component->beginOnce())) return false;
  bool made = true;
  if (threads_) {
    scheduler_.restore(component);
    made = component->waitOnce(options_.stopPatience);
  } else {
    component->runSlice();
  }
  if (stopComponent(component, made ? options_.stopPatience : 0)) return made;
  {
    MutexLock lock(mutex_);  // so that the next change of the flow sees to it again
    const auto found = nodes_.find(id);
    if (found != nodes_.end() && found->second.component == component)
      found->second.fingerprint.clear();
  }
  return Error::environment(fmt::format(
      "{} is busy with its one trigger for long; wait for its end, or terminate it", path));
}

}  // namespace millrace::engine
