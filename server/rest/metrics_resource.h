// SPDX-License-Identifier: Apache-2.0
#pragma once
// GET /metrics: counters since the start, what waits now, and how far the log and its readers are,
// in Prometheus' text format 0.0.4. Ownership: the controller and the log outlive the router.
// Threads: any.

#include "engine/control/flow_controller.h"
#include "log-backend/browse/log_overview.h"
#include "server/http/router.h"

namespace millrace::server {

/// `log` null: there is none.
void addMetricsRoute(Router& router, const engine::FlowController& controller,
                     const log::LogOverview* log);

}  // namespace millrace::server
