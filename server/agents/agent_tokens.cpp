// SPDX-License-Identifier: Apache-2.0
#include "server/agents/agent_tokens.h"

#include <fmt/format.h>
#include <sodium.h>

#include <array>

namespace millrace::server {
namespace {

template <std::size_t kBytes>
std::string hexOf(const std::array<unsigned char, kBytes>& bytes) {
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

template <std::size_t kBytes>
std::string chance() {
  std::array<unsigned char, kBytes> bytes;
  randombytes_buf(bytes.data(), bytes.size());
  return hexOf(bytes);
}

}  // namespace

AgentToken freshAgentToken() {
  AgentToken token;
  token.id = chance<8>();
  token.text = "mra-" + chance<32>();
  token.digest = digestOfToken(token.text);
  return token;
}

std::string digestOfToken(std::string_view token) {
  std::array<unsigned char, 32> digest;
  crypto_generichash(digest.data(), digest.size(),
                     reinterpret_cast<const unsigned char*>(token.data()), token.size(), nullptr,
                     0);
  return hexOf(digest);
}

std::string freshFleetId() { return chance<16>(); }

}  // namespace millrace::server
