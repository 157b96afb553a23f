// SPDX-License-Identifier: Apache-2.0
#pragma once
// Agents, for people: /api/v1/agents, /api/v1/agent-classes, /api/v1/agent-deployments and
// /api/v1/agent-enrolments. Without a registry (a server that serves no agents) each answers 404.
// Ownership: the registry outlives the router. Threads: any.

#include "server/agents/agent_registry.h"
#include "server/http/router.h"

namespace millrace::server {

void addAgentRoutes(Router& router, AgentRegistry* registry);

}  // namespace millrace::server
