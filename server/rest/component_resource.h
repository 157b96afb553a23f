// SPDX-License-Identifier: Apache-2.0
#pragma once
// What components keep beside FlowFiles, and queues that lost their connection: /api/v1/components
// (state, verify), /api/v1/counters, /api/v1/parked. Ownership: the parts outlive the router.
// Threads: any.

#include "engine/control/flow_controller.h"
#include "engine/session/store.h"
#include "server/flow_store/edited_flow.h"
#include "server/http/router.h"

#include <functional>
#include <string>

namespace millrace::server {

struct ComponentParts {
  EditedFlow& flow;
  engine::FlowController& controller;
  engine::Store& store;
  std::function<flow::Findings(const flow::Flow&)> check;
  NamesService namesService;
  /// What a connection that is gone was called.
  std::function<std::string(ConnectionId)> goneName;
};

void addComponentRoutes(Router& router, ComponentParts parts);

}  // namespace millrace::server
