// SPDX-License-Identifier: Apache-2.0
#include "server/rest/openapi.h"

namespace millrace::server {

void addOpenApiRoute(Router& router) {
  router.add(HttpMethod::kGet, "/api/openapi.json",
             [](const RoutedRequest&) { return HttpResponse::json(std::string(openApiText())); });
}

}  // namespace millrace::server
