// SPDX-License-Identifier: Apache-2.0
// What components do and queues hold, in figures alone, and how long FlowFiles wait for a component
// and it takes: noted by its sessions, told by the controller.
#include "engine/control/flow_controller.h"

#include <algorithm>

namespace millrace::engine {

void Component::noteLatency(const SliceResult& result, Nanos begun, Nanos now) {
  if (result.lsn.raw() == 0) return;
  constexpr std::uint64_t kMost = 1'000'000;
  const Nanos took = now - begun;
  statistics_->processing.add(
      now, took, static_cast<std::uint32_t>(std::clamp<std::uint64_t>(result.in, 1, kMost)));
  if (result.waited >= 0)
    statistics_->queueing.add(now, std::max<Nanos>(0, result.waited * kMillisecond - took));
}

std::vector<ComponentLatencies> FlowController::latencies() const {
  const Nanos now = world_.clock.monotonic();
  MutexLock lock(mutex_);
  std::vector<ComponentLatencies> result;
  for (const auto& [id, node] : nodes_) {
    const ComponentStatistics& s = node.component->statistics();
    result.push_back({node.component->id(), s.queueingLook.at(s.queueing, now),
                      s.processingLook.at(s.processing, now)});
  }
  return result;
}

std::vector<ComponentFigures> FlowController::figures() const {
  const Nanos now = world_.clock.monotonic();
  MutexLock lock(mutex_);
  std::vector<ComponentFigures> result;
  result.reserve(nodes_.size());
  for (const auto& [id, node] : nodes_) {
    const Component& component = *node.component;
    const ComponentStatistics& s = component.statistics();
    result.push_back({id,
                      stateOf(node),
                      {s.in.load(), s.out.load(), s.inBytes.load(), s.outBytes.load(),
                       s.bytesRead.load(), s.bytesWritten.load(), s.triggers.load(), s.busy.load()},
                      scheduler_.activeOf(component),
                      s.queueingLook.at(s.queueing, now),
                      s.processingLook.at(s.processing, now),
                      node.invalid,
                      node.startProblem});
  }
  return result;
}

std::vector<ConnectionFigures> FlowController::queues() const {
  MutexLock lock(mutex_);
  std::vector<ConnectionFigures> result;
  result.reserve(wires_.size());
  const auto add = [&result](const auto& id, const FlowFileQueue& queue) {
    result.push_back({id, queue.status()});
  };
  auto parked = parked_.begin();
  for (const auto& [id, wire] : wires_) {
    for (; parked != parked_.end() && parked->first < id; ++parked)
      add(parked->first, *parked->second);
    add(id, *wire.queue);
  }
  for (; parked != parked_.end(); ++parked) add(parked->first, *parked->second);
  return result;
}

}  // namespace millrace::engine
