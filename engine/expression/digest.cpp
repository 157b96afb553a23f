// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/digest.h"

#include "engine/base/openssl.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <string>
#include <utility>

namespace millrace::expression {

namespace {

constexpr std::pair<std::string_view, const char*> kNames[] = {
    {"MD5", "MD5"},
    {"SHA", "SHA1"},
    {"SHA-1", "SHA1"},
    {"SHA1", "SHA1"},
    {"SHA-224", "SHA224"},
    {"SHA-256", "SHA256"},
    {"SHA-384", "SHA384"},
    {"SHA-512", "SHA512"},
    {"SHA-512/224", "SHA512-224"},
    {"SHA-512/256", "SHA512-256"},
    {"SHA3-224", "SHA3-224"},
    {"SHA3-256", "SHA3-256"},
    {"SHA3-384", "SHA3-384"},
    {"SHA3-512", "SHA3-512"},
};

const char* openSslName(std::string_view algorithm) {
  std::string upper;
  for (const char c : algorithm) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c;
  for (const auto& [java, ours] : kNames) {
    if (java == upper) return ours;
  }
  return nullptr;
}

}  // namespace

bool isDigest(std::string_view algorithm) { return openSslName(algorithm) != nullptr; }

Result<std::vector<std::uint8_t>> digest(std::string_view algorithm, std::string_view data) {
  MR_TRY(requireOpenSsl());
  const char* name = openSslName(algorithm);
  const EVP_MD* method = name == nullptr ? nullptr : EVP_get_digestbyname(name);
  if (method == nullptr) {
    return Error::user(
        fmt::format("there is no digest '{}'; use MD5, SHA-1, SHA-256, SHA-512 or "
                    "SHA3-256",
                    algorithm));
  }
  std::vector<std::uint8_t> bytes(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  if (EVP_Digest(data.data(), data.size(), bytes.data(), &size, method, nullptr) != 1) {
    return Error::environment(fmt::format("the digest {} failed in OpenSSL", algorithm), false);
  }
  bytes.resize(size);
  return bytes;
}

struct RunningDigest::State {
  struct Free {
    void operator()(EVP_MD_CTX* owned) const { EVP_MD_CTX_free(owned); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context;
  std::string algorithm;
  Error failure() const {
    return Error::environment(fmt::format("the digest {} failed in OpenSSL", algorithm), false);
  }
};

RunningDigest::RunningDigest(std::unique_ptr<State> state) : state_(std::move(state)) {}
RunningDigest::RunningDigest(RunningDigest&&) noexcept = default;
RunningDigest& RunningDigest::operator=(RunningDigest&&) noexcept = default;
RunningDigest::~RunningDigest() = default;

Result<RunningDigest> RunningDigest::start(std::string_view algorithm) {
  MR_TRY(requireOpenSsl());
  const char* name = openSslName(algorithm);
  const EVP_MD* method = name == nullptr ? nullptr : EVP_get_digestbyname(name);
  if (method == nullptr) {
    return Error::user(
        fmt::format("there is no digest '{}'; use MD5, SHA-1, SHA-256, SHA-512 or "
                    "SHA3-256",
                    algorithm));
  }
  auto state = std::make_unique<State>();
  state->algorithm = algorithm;
  state->context.reset(EVP_MD_CTX_new());
  if (state->context == nullptr || EVP_DigestInit_ex(state->context.get(), method, nullptr) != 1) {
    return state->failure();
  }
  return RunningDigest(std::move(state));
}

Result<> RunningDigest::add(std::string_view data) {
  if (EVP_DigestUpdate(state_->context.get(), data.data(), data.size()) != 1) {
    return state_->failure();
  }
  return Done{};
}

Result<std::vector<std::uint8_t>> RunningDigest::finish() {
  std::vector<std::uint8_t> bytes(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  if (EVP_DigestFinal_ex(state_->context.get(), bytes.data(), &size) != 1) {
    return state_->failure();
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace millrace::expression
