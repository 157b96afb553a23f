// SPDX-License-Identifier: Apache-2.0
#pragma once
// /api/v1/connections/{id}: what waits in a connection: listed without stopping it, looked at,
// downloaded, dropped. Ownership: the parts outlive the router. Threads: any.

#include "engine/control/flow_controller.h"
#include "engine/session/store.h"
#include "server/http/router.h"

namespace millrace::server {

struct QueueParts {
  engine::FlowController& controller;
  engine::Store& store;
};

void addQueueRoutes(Router& router, QueueParts parts);

}  // namespace millrace::server
