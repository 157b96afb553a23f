// SPDX-License-Identifier: Apache-2.0
#include "server/users/password.h"

#include <fmt/format.h>
#include <sodium.h>

#include <array>

namespace millrace::server {
namespace {

constexpr std::size_t kShortest = 8;
constexpr std::size_t kLongest = 1024;

std::string hashed(std::string_view password) {
  std::array<char, crypto_pwhash_STRBYTES> text{};
  if (sodium_init() < 0 || crypto_pwhash_str(text.data(), password.data(), password.size(),
                                             crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                             crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
    return {};
  return text.data();
}

}  // namespace

Result<> fitPassword(std::string_view password) {
  if (password.size() >= kShortest && password.size() <= kLongest) return Done{};
  return Error::user(
      fmt::format("a password has {} to {} bytes; choose another", kShortest, kLongest));
}

Result<std::string> hashPassword(std::string_view password) {
  MR_TRY(fitPassword(password));
  std::string hash = hashed(password);
  if (hash.empty())
    return Error::environment("there is no memory to hash the password; 64 MiB are needed");
  return hash;
}

bool isPassword(const std::string& hash, std::string_view password) {
  if (sodium_init() < 0 || password.size() > kLongest) return false;
  static const std::string nobody = hashed("the password of nobody");
  const std::string& known = hash.empty() ? nobody : hash;
  const bool fits = crypto_pwhash_str_verify(known.c_str(), password.data(), password.size()) == 0;
  return fits && !hash.empty();
}

}  // namespace millrace::server
