// SPDX-License-Identifier: Apache-2.0
// How long FlowFiles wait for a component and how long it takes: noted by its sessions, told by the
// controller.
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
    result.push_back({node.component->id(), s.queueing.figures(now), s.processing.figures(now)});
  }
  return result;
}

}  // namespace millrace::engine
