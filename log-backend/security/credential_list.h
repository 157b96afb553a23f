// SPDX-License-Identifier: Apache-2.0
#pragma once
// CredentialList: the users of a log, as the file `kafka-users` keeps them (FORMAT.md).
// Errors: a file that does not parse is named with its line. Threads: a plain value.

#include "engine/base/file_system.h"
#include "log-backend/security/scram.h"

#include <map>
#include <string>
#include <string_view>

namespace millrace::log {

class CredentialList {
 public:
  static std::string pathIn(const std::string& data) { return data + "/kafka-users"; }
  /// A directory without the file has no users.
  static Result<CredentialList> read(FileSystem& files, const std::string& data);
  /// Replaces the file; nobody but its owner can read it at any time.
  Result<> save(FileSystem& files, const std::string& data) const;

  bool empty() const { return users_.empty(); }
  std::optional<ScramCredential> find(std::string_view user, ScramHash hash) const;
  /// For both hashes. A user fault: a name or password that cannot be one.
  Result<> set(std::string_view user, std::string_view password, const Entropy& entropy);
  bool remove(std::string_view user);

 private:
  struct Both {
    ScramCredential sha256;
    ScramCredential sha512;
  };
  std::map<std::string, Both, std::less<>> users_;
};

}  // namespace millrace::log
