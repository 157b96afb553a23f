// SPDX-License-Identifier: Apache-2.0
#include "server/users/tokens.h"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace millrace::server {
namespace {

constexpr std::size_t kBytes = 32;
constexpr std::size_t kLongest = 100;  // of what a client may show

std::string digestOf(std::string_view token) {
  std::array<unsigned char, crypto_generichash_BYTES> digest{};
  crypto_generichash(digest.data(), digest.size(),
                     reinterpret_cast<const unsigned char*>(token.data()), token.size(), nullptr,
                     0);
  return {digest.begin(), digest.end()};
}

}  // namespace

std::string Tokens::issue(const std::string& user) {
  if (sodium_init() < 0) return {};
  std::array<unsigned char, kBytes> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  std::string token(sodium_base64_encoded_len(kBytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING),
                    '\0');
  sodium_bin2base64(token.data(), token.size(), bytes.data(), bytes.size(),
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  token.pop_back();  // its zero
  MutexLock lock(mutex_);
  if (tokens_.size() >= kMost) forgetEnded();
  if (tokens_.size() >= kMost) {
    tokens_.erase(
        std::min_element(tokens_.begin(), tokens_.end(),
                         [](const auto& a, const auto& b) { return a.second.end < b.second.end; }));
  }
  tokens_[digestOf(token)] = {user, clock_.monotonic() + kLife};
  return token;
}

std::optional<std::string> Tokens::whose(std::string_view token) {
  if (token.size() > kLongest || sodium_init() < 0) return std::nullopt;
  MutexLock lock(mutex_);
  const auto found = tokens_.find(digestOf(token));
  if (found == tokens_.end() || found->second.end <= clock_.monotonic()) return std::nullopt;
  return found->second.user;
}

void Tokens::end(std::string_view token) {
  MutexLock lock(mutex_);
  if (const auto found = tokens_.find(digestOf(token)); found != tokens_.end())
    tokens_.erase(found);
}

std::size_t Tokens::countOf(std::string_view user) {
  MutexLock lock(mutex_);
  forgetEnded();
  return static_cast<std::size_t>(
      std::count_if(tokens_.begin(), tokens_.end(),
                    [&](const auto& entry) { return entry.second.user == user; }));
}

std::size_t Tokens::endAllOf(std::string_view user) {
  MutexLock lock(mutex_);
  forgetEnded();
  return std::erase_if(tokens_, [&](const auto& entry) { return entry.second.user == user; });
}

void Tokens::forgetEnded() {
  const Nanos now = clock_.monotonic();
  std::erase_if(tokens_, [&](const auto& entry) { return entry.second.end <= now; });
}

}  // namespace millrace::server
