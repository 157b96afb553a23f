// SPDX-License-Identifier: Apache-2.0
#pragma once
// GET /metrics: counters since the start, what waits now, how far the log and its readers are, and
// how the server's own log is, in Prometheus' text format 0.0.4. Ownership: controller, log and
// book outlive the router.
// Threads: any.

#include "engine/control/flow_controller.h"
#include "log-backend/browse/log_overview.h"
#include "server/http/router.h"
#include "server/logging/log_book.h"

namespace millrace::server {

/// `log`, `said` null: there is none.
void addMetricsRoute(Router& router, const engine::FlowController& controller,
                     const log::LogOverview* log, const LogBook* said);

}  // namespace millrace::server
