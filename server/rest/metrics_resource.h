// SPDX-License-Identifier: Apache-2.0
#pragma once
// GET /metrics: counters since the start and what waits now, in Prometheus' text format 0.0.4.
// Ownership: the controller outlives the router. Threads: any.

#include "engine/control/flow_controller.h"
#include "server/http/router.h"

namespace millrace::server {

void addMetricsRoute(Router& router, const engine::FlowController& controller);

}  // namespace millrace::server
