// SPDX-License-Identifier: Apache-2.0
#pragma once
// AgentFlow: the flow that an agent runs, read from a flow file of ours or from a config of MiNiFi
// (told apart by their content), and judged with the types that this program has.
//
// A config of MiNiFi runs unchanged: a relationship that it neither connects nor auto-terminates
// gets a connection to a funnel that leads nowhere, so that what comes out of it waits there
// instead of being lost, as MiNiFi does by rolling back. Threads: pure functions.

#include "engine/control/parameter_lookup.h"
#include "engine/flow/flow.h"
#include "minifi-agent/environment_text.h"

#include <string>
#include <vector>

namespace millrace::agent {

struct AgentFlow {
  flow::Flow flow;
  flow::Findings findings;
  std::vector<std::string> unknownTypes;  ///< each once; the flow runs without them
  bool ok() const { return !flow::hasError(findings); }
};

/// Reads and judges the text of a flow. Fails only when its variables cannot be put in.
Result<AgentFlow> judgeAgentFlow(std::string bytes, const engine::ParameterOverrides& overrides,
                                 const Variables& variables);

/// What AgentFlow promises of relationships that lead nowhere; a finding for each. Returns the
/// paths of the connections that it made.
std::vector<std::string> keepUnconnected(flow::Flow& flow, flow::Findings& findings);

}  // namespace millrace::agent
