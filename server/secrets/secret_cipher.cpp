// SPDX-License-Identifier: Apache-2.0
#include "server/secrets/secret_cipher.h"

#include <sodium.h>

#include <cstdint>
#include <functional>

namespace millrace::server {
namespace {

constexpr std::string_view kMagic = "MRSECRT1";              // values alone
constexpr std::string_view kMagicWithPrevious = "MRSECRT2";  // and what was before them
static_assert(kMagic.size() == kMagicWithPrevious.size());
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(SecretKey::kBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

const unsigned char* bytesOf(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytesOf(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

Result<> ready() {
  if (sodium_init() >= 0) return Done{};
  return Error::environment("the operating system gives no random bytes for encryption", false);
}

void appendNumber(std::string& to, std::size_t number) {
  for (unsigned shift = 0; shift < 32; shift += 8)
    to.push_back(static_cast<char>((number >> shift) & 0xffU));
}

void append(std::string& to, const SecretValues& values) {
  for (const auto& [name, value] : values) {
    for (const std::string& text : {std::cref(name), std::cref(value)}) {
      appendNumber(to, text.size());
      to += text;
    }
  }
}

bool takeNumber(std::string_view& from, std::uint32_t& number) {
  if (from.size() < 4) return false;
  number = 0;
  for (unsigned i = 0; i < 4; ++i)
    number |= static_cast<std::uint32_t>(static_cast<unsigned char>(from[i])) << (8 * i);
  from.remove_prefix(4);
  return true;
}

/// The next text of a list of texts with their lengths; nothing when it is cut off.
bool take(std::string_view& from, std::string& text) {
  std::uint32_t size = 0;
  if (!takeNumber(from, size) || from.size() < size) return false;
  text = from.substr(0, size);
  from.remove_prefix(size);
  return true;
}

}  // namespace

SecretKey::~SecretKey() { sodium_memzero(bytes_.data(), bytes_.size()); }

Result<SecretKey> SecretKey::fromEntropy() {
  MR_TRY(ready());
  SecretKey key;
  randombytes_buf(key.bytes_.data(), key.bytes_.size());
  return key;
}

Result<SecretKey> SecretKey::fromText(std::string_view text, std::string_view where) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin != std::string_view::npos) {
    text = text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
    SecretKey key;
    std::size_t got = 0;
    const bool hex = sodium_hex2bin(key.bytes_.data(), kBytes, text.data(), text.size(), nullptr,
                                    &got, nullptr) == 0;
    if (hex && got == kBytes && text.size() == 2 * kBytes) return key;
  }
  return Error::user(std::string(where) + " holds no key, which is 64 hexadecimal digits");
}

std::string SecretKey::text() const {
  std::string text(2 * kBytes + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes_.data(), bytes_.size());
  text.pop_back();
  return text;
}

Result<std::string> sealSecrets(const KeptSecrets& secrets, const SecretKey& key) {
  MR_TRY(ready());
  const std::string_view magic = secrets.previous.empty() ? kMagic : kMagicWithPrevious;
  std::string plain;
  if (!secrets.previous.empty()) appendNumber(plain, secrets.values.size());
  append(plain, secrets.values);
  append(plain, secrets.previous);
  std::string sealed(magic);
  sealed.resize(kMagic.size() + kNonceBytes + plain.size() + kTagBytes);
  unsigned char* const nonce = bytesOf(sealed) + kMagic.size();
  randombytes_buf(nonce, kNonceBytes);
  unsigned long long size = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + kNonceBytes, &size, bytesOf(plain),
                                             plain.size(), bytesOf(magic), magic.size(), nullptr,
                                             nonce, key.data());
  sodium_memzero(plain.data(), plain.size());
  return sealed;
}

Result<KeptSecrets> openSecrets(std::string_view sealed, const SecretKey& key) {
  MR_TRY(ready());
  const std::string_view magic = sealed.substr(0, kMagic.size());
  const bool withPrevious = magic == kMagicWithPrevious;
  if ((magic != kMagic && !withPrevious) || sealed.size() < kMagic.size() + kNonceBytes + kTagBytes)
    return Error::environment("is no file of secrets of this version", false);
  const std::string_view nonce = sealed.substr(kMagic.size(), kNonceBytes);
  const std::string_view cipher = sealed.substr(kMagic.size() + kNonceBytes);
  std::string plain(cipher.size() - kTagBytes, '\0');
  unsigned long long size = 0;
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(bytesOf(plain), &size, nullptr, bytesOf(cipher),
                                                 cipher.size(), bytesOf(magic), magic.size(),
                                                 bytesOf(nonce), key.data()) != 0)
    return Error::environment("was sealed with another key, or is damaged", false);
  KeptSecrets secrets;
  std::string name;
  std::string value;
  std::string_view left = plain;
  std::uint32_t present = UINT32_MAX;  // behind so many come those of before
  bool good = !withPrevious || takeNumber(left, present);
  for (std::uint32_t i = 0; good && !left.empty(); ++i) {
    good = take(left, name) && take(left, value);
    if (good) (i < present ? secrets.values : secrets.previous).insert_or_assign(name, value);
  }
  sodium_memzero(plain.data(), plain.size());
  if (!good) return Error::environment("holds a list that is cut off", false);
  return secrets;
}

}  // namespace millrace::server
