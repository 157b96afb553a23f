// SPDX-License-Identifier: Apache-2.0
#pragma once
// Public ports: ports of a flow that other programs may use (`remote-access`). An input port takes
// what they bring, and hands on what comes to it from around its group; an output port hands
// nothing on by itself: what comes to it waits until a client fetches it.
//
// PortVisit: one transaction of a client, as a session of the port. Promise: nothing of it happened
// unless commit() succeeded, and then it is durable. An output port shows durable FlowFiles alone.
// Ownership: the controller outlives every visit, and every visit ends before the controller's
// stop(). Threads: one.

#include "engine/control/component.h"
#include "engine/flow/elements.h"

#include <memory>
#include <string>

namespace millrace::engine {

struct PlannedComponent;

enum class PublicAccess : std::uint8_t { kNone, kTakes, kGives };

struct PublicPort {
  ComponentId id;
  std::string path;
  PublicAccess access = PublicAccess::kTakes;
  bool running = false;
  bool full = false;  ///< of one that takes: a connection behind it is at its threshold
};

class PortVisit {
 public:
  PortVisit(std::shared_ptr<Component> port, PublicAccess access, Store& store);
  ~PortVisit();
  PortVisit(const PortVisit&) = delete;
  PortVisit& operator=(const PortVisit&) = delete;

  ProcessSession& session() { return session_; }
  /// Where what is brought goes.
  static constexpr RelationshipIndex kOnwards{0};
  /// The visit is over.
  Result<> commit();
  bool hasRoom() const;

 private:
  const std::shared_ptr<Component> port_;  // an edit may remove it meanwhile
  Store& store_;
  std::shared_ptr<const Wiring> wiring_;
  EngineSession session_;
  bool open_ = true;
};

/// What a port of the flow is planned as. The text says why it cannot be; empty: it can.
std::string planPort(const flow::Port& port, flow::ElementKind kind, bool gated,
                     PlannedComponent& planned);

}  // namespace millrace::engine
