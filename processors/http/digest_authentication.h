// SPDX-License-Identifier: Apache-2.0
#pragma once
// Basic and Digest authentication (RFC 7617, RFC 7616) from the client's side. Digest with MD5 or
// SHA-256, `auth` or without quality of protection. Threads: DigestSession from any.

#include "engine/base/mutex.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::processors {

struct Credentials {
  std::string user;
  std::string password;
};

/// The value of an Authorization or Proxy-Authorization field.
std::string basicAuthorization(const Credentials& credentials);

/// The parameter of a challenge or of any `name=value` list with commas or semicolons between;
/// quotes are taken off.
std::optional<std::string> parameterOf(std::string_view list, std::string_view name);

/// The last challenge of a server and how often its nonce was used.
class DigestSession {
 public:
  /// Takes a WWW-Authenticate field; false when it is no challenge that can be answered.
  bool challenge(std::string_view field);
  /// The Authorization for a request; nothing before the first challenge. `clientNonce` is fresh
  /// chance.
  std::optional<std::string> answer(const Credentials& credentials, std::string_view method,
                                    std::string_view target, std::string_view clientNonce);

 private:
  struct Challenge {
    std::string realm;
    std::string nonce;
    std::optional<std::string> opaque;
    std::string algorithm;  // as sent; empty: MD5
    bool hasQuality = false;
    std::uint32_t uses = 0;
  };
  Mutex mutex_;
  std::optional<Challenge> challenge_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::processors
