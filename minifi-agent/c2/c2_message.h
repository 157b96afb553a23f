// SPDX-License-Identifier: Apache-2.0
#pragma once
// C2 as MiNiFi's agents speak it, in JSON, from the agent's side: heartbeats and acknowledgements
// out, requested operations in. Source: the wire of MiNiFi C++ 0.99 and 1.0 and of MiNiFi Java 2.
// Threads: pure functions.

#include "engine/base/clock.h"
#include "engine/base/result.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::agent {

/// The machine. Sizes are bytes; 0 and empty: not known.
struct DeviceFacts {
  std::string id;
  std::string hostname;
  std::string architecture;
  std::string system;
  std::uint64_t memory = 0;
  std::uint32_t cores = 0;
};

struct ComponentFacts {
  std::string id;
  std::string path;
  bool running = false;
};

struct QueueFacts {
  std::string id;
  std::string name;
  std::uint64_t size = 0, sizeMax = 0;          ///< FlowFiles; 0: no limit
  std::uint64_t dataSize = 0, dataSizeMax = 0;  ///< bytes
};

struct BulletinFacts {
  std::uint64_t id = 0;
  Millis time = 0;
  std::string level;
  std::string component;  ///< its id; empty: the engine itself
  std::string name;
  std::string message;
};

/// What a heartbeat tells.
struct HeartbeatFacts {
  std::string agent;
  std::string agentClass;
  std::string manifest;  ///< JSON
  DeviceFacts device;
  std::string address;  ///< by which the server is reached; empty: not known yet
  Nanos uptime = 0;
  std::string flowId;       ///< of the flow from the server that runs; empty: the agent's own runs
  std::string trialFlowId;  ///< of one that has not proven itself yet; empty: none
  bool running = false;     ///< something of the flow runs
  std::vector<ComponentFacts> components;
  std::vector<QueueFacts> queues;
  std::vector<BulletinFacts> bulletins;  ///< new ones, oldest first
};

/// `full`: with the manifest, not only its hash.
std::string writeHeartbeat(const HeartbeatFacts& facts, bool full);
/// As JSON: an array.
std::string writeBulletins(const std::vector<BulletinFacts>& bulletins);

/// Something that the server wants done.
struct Operation {
  std::string id;
  std::string name;     ///< in capital letters
  std::string operand;  ///< as it came
  std::map<std::string, std::string> arguments;
  /// The first of these arguments that is there; empty: none.
  std::string argument(std::initializer_list<std::string_view> names) const;
};

/// What a heartbeat was answered. Errors are the server's, one sentence.
Result<std::vector<Operation>> readOperations(std::string_view body);

enum class OperationState : std::uint8_t { kFullyApplied, kNotApplied, kNoOperation };

struct Acknowledgement {
  std::string operation;  ///< its id
  OperationState state = OperationState::kFullyApplied;
  std::string details;
  /// Members of the message with what was asked for, such as {"logs", JSON}.
  std::vector<std::pair<std::string, std::string>> answer;
};
std::string writeAcknowledgement(const Acknowledgement& acknowledgement);

}  // namespace millrace::agent
