// SPDX-License-Identifier: Apache-2.0
#pragma once
// FlowSeal: what a server says of a flow in the header `Millrace-Signature`
// (server/agents/FORMAT.md), and whether it holds against a key that is known (Ed25519, RFC 8032).
// Threads: pure functions.

#include "engine/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::agent {

constexpr std::string_view kSealHeader = "Millrace-Signature";

struct FlowSeal {
  std::uint64_t serial = 0;  ///< rises with each deployment of a server; 0: not said
  std::string kind;          ///< `agent` or `class`
  std::string signature;     ///< 64 bytes
};

/// An empty header is a seal that says nothing. Errors are the server's.
Result<FlowSeal> readSeal(std::string_view header);

/// Done when the flow is what the owner of the key signed for this agent or its class; else an
/// Error with the reason. `key`: 64 hexadecimal digits.
Result<> checkSeal(const FlowSeal& seal, const std::string& key, std::string_view agent,
                   std::string_view agentClass, std::string_view flow);

}  // namespace millrace::agent
