// SPDX-License-Identifier: Apache-2.0
#pragma once
// /api/v1/logging: how the server's own log is, and its levels, which hold until the server ends.
// Threads: any.

#include "server/http/router.h"
#include "server/logging/log_book.h"

#include <functional>
#include <string_view>

namespace millrace::server {

/// `log`: outlives the router; null: what is said is not written (404). `isType`: of a processor or
/// service.
void addLoggingRoutes(Router& router, LogBook* log, std::function<bool(std::string_view)> isType);

}  // namespace millrace::server
