// SPDX-License-Identifier: Apache-2.0
#pragma once
// C2 as MiNiFi's agents speak it, in JSON, from the server's side: heartbeats and acknowledgements
// in, requested operations out. Java's agents and those in C++ differ; what they have in common is
// read, what only one has is taken where it is there. Source: the wire of MiNiFi C++ 0.99 and 1.0
// and of MiNiFi Java 2. Threads: pure functions.

#include "engine/base/result.h"
#include "server/agents/agent_registry.h"

#include <string>
#include <string_view>
#include <vector>

namespace millrace::server {

/// Errors are the sender's, one sentence.
Result<AgentReport> readHeartbeat(std::string_view body);
Result<OrderReport> readAcknowledgement(std::string_view body);

/// What a heartbeat is answered. `flows` is the address under which flows are fetched, with a
/// slash at its end.
std::string writeCommands(const std::vector<Command>& commands, const std::string& kind,
                          const std::string& flows);

}  // namespace millrace::server
