// SPDX-License-Identifier: Apache-2.0
#pragma once
// SaslSession: how one connection proves who its client is, by PLAIN (RFC 4616) or SCRAM.
// Threads: the connection's, one at a time.

#include "log-backend/security/scram.h"

#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace millrace::log {

struct SaslRules {
  bool required = false;
  /// PLAIN shows the password to whoever listens on the way.
  bool plain = false;
  std::function<std::optional<ScramCredential>(std::string_view user, ScramHash hash)> find;
  Nonce nonce;
};

class SaslSession {
 public:
  explicit SaslSession(const SaslRules& rules) : rules_(rules) {}

  /// What a client may choose from, under Kafka's names.
  static std::vector<std::string> mechanisms(const SaslRules& rules);
  /// False: not one of them. Begins anew.
  bool choose(std::string_view mechanism);
  /// The answer to a message of the chosen mechanism; an Error ends the connection.
  Result<std::string> answer(std::string_view message);
  bool isDone() const { return done_; }
  /// Empty until it is done.
  const std::string& user() const { return user_; }

 private:
  struct Plain {};
  Result<std::string> plain(std::string_view message);

  const SaslRules& rules_;
  std::variant<std::monostate, Plain, ScramConversation> mechanism_;
  std::string user_;
  bool done_ = false;
};

}  // namespace millrace::log
