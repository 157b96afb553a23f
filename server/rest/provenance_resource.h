// SPDX-License-Identifier: Apache-2.0
#pragma once
// /api/v1/provenance, /api/v1/lineage: what happened to FlowFiles: searched, looked at with
// contents before and after, as a graph, and replayed. Ownership: the parts outlive the router.
// Threads: any.

#include "engine/control/flow_controller.h"
#include "engine/ports/provenance_repository.h"
#include "engine/session/store.h"
#include "server/http/router.h"

#include <functional>
#include <string>

namespace millrace::server {

/// What components and connections are called, those that are gone included.
struct KnownNames {
  std::function<std::string(ComponentId)> component;
  std::function<std::string(ComponentId)> type;
  std::function<std::string(ConnectionId)> connection;
};

struct ProvenanceParts {
  ProvenanceRepository* events = nullptr;  ///< null: none is kept
  engine::FlowController& controller;
  engine::Store& store;
  /// Read once a request: they change with the flow.
  std::function<Result<KnownNames>()> names;
  /// Waits until what is durable now can be searched; false: not within the patience.
  std::function<bool(Nanos patience)> catchUp;
};

void addProvenanceRoutes(Router& router, ProvenanceParts parts);

}  // namespace millrace::server
