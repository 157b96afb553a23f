// SPDX-License-Identifier: Apache-2.0
#pragma once
// SecretStore: the values of sensitive parameters that a data directory keeps, encrypted
// (FORMAT.md). The key is a file beside them that only its owner reads, or comes from outside.
//
// Promise: a value is in no file in the clear; what was saved is there after a crash, in its old
// state or its new one. Errors name the file and what to do, never a value. Threads: one; the
// caller holds the directory's lock while it saves or rotates.

#include "engine/base/file_system.h"
#include "server/secrets/secret_cipher.h"

#include <optional>
#include <string>

namespace millrace::server {

class SecretStore {
 public:
  /// `key`: 64 hexadecimal digits from the environment; absent: DATA/secret.key.
  SecretStore(FileSystem& files, std::string data, std::optional<std::string> key);

  /// Empty where nothing was ever saved.
  Result<KeptSecrets> load();
  /// Replaces all; makes the key at first use. Saving nothing where nothing was saved makes no
  /// file.
  Result<> save(const KeptSecrets& secrets);
  /// Seals the values anew with a fresh key, or with `newKey`, which is demanded exactly when the
  /// key comes from outside. Killed midway, the next call of anything goes on from there.
  Result<> rotate(const std::optional<std::string>& newKey);

 private:
  std::string valuesPath() const { return data_ + "/secrets/values"; }
  std::string keyPath() const { return data_ + "/secret.key"; }
  std::string nextKeyPath() const { return data_ + "/secrets/next.key"; }
  Result<> makeFolder();
  Result<> writePrivately(const std::string& path, std::string_view content);
  Result<SecretKey> outsideKey(const std::string& text) const;
  Result<> settleKeys();
  Result<KeptSecrets> opened(const std::string& sealed, const SecretKey& key) const;
  Result<> put(const KeptSecrets& secrets, const SecretKey& key);

  FileSystem& files_;
  const std::string data_;
  const std::optional<std::string> key_;
};

}  // namespace millrace::server
