// SPDX-License-Identifier: Apache-2.0
#include "server/agents/flow_signer.h"

#include "engine/base/owner_only_file.h"

#include <fmt/format.h>
#include <sodium.h>

namespace millrace::server {
namespace {

std::string hexOf(const unsigned char* bytes, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

}  // namespace

Result<FlowSigner> FlowSigner::open(FileSystem& files, const std::string& path) {
  if (sodium_init() < 0) return Error::environment("libsodium cannot be used here", false);
  static_assert(crypto_sign_SECRETKEYBYTES == 64 && crypto_sign_SEEDBYTES == 32);
  unsigned char seed[crypto_sign_SEEDBYTES];
  if (!files.exists(path)) {
    randombytes_buf(seed, sizeof seed);
    MR_TRY(replaceOwnerOnly(files, path, hexOf(seed, sizeof seed) + "\n"));
  }
  const std::string text = MR_TRY(files.readAll(path, 4096));
  std::size_t length = 0;
  const char* end = nullptr;
  if (sodium_hex2bin(seed, sizeof seed, text.data(), text.size(), nullptr, &length, &end) != 0 ||
      length != sizeof seed || std::string_view(end) != "\n") {
    return Error::environment(
        fmt::format("{} is no key: 64 hexadecimal digits; put it back, or remove it and enrol the "
                    "agents again",
                    path),
        false);
  }
  FlowSigner signer;
  unsigned char open[crypto_sign_PUBLICKEYBYTES];
  crypto_sign_seed_keypair(open, signer.secret_.data(), seed);
  sodium_memzero(seed, sizeof seed);
  signer.publicKey_ = hexOf(open, sizeof open);
  return signer;
}

std::string FlowSigner::sign(std::uint64_t serial, std::string_view kind, std::string_view target,
                             std::string_view flow) const {
  std::string message = fmt::format("millrace flow 1\n{}\n{}\n{}\n", serial, kind, target);
  message += flow;
  unsigned char signature[crypto_sign_BYTES];
  crypto_sign_detached(signature, nullptr, reinterpret_cast<const unsigned char*>(message.data()),
                       message.size(), secret_.data());
  return hexOf(signature, sizeof signature);
}

}  // namespace millrace::server
