// SPDX-License-Identifier: Apache-2.0
#include "minifi-agent/c2/flow_seal.h"

#include "engine/base/openssl.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <charconv>
#include <memory>
#include <vector>

namespace millrace::agent {
namespace {

constexpr std::size_t kSignatureBytes = 64;

/// The bytes of hexadecimal digits; empty when they are none.
std::string bytesOf(std::string_view digits) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < digits.size(); at += 2) {
    unsigned byte = 0;
    const char* const end = digits.data() + at + 2;
    const auto read = std::from_chars(digits.data() + at, end, byte, 16);
    if (read.ec != std::errc() || read.ptr != end) return {};
    bytes += static_cast<char>(byte);
  }
  return digits.size() % 2 == 0 ? bytes : std::string();
}

const unsigned char* plain(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bool holds(const std::string& key, std::string_view message, const std::string& signature) {
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> made(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, plain(key), key.size()),
      EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                   EVP_MD_CTX_free);
  return made != nullptr && context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, made.get()) == 1 &&
         EVP_DigestVerify(context.get(), plain(signature), signature.size(), plain(message),
                          message.size()) == 1;
}

}  // namespace

Result<FlowSeal> readSeal(std::string_view header) {
  FlowSeal seal;
  if (header.empty()) return seal;
  std::vector<std::string_view> words;
  while (!header.empty()) {
    const std::size_t blank = std::min(header.find(' '), header.size());
    if (blank != 0) words.push_back(header.substr(0, blank));
    header.remove_prefix(std::min(blank + 1, header.size()));
  }
  const Error unread = Error::environment(
      fmt::format("the server's {} cannot be read: is it a newer server?", kSealHeader), false);
  if (words.size() != 4 || words[0] != "1" || (words[2] != "agent" && words[2] != "class"))
    return unread;
  const char* const end = words[1].data() + words[1].size();
  const auto read = std::from_chars(words[1].data(), end, seal.serial);
  seal.kind = words[2];
  seal.signature = bytesOf(words[3]);
  if (read.ec != std::errc() || read.ptr != end || seal.serial == 0 ||
      seal.signature.size() != kSignatureBytes)
    return unread;
  return seal;
}

Result<> checkSeal(const FlowSeal& seal, const std::string& key, std::string_view agent,
                   std::string_view agentClass, std::string_view flow) {
  if (seal.signature.empty())
    return Error::user("the flow is not signed, and this agent takes signed flows only");
  if (const auto there = requireOpenSsl(); !there.ok())
    return Error::environment("the flow's signature cannot be checked: " + there.error().message);
  const std::string_view target = seal.kind == "agent" ? agent : agentClass;
  std::string message =
      fmt::format("millrace flow 1\n{}\n{}\n{}\n", seal.serial, seal.kind, target);
  message += flow;
  if (holds(bytesOf(key), message, seal.signature)) return Done{};
  return Error::user(fmt::format(
      "the flow's signature does not hold: it, or the flow, is not of the server whose key this "
      "agent knows, or it is for another {} than '{}'",
      seal.kind, target));
}

}  // namespace millrace::agent
