// SPDX-License-Identifier: Apache-2.0
#pragma once
// POST /api/v1/actions: starts, stops, enables and disables components, by changing the flow;
// runs one once; terminates what does not stop. A group stands for all that is inside. Ownership:
// the parts outlive the router. Threads: any.

#include "engine/control/flow_controller.h"
#include "server/flow_store/edited_flow.h"
#include "server/http/router.h"

namespace millrace::server {

struct ActionParts {
  EditedFlow& flow;
  engine::FlowController& controller;
};

void addActionRoutes(Router& router, ActionParts parts);

}  // namespace millrace::server
