// SPDX-License-Identifier: Apache-2.0
#pragma once
// SCRAM (RFC 5802, RFC 7677), the side of the client, without channel binding. It also proves that
// the server knows the password. OpenSSL must be there. Threads: one.

#include "engine/base/result.h"
#include "log-backend/security/scram_keys.h"

#include <string>
#include <string_view>

namespace millrace::log {

class ScramClient {
 public:
  /// `nonce`: printable, without a comma.
  ScramClient(ScramHash hash, std::string_view user, std::string password, std::string nonce);

  std::string first() const { return "n,," + firstBare_; }
  /// The answer to the server's first message.
  Result<std::string> final(std::string_view serverFirst);
  /// Of the server's last message.
  Result<> verify(std::string_view serverFinal) const;

 private:
  const ScramHash hash_;
  const std::string password_;
  const std::string nonce_;
  std::string firstBare_;
  std::string serverSignature_;
};

}  // namespace millrace::log
