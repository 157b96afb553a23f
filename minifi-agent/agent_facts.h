// SPDX-License-Identifier: Apache-2.0
#pragma once
// What runs in an agent, as its heartbeats tell it. Threads: any, while the host is there.

#include "minifi-agent/agent_host.h"
#include "minifi-agent/c2/c2_message.h"

#include <cstdint>
#include <string>
#include <vector>

namespace millrace::agent {

/// The id of a component or connection, written as the server's interface writes it.
std::string idText(std::uint64_t id);

/// Components, queues, and whether anything runs.
HeartbeatFacts flowFacts(AgentHost& host);
/// The first `most` of those after `after`.
std::vector<BulletinFacts> bulletinFacts(AgentHost& host, std::uint64_t after, std::size_t most);

}  // namespace millrace::agent
