// SPDX-License-Identifier: Apache-2.0
#pragma once
// CredentialList: the users of a log, as the text of the file `kafka-users` tells them (FORMAT.md).
// Errors: a text that does not parse is named with its line. Threads: a plain value.

#include "log-backend/security/scram.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::log {

class CredentialList {
 public:
  /// What is kept of one user: at least one of them.
  struct User {
    std::optional<ScramCredential> sha256;
    std::optional<ScramCredential> sha512;

    const std::optional<ScramCredential>& of(ScramHash hash) const {
      return hash == ScramHash::kSha256 ? sha256 : sha512;
    }
    std::optional<ScramCredential>& of(ScramHash hash) {
      return hash == ScramHash::kSha256 ? sha256 : sha512;
    }
  };
  using Users = std::map<std::string, User, std::less<>>;

  /// `path` is for complaints.
  static Result<CredentialList> parse(std::string_view text, const std::string& path);
  std::string text() const;

  const Users& users() const { return users_; }
  bool empty() const { return users_.empty(); }
  std::optional<ScramCredential> find(std::string_view user, ScramHash hash) const;
  /// For both hashes. A user fault: a name or password that cannot be one.
  Result<> set(std::string_view user, std::string_view password, const Entropy& entropy);
  /// For one hash, in the place of what was known for it. A user fault: a name or a credential that
  /// cannot be one.
  Result<> put(std::string_view user, ScramHash hash, ScramCredential credential);
  bool remove(std::string_view user);
  /// A user of whom nothing is left is gone.
  bool remove(std::string_view user, ScramHash hash);

 private:
  Users users_;
};

}  // namespace millrace::log
