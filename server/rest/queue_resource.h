// SPDX-License-Identifier: Apache-2.0
#pragma once
// /api/v1/connections/{id}: what waits in a connection: listed at any depth without stopping it,
// filtered by an expression, looked at, downloaded, edited, moved, dropped. Ownership: the parts
// outlive the router. Threads: any.

#include "engine/control/flow_controller.h"
#include "engine/expression/evaluation.h"
#include "engine/session/store.h"
#include "server/http/router.h"

namespace millrace::server {

struct QueueParts {
  engine::FlowController& controller;
  engine::Store& store;
  const expression::EvaluationEnvironment& expressions;
};

void addQueueRoutes(Router& router, QueueParts parts);

}  // namespace millrace::server
