// SPDX-License-Identifier: Apache-2.0
#pragma once
// C2State: what an agent remembers of its server, as the file DATA/c2/state keeps it (FORMAT.md).
// Threads: plain values.

#include "engine/base/result.h"
#include "minifi-agent/c2/run_states.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::agent {

/// A flow that a server gave, and where its bytes are.
struct DeployedFlow {
  std::uint64_t file = 0;  ///< DATA/c2/flows/NUMBER
  std::string flowId;      ///< as the server calls it
  std::uint64_t serial = 0;
  std::uint64_t bytes = 0;
  std::uint32_t crc = 0;  ///< CRC-32C of the bytes
  bool operator==(const DeployedFlow&) const = default;
};

/// A flow that has not proven itself yet.
struct FlowTrial {
  DeployedFlow flow;
  std::string operation;     ///< which is acknowledged at the end
  std::uint32_t starts = 0;  ///< of the agent with it
  bool operator==(const FlowTrial&) const = default;
};

/// How a trial ended, until the server has heard of it.
struct TrialReport {
  std::string operation;
  bool applied = false;
  std::string details;
  bool operator==(const TrialReport&) const = default;
};

/// A flow that was given up; it is not tried again for the same operation.
struct RefusedFlow {
  std::string operation;
  std::string details;
  bool operator==(const RefusedFlow&) const = default;
};

struct C2State {
  std::string agent;         ///< the name that was made up; empty: none was needed
  std::string key;           ///< whose the serial is: 64 hexadecimal digits; empty: nobody's
  std::uint64_t serial = 0;  ///< of the flow that was taken last
  std::optional<DeployedFlow> good;  ///< nothing: the agent's own flow
  std::optional<FlowTrial> trial;
  std::optional<TrialReport> report;
  std::optional<RefusedFlow> refused;
  RunStates states;  ///< what was stopped and started from afar
  bool operator==(const C2State&) const = default;
};

std::string stateToText(const C2State& state);
/// Errors name the file.
Result<C2State> stateFromText(std::string_view text, const std::string& path);

}  // namespace millrace::agent
