// SPDX-License-Identifier: Apache-2.0
#pragma once
// /api/v1/flow, /api/v1/changes, /api/v1/validate: the flow, and how it is changed. Ownership: the
// parts outlive the router. Threads: any.

#include "server/flow_store/edited_flow.h"
#include "server/http/router.h"

#include <functional>

namespace millrace::server {

struct FlowParts {
  EditedFlow& flow;
  std::function<flow::Findings(const flow::Flow&)> check;
};

void addFlowRoutes(Router& router, FlowParts parts);

}  // namespace millrace::server
