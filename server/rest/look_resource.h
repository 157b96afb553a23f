// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is only looked at: /api/v1/status, /events, /bulletins, /processors, /services, /expression,
// and /healthz, /readyz. Ownership: the parts outlive the router. Threads: any.

#include "engine/control/flow_controller.h"
#include "engine/expression/evaluation.h"
#include "server/http/router.h"
#include "server/rest/event_hub.h"
#include "server/rest/status_book.h"

#include <functional>

namespace millrace::server {

struct LookParts {
  EditedFlow& flow;
  StatusBook& status;
  EventHub& events;
  engine::FlowController& controller;
  const expression::EvaluationEnvironment& expressions;
  std::function<bool()> healthy;  ///< the disk can be written
};

void addLookRoutes(Router& router, LookParts parts);

}  // namespace millrace::server
