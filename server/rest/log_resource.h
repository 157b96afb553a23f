// SPDX-License-Identifier: Apache-2.0
#pragma once
// /api/v1/log: the topics of the log, their records page by page, and the groups that read them.
// What records say is people's data: looking into them asks for the role that looking into
// FlowFiles does. Ownership: the log outlives the router. Threads: any.

#include "log-backend/browse/log_overview.h"
#include "server/http/router.h"

namespace millrace::server {

/// `log` null: the server has none, and each answer says so.
void addLogRoutes(Router& router, const log::LogOverview* log);

}  // namespace millrace::server
