// SPDX-License-Identifier: Apache-2.0
#include "server/rest/diagnostics_resource.h"

#include "server/rest/json_body.h"

#include <nlohmann/json.hpp>

namespace millrace::server {

void addDiagnosticsRoute(Router& router, std::function<Json()> find) {
  router.add(HttpMethod::kGet, "/api/v1/diagnostics",
             [find = std::move(find)](const RoutedRequest&) { return jsonResponse(find()); });
}

}  // namespace millrace::server
