// SPDX-License-Identifier: Apache-2.0
#pragma once
// Fleet: what the server knows of the agents that report to it, as plain values: who may report
// (enrolments), who reported (agents), which flow each should run (deployments) and what people
// asked of them (orders). Times are milliseconds since 1970. Threads: plain values.

#include "engine/base/clock.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::server {

/// Lets agents report that show its token; of the token only a digest is kept.
struct Enrolment {
  std::string id;
  std::string digest;
  std::string agent;       ///< the only one that may use it; empty: each that is new
  std::string agentClass;  ///< whoever uses it is of this class; empty: as the agent says
  Millis at = 0;
  std::string by;
  bool operator==(const Enrolment&) const = default;
};

enum class TargetKind : std::uint8_t { kAgent, kClass };

/// One agent, or all of a class.
struct FleetTarget {
  TargetKind kind = TargetKind::kAgent;
  std::string name;
  bool operator==(const FleetTarget&) const = default;
};

/// A flow for a target. The latest one that names an agent or its class is what the agent should
/// run.
struct Deployment {
  std::uint64_t serial = 0;  ///< rises; part of what is signed
  FleetTarget target;
  std::uint64_t bytes = 0;
  Millis at = 0;
  std::string by;
  bool operator==(const Deployment&) const = default;
};

enum class Outcome : std::uint8_t { kNone, kApplied, kPartly, kRefused };

struct Agent {
  std::string id;
  std::string agentClass;
  std::string credential;  ///< what it showed first, and must show again; empty: nothing
  std::string kind;        ///< `millrace`, `cpp`, `minifi-java`; empty: it did not say
  std::string version;
  std::string flowId;  ///< of the flow that it runs, as it says
  Millis firstSeen = 0;
  Millis lastSeen = 0;
  std::uint64_t serial = 0;  ///< of the latest deployment whose outcome it told
  Outcome outcome = Outcome::kNone;
  std::string details;
  Millis outcomeAt = 0;
  bool operator==(const Agent&) const = default;
};

enum class OrderState : std::uint8_t { kWaiting, kSent, kDone, kFailed, kLost };

using OrderArguments = std::map<std::string, std::string>;

/// Something that one agent is asked to do, beside running a flow.
struct Order {
  std::uint64_t number = 0;
  std::string agent;
  std::string operation;  ///< in capital letters, as in C2
  std::string operand;
  OrderArguments arguments;
  OrderState state = OrderState::kWaiting;
  std::string details;
  std::string answer;  ///< JSON: what the agent was asked for; not kept over a restart
  Millis at = 0;
  Nanos sentAt = 0;  ///< on the monotonic clock; not kept over a restart
  std::uint32_t times = 0;
  Millis endedAt = 0;
  std::string by;
  bool isOpen() const { return state == OrderState::kWaiting || state == OrderState::kSent; }
};

struct Fleet {
  std::string id;  ///< 32 hexadecimal digits, by chance: flows of two servers differ in their ids
  std::uint64_t lastSerial = 0;
  std::uint64_t lastOrder = 0;
  std::vector<Enrolment> enrolments;
  std::vector<Deployment> deployments;  ///< by serial
  std::map<std::string, Agent> agents;
  std::vector<Order> orders;  ///< by number

  /// What an agent should run; null: nothing was ever deployed to it.
  const Deployment* wantedBy(const Agent& agent) const;
  const Deployment* find(std::uint64_t serial) const;
  /// The id of a deployment's flow as C2 knows it, in the form of a UUID.
  std::string flowIdOf(std::uint64_t serial) const;
  /// The other way; nothing for an id that is none of this server's.
  std::optional<std::uint64_t> serialOf(std::string_view flowId) const;
};

std::string_view nameOf(TargetKind kind);
std::string_view nameOf(Outcome outcome);
std::string_view nameOf(OrderState state);

/// What is wrong with the name of an agent or a class; empty: nothing.
std::string wrongAgentName(std::string_view name);

}  // namespace millrace::server
