// SPDX-License-Identifier: Apache-2.0
#pragma once
// SCRAM (RFC 5802) with SHA-256 (RFC 7677) and SHA-512, the side of the server, without channel
// binding. Threads: values; a conversation belongs to one connection.

#include "engine/base/result.h"
#include "log-backend/security/scram_keys.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::log {

/// What is kept of a password; all but the number are bytes.
struct ScramCredential {
  int iterations = 0;
  std::string salt;
  std::string storedKey;
  std::string serverKey;
};

/// As many iterations as Kafka asks for at least, and allows at most where a client sets them.
constexpr int kScramIterations = 4096;
constexpr int kMostScramIterations = 16384;

ScramCredential scramCredential(ScramHash hash, std::string_view password, std::string salt,
                                int iterations = kScramIterations);
/// Of a password that somebody else salted, with Hi() of RFC 5802.
ScramCredential scramCredentialOfSalted(ScramHash hash, std::string_view salted, std::string salt,
                                        int iterations);
bool isPasswordOf(ScramHash hash, const ScramCredential& credential, std::string_view password);

/// Finds what is known of a user.
using FindScram = std::function<std::optional<ScramCredential>(std::string_view user)>;

/// One client's conversation: client-first, server-first, client-final, server-final.
class ScramConversation {
 public:
  ScramConversation(ScramHash hash, FindScram find, Nonce nonce)
      : hash_(hash), find_(std::move(find)), makeNonce_(std::move(nonce)) {}

  /// The answer to a message. An Error ends it: what is wrong is for our own log alone.
  Result<std::string> answer(std::string_view message);
  bool isDone() const { return step_ == Step::kDone; }
  const std::string& user() const { return user_; }

 private:
  enum class Step : std::uint8_t { kFirst, kFinal, kDone };
  Result<std::string> first(std::string_view message);
  Result<std::string> final(std::string_view message);

  const ScramHash hash_;
  const FindScram find_;
  const Nonce makeNonce_;
  Step step_ = Step::kFirst;
  std::string user_;
  std::string header_;  ///< of GS2, which the client repeats
  std::string nonce_;
  std::string spoken_;  ///< client-first-bare, server-first
  bool known_ = false;
  ScramCredential credential_;
};

}  // namespace millrace::log
