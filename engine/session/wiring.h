// SPDX-License-Identifier: Apache-2.0
#pragma once
// Wiring: where the FlowFiles of one component come from and go to. Immutable: a live edit makes
// another one, which the next slice of the component picks up.

#include "engine/base/clock.h"
#include "engine/connection/flowfile_queue.h"
#include "engine/processor/relationship.h"
#include "engine/session/port_gate.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::engine {

class HeldFlowFiles;

/// What the engine does with FlowFiles that go to a retried relationship.
struct RetryPolicy {
  enum class Backoff : std::uint8_t { kPenalize, kYield };
  std::uint32_t count = 10;
  Backoff backoff = Backoff::kPenalize;
  Nanos maxBackoff = 10 * kMinute;
};

struct Route {
  std::string relationship;
  const Relationship* declared = nullptr;  ///< null for one that a dynamic property made
  std::vector<std::shared_ptr<FlowFileQueue>> connections;
  bool autoTerminated = false;
  bool retried = false;
};

struct Wiring {
  ComponentId component;
  std::string componentName;
  std::uint64_t flowRevision = 0;
  std::vector<std::shared_ptr<FlowFileQueue>> inputs;
  std::vector<Route> routes;  ///< a RelationshipIndex is a position here
  Nanos penalty = 30 * kSecond;
  Nanos yield = kSecond;
  RetryPolicy retry;
  /// Of a port whose group limits what goes in or out; null for everybody else.
  std::shared_ptr<PortGate> gate;
  /// The FlowFiles that the component holds across triggers; shared by all its wirings. May be
  /// null.
  std::shared_ptr<HeldFlowFiles> held;
  /// What all queues share; null: nothing bounds them together, or this session.
  std::shared_ptr<DiskBudget> budget;

  std::optional<RelationshipIndex> find(std::string_view name) const {
    for (std::size_t i = 0; i < routes.size(); ++i) {
      if (routes[i].relationship == name) return RelationshipIndex{static_cast<std::uint16_t>(i)};
    }
    return std::nullopt;
  }
  std::optional<RelationshipIndex> find(const Relationship& declared) const {
    for (std::size_t i = 0; i < routes.size(); ++i) {
      if (routes[i].declared == &declared) return RelationshipIndex{static_cast<std::uint16_t>(i)};
    }
    return std::nullopt;
  }
  bool hasRetry() const {
    for (const Route& route : routes) {
      if (route.retried) return true;
    }
    return false;
  }
};

}  // namespace millrace::engine
