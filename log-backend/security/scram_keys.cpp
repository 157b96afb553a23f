// SPDX-License-Identifier: Apache-2.0
#include "log-backend/security/scram_keys.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <stdexcept>

namespace millrace::log {
namespace {

const unsigned char* raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* raw(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

const EVP_MD* digestOf(ScramHash hash) {
  return hash == ScramHash::kSha256 ? EVP_sha256() : EVP_sha512();
}

}  // namespace

std::string scramHmac(ScramHash hash, std::string_view key, std::string_view text) {
  std::string result(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  if (HMAC(digestOf(hash), key.data(), static_cast<int>(key.size()), raw(text), text.size(),
           raw(result), &size) == nullptr)
    throw std::runtime_error("OpenSSL has no HMAC");
  result.resize(size);
  return result;
}

std::string scramDigest(ScramHash hash, std::string_view text) {
  std::string result(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), raw(result), &size, digestOf(hash), nullptr) != 1)
    throw std::runtime_error("OpenSSL has no SHA-2");
  result.resize(size);
  return result;
}

std::string scramSalted(ScramHash hash, std::string_view password, std::string_view salt,
                        int iterations) {
  std::string result(static_cast<std::size_t>(EVP_MD_get_size(digestOf(hash))), '\0');
  if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), raw(salt),
                        static_cast<int>(salt.size()), iterations, digestOf(hash),
                        static_cast<int>(result.size()), raw(result)) != 1)
    throw std::runtime_error("OpenSSL has no PBKDF2");
  return result;
}

bool sameBytes(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string toBase64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(raw(text), raw(bytes), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::optional<std::string> fromBase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string bytes(text.size() / 4 * 3 + 1, '\0');
  const int size = EVP_DecodeBlock(raw(bytes), raw(text), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

Entropy systemEntropy() {
  return [](std::size_t count) {
    std::string bytes(count, '\0');
    if (RAND_bytes(raw(bytes), static_cast<int>(count)) != 1)
      throw std::runtime_error("OpenSSL has no random bytes");
    return bytes;
  };
}

Nonce systemNonce() {
  constexpr std::size_t kBytes = 18;
  return [entropy = systemEntropy()] { return toBase64(entropy(kBytes)); };
}

}  // namespace millrace::log
