// SPDX-License-Identifier: Apache-2.0
#pragma once
// What agents show to be let in: 256 random bits, of which the server keeps a digest (BLAKE2b).
// Threads: any.

#include <string>
#include <string_view>

namespace millrace::server {

struct AgentToken {
  std::string id;      ///< 16 hexadecimal digits, no secret
  std::string text;    ///< the token
  std::string digest;  ///< 64 hexadecimal digits
};

AgentToken freshAgentToken();
std::string digestOfToken(std::string_view token);
/// 32 hexadecimal digits.
std::string freshFleetId();

}  // namespace millrace::server
