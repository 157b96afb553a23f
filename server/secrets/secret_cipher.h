// SPDX-License-Identifier: Apache-2.0
#pragma once
// SecretCipher: values of sensitive parameters as bytes that nobody reads or changes without the
// key. XChaCha20-Poly1305 with a fresh nonce each time; the layout is in FORMAT.md.
// Threads: pure functions, but for the entropy of the operating system.

#include "engine/base/result.h"

#include <array>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace millrace::server {

using SecretValues = std::map<std::string, std::string, std::less<>>;

/// What a data directory keeps.
struct KeptSecrets {
  SecretValues values;
  /// What the latest change of a value replaced or removed, for its undoing.
  SecretValues previous;
  bool operator==(const KeptSecrets&) const = default;
};

/// A key; its bytes are wiped when it goes.
class SecretKey {
 public:
  static constexpr std::size_t kBytes = 32;

  static Result<SecretKey> fromEntropy();
  /// 64 hexadecimal digits; blanks around them mean nothing. `where` is for the Error, which never
  /// shows the text.
  static Result<SecretKey> fromText(std::string_view text, std::string_view where);
  SecretKey(const SecretKey&) = default;
  SecretKey& operator=(const SecretKey&) = default;
  ~SecretKey();

  std::string text() const;
  const unsigned char* data() const { return bytes_.data(); }

 private:
  SecretKey() = default;
  std::array<unsigned char, kBytes> bytes_{};
};

Result<std::string> sealSecrets(const KeptSecrets& secrets, const SecretKey& key);
/// The Error says whether the bytes are damaged or the key is another one, as far as that can be
/// told: a wrong key and a changed byte look alike.
Result<KeptSecrets> openSecrets(std::string_view sealed, const SecretKey& key);

}  // namespace millrace::server
