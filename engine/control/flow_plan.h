// SPDX-License-Identifier: Apache-2.0
#pragma once
// FlowPlan: a flow graph with everything looked up, compiled and checked, and nothing running yet.
// Ownership: views the flow that it was made from.

#include "engine/control/component.h"
#include "engine/control/configuration.h"
#include "engine/control/parameter_lookup.h"
#include "engine/control/public_port.h"
#include "engine/flow/flow.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace::engine {

struct PlannedComponent {
  ComponentId id;
  std::string path;
  std::string groupPath;
  const ProcessorDescriptor* descriptor = nullptr;
  std::shared_ptr<const Configuration> configuration;
  Schedule schedule;
  std::vector<Route> routes;                       // without connections
  std::vector<std::vector<ConnectionId>> outputs;  // of each route
  std::vector<ConnectionId> inputs;
  RetryPolicy retry;
  Nanos penalty = 30 * kSecond;
  Nanos yield = kSecond;
  BulletinLevel bulletinLevel = BulletinLevel::kWarn;
  std::vector<flow::ElementId> cappedGroups;  // innermost first
  bool shouldRun = true;
  bool disabled = false;
  PublicAccess access = PublicAccess::kNone;
  bool isOpen = false;      // of a public port: clients may use it
  std::string fingerprint;  // of all that cannot change under running slices
  /// Why it cannot run, a line for each reason; empty: it can. Only with Incomplete::kKeep.
  std::string problem;
};

struct PlannedConnection {
  ConnectionId id;
  std::string path;
  QueueSettings settings;  // without keyOf
  std::shared_ptr<const expression::CompiledExpression> keyedBy;  // null: no keys
  ComponentId from;
  ComponentId to;
};

/// A group that limits what goes in or out.
struct PlannedGate {
  flow::FlowFileConcurrency concurrency = flow::FlowFileConcurrency::kUnbounded;
  flow::OutboundPolicy outbound = flow::OutboundPolicy::kStream;
  std::vector<ComponentId> inputPorts;
  std::map<std::string, ComponentId> outputPorts;
  std::vector<ConnectionId> inside;  ///< in the group or in one of its groups
};

struct FlowPlan {
  std::vector<PlannedComponent> components;
  std::vector<PlannedGate> gates;
  std::vector<PlannedConnection> connections;
  std::map<flow::ElementId, std::uint32_t>
      caps;  ///< most concurrent tasks of groups that have a cap
};

using FindProcessorType = std::function<const ProcessorDescriptor*(std::string_view type)>;

BulletinLevel bulletinLevelOf(flow::BulletinLevel level);
Prioritizer prioritizerOf(flow::Prioritizer prioritizer);
WhenFull whenFullOf(flow::WhenFull whenFull);

/// What becomes of a flow in which some component cannot run.
enum class Incomplete : bool {
  kRefuse,  ///< the whole flow is refused
  kKeep,    ///< the component is there with its queues, stopped, and says why; the others run
};

/// The Error has one line for each component or connection that cannot be.
Result<FlowPlan> planFlow(const flow::Flow& flow, const FindProcessorType& findType,
                          const ParameterOverrides& overrides,
                          Incomplete incomplete = Incomplete::kRefuse);

}  // namespace millrace::engine
