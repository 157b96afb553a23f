// SPDX-License-Identifier: Apache-2.0
#pragma once
// The description of the interface (OpenAPI 3.0): openapi.json, which the build puts into the
// program, and the address that serves it. Threads: any.

#include "server/http/router.h"

#include <string_view>

namespace millrace::server {

/// The text of openapi.json.
std::string_view openApiText();

void addOpenApiRoute(Router& router);

}  // namespace millrace::server
