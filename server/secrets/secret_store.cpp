// SPDX-License-Identifier: Apache-2.0
#include "server/secrets/secret_store.h"

#include <fmt/format.h>

namespace millrace::server {
namespace {

constexpr std::uint64_t kMostBytes = 16ULL << 20U;
constexpr std::uint64_t kMostKeyBytes = 4096;

}  // namespace

SecretStore::SecretStore(FileSystem& files, std::string data, std::optional<std::string> key)
    : files_(files), data_(std::move(data)), key_(std::move(key)) {}

Result<> SecretStore::makeFolder() {
  const std::string folder = data_ + "/secrets";
  MR_TRY(files_.createDirectories(folder));
  // Before anything is in it: who may not enter it cannot open what is made there.
  MR_TRY(files_.setPermissions(folder, 0700));
  return files_.syncDirectory(data_);
}

Result<> SecretStore::writePrivately(const std::string& path, std::string_view content) {
  MR_TRY(makeFolder());
  const std::string temporary = data_ + "/secrets/part";
  {
    auto file = MR_TRY(files_.open(temporary, OpenMode::kTruncate));
    MR_TRY(files_.setPermissions(temporary, 0600));
    MR_TRY(file->writeAt(0, asBytes(content)));
    MR_TRY(file->sync());
  }
  MR_TRY(files_.rename(temporary, path));
  return files_.syncDirectory(parentPath(path));
}

Result<SecretKey> SecretStore::outsideKey(const std::string& text) const {
  return SecretKey::fromText(text, "MILLRACE_SECRET_KEY");
}

Result<KeptSecrets> SecretStore::opened(const std::string& sealed, const SecretKey& key) const {
  auto values = openSecrets(sealed, key);
  if (values.ok()) return values;
  return Error::environment(
      fmt::format("{} {}; put {} back, or remove both and give the values anew", valuesPath(),
                  values.error().message,
                  key_ ? "the right key into MILLRACE_SECRET_KEY" : "its key " + keyPath()),
      false);
}

/// Ends a rotation that was cut off: the key that opens the values is the one.
Result<> SecretStore::settleKeys() {
  if (key_ || !files_.exists(nextKeyPath())) return Done{};
  std::string sealed;
  if (files_.exists(valuesPath())) sealed = MR_TRY(files_.readAll(valuesPath(), kMostBytes));
  const auto next =
      SecretKey::fromText(MR_TRY(files_.readAll(nextKeyPath(), kMostKeyBytes)), nextKeyPath());
  if (next.ok() && openSecrets(sealed, *next).ok()) {
    MR_TRY(writePrivately(keyPath(), next->text() + "\n"));
  }
  MR_TRY(files_.remove(nextKeyPath()));
  return files_.syncDirectory(data_ + "/secrets");
}

Result<KeptSecrets> SecretStore::load() {
  if (!files_.exists(valuesPath())) return KeptSecrets{};
  const std::string sealed = MR_TRY(files_.readAll(valuesPath(), kMostBytes));
  if (key_) return opened(sealed, MR_TRY(outsideKey(*key_)));
  // Of a rotation that is under way or was cut off; who only reads leaves it alone.
  if (files_.exists(nextKeyPath())) {
    const auto text = files_.readAll(nextKeyPath(), kMostKeyBytes);
    const auto next = SecretKey::fromText(text.ok() ? *text : std::string(), nextKeyPath());
    if (next.ok()) {
      if (auto values = openSecrets(sealed, *next); values.ok()) return values;
    }
  }
  if (!files_.exists(keyPath())) {
    return Error::environment(
        fmt::format("{} cannot be read without its key {}; put the key back, set "
                    "MILLRACE_SECRET_KEY, or remove the values and give them anew",
                    valuesPath(), keyPath()),
        false);
  }
  const std::string text = MR_TRY(files_.readAll(keyPath(), kMostKeyBytes));
  return opened(sealed, MR_TRY(SecretKey::fromText(text, keyPath())));
}

Result<> SecretStore::put(const KeptSecrets& secrets, const SecretKey& key) {
  return writePrivately(valuesPath(), MR_TRY(sealSecrets(secrets, key)));
}

Result<> SecretStore::save(const KeptSecrets& secrets) {
  if (secrets == KeptSecrets{} && !files_.exists(valuesPath())) return Done{};
  if (key_) return put(secrets, MR_TRY(outsideKey(*key_)));
  MR_TRY(settleKeys());
  if (!files_.exists(keyPath()))
    MR_TRY(writePrivately(keyPath(), MR_TRY(SecretKey::fromEntropy()).text() + "\n"));
  const std::string text = MR_TRY(files_.readAll(keyPath(), kMostKeyBytes));
  return put(secrets, MR_TRY(SecretKey::fromText(text, keyPath())));
}

Result<> SecretStore::rotate(const std::optional<std::string>& newKey) {
  if (key_ && !newKey)
    return Error::user(
        "the key is MILLRACE_SECRET_KEY of the environment; set MILLRACE_NEW_SECRET_KEY to the one "
        "that shall take its place");
  if (!key_ && newKey)
    return Error::user(
        "MILLRACE_NEW_SECRET_KEY is for keys that come from MILLRACE_SECRET_KEY, which is not set");
  MR_TRY(settleKeys());
  const KeptSecrets secrets = MR_TRY(load());
  if (!files_.exists(valuesPath()))
    return Error::user(
        fmt::format("{} keeps no values of sensitive parameters; there is nothing to do", data_));
  if (newKey) return put(secrets, MR_TRY(SecretKey::fromText(*newKey, "MILLRACE_NEW_SECRET_KEY")));
  const SecretKey key = MR_TRY(SecretKey::fromEntropy());
  MR_TRY(writePrivately(nextKeyPath(), key.text() + "\n"));
  MR_TRY(put(secrets, key));
  MR_TRY(writePrivately(keyPath(), key.text() + "\n"));
  MR_TRY(files_.remove(nextKeyPath()));
  return files_.syncDirectory(data_ + "/secrets");
}

}  // namespace millrace::server
