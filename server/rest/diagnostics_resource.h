// SPDX-License-Identifier: Apache-2.0
#pragma once
// GET /api/v1/diagnostics: how the server is. Threads: any.

#include "server/flow_store/flow_json.h"
#include "server/http/router.h"

#include <functional>

namespace millrace::server {

/// `find`: what there is to say now, as the description of the interface has it.
void addDiagnosticsRoute(Router& router, std::function<Json()> find);

}  // namespace millrace::server
