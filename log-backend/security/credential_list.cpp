// SPDX-License-Identifier: Apache-2.0
#include "log-backend/security/credential_list.h"

#include "engine/base/owner_only_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace millrace::log {
namespace {

constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLeastPassword = 8;
constexpr std::size_t kMostPassword = 1024;
constexpr std::size_t kFields = 8;

bool isName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; });
}

std::vector<std::string_view> fieldsOf(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    const std::size_t end = line.find('\t');
    fields.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return fields;
    line.remove_prefix(end + 1);
  }
}

std::string textOf(const ScramCredential& credential) {
  return fmt::format("{}\t{}\t{}", toBase64(credential.salt), toBase64(credential.storedKey),
                     toBase64(credential.serverKey));
}

std::optional<ScramCredential> credentialOf(int iterations, std::string_view salt,
                                            std::string_view stored, std::string_view server,
                                            std::size_t size) {
  auto saltBytes = fromBase64(salt);
  auto storedBytes = fromBase64(stored);
  auto serverBytes = fromBase64(server);
  if (!saltBytes || saltBytes->empty() || !storedBytes || storedBytes->size() != size ||
      !serverBytes || serverBytes->size() != size)
    return std::nullopt;
  return ScramCredential{iterations, *std::move(saltBytes), *std::move(storedBytes),
                         *std::move(serverBytes)};
}

}  // namespace

Result<CredentialList> CredentialList::read(FileSystem& files, const std::string& data) {
  CredentialList list;
  const std::string path = pathIn(data);
  if (!files.exists(path)) return list;
  const std::string text = MR_TRY(files.readAll(path));
  std::string_view rest = text;
  for (int number = 1; !rest.empty(); ++number) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const auto fields = fieldsOf(line);
    const auto wrong = [&] {
      return Error::user(
          fmt::format("{}:{}: this is no user; remove the line and add the user "
                      "again with millrace add-user --kafka",
                      path, number));
    };
    if (fields.size() != kFields || !isName(fields[0]) || list.users_.contains(fields[0]))
      return wrong();
    int iterations = 0;
    const auto [end, code] =
        std::from_chars(fields[1].data(), fields[1].data() + fields[1].size(), iterations);
    if (code != std::errc() || end != fields[1].data() + fields[1].size() ||
        iterations < kScramIterations)
      return wrong();
    constexpr std::size_t kSha256Bytes = 32;
    constexpr std::size_t kSha512Bytes = 64;
    auto sha256 = credentialOf(iterations, fields[2], fields[3], fields[4], kSha256Bytes);
    auto sha512 = credentialOf(iterations, fields[5], fields[6], fields[7], kSha512Bytes);
    if (!sha256 || !sha512) return wrong();
    list.users_.emplace(fields[0], Both{*std::move(sha256), *std::move(sha512)});
  }
  return list;
}

Result<> CredentialList::save(FileSystem& files, const std::string& data) const {
  std::string text;
  for (const auto& [name, both] : users_) {
    text += fmt::format("{}\t{}\t{}\t{}\n", name, both.sha256.iterations, textOf(both.sha256),
                        textOf(both.sha512));
  }
  return replaceOwnerOnly(files, pathIn(data), text);
}

std::optional<ScramCredential> CredentialList::find(std::string_view user, ScramHash hash) const {
  const auto found = users_.find(user);
  if (found == users_.end()) return std::nullopt;
  return hash == ScramHash::kSha256 ? found->second.sha256 : found->second.sha512;
}

Result<> CredentialList::set(std::string_view user, std::string_view password,
                             const Entropy& entropy) {
  if (!isName(user)) {
    return Error::user(fmt::format(
        "a user's name has 1 to {} characters, without blanks and unprintable ones", kLongestName));
  }
  if (password.size() < kLeastPassword || password.size() > kMostPassword) {
    return Error::user(fmt::format("a password has {} to {} bytes", kLeastPassword, kMostPassword));
  }
  constexpr std::size_t kSaltBytes = 16;
  users_.insert_or_assign(std::string(user),
                          Both{scramCredential(ScramHash::kSha256, password, entropy(kSaltBytes)),
                               scramCredential(ScramHash::kSha512, password, entropy(kSaltBytes))});
  return Done{};
}

bool CredentialList::remove(std::string_view user) {
  const auto found = users_.find(user);
  if (found == users_.end()) return false;
  users_.erase(found);
  return true;
}

}  // namespace millrace::log
