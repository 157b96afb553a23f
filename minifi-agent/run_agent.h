// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs an agent from its start to its end: reads the flow, opens the data directory, runs, takes
// over changes of the config that are good, and stops cleanly. What it has to say goes to stderr, a
// line each. Threads: the caller's, before any other.

#include "minifi-agent/agent_options.h"

#include <string>

namespace millrace::agent {

enum class ExitCode : int { kDone = 0, kFailed = 1, kBadInput = 2 };

ExitCode runAgent(AgentOptions options, std::string version);

}  // namespace millrace::agent
