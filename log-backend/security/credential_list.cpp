// SPDX-License-Identifier: Apache-2.0
#include "log-backend/security/credential_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>
#include <vector>

namespace millrace::log {
namespace {

constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLeastPassword = 8;
constexpr std::size_t kMostPassword = 1024;
constexpr std::size_t kMostSalt = 1024;
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

std::size_t bytesOf(ScramHash hash) {
  constexpr std::size_t kSha256Bytes = 32;
  constexpr std::size_t kSha512Bytes = 64;
  return hash == ScramHash::kSha256 ? kSha256Bytes : kSha512Bytes;
}

bool isCredential(ScramHash hash, const ScramCredential& credential) {
  return credential.iterations >= kScramIterations && !credential.salt.empty() &&
         credential.salt.size() <= kMostSalt && credential.storedKey.size() == bytesOf(hash) &&
         credential.serverKey.size() == bytesOf(hash);
}

std::string textOf(const std::optional<ScramCredential>& credential) {
  if (!credential) return "-\t-\t-";
  return fmt::format("{}\t{}\t{}", toBase64(credential->salt), toBase64(credential->storedKey),
                     toBase64(credential->serverKey));
}

/// One number where both are the same.
std::string iterationsOf(const CredentialList::User& user) {
  const int first = (user.sha256 ? user.sha256 : user.sha512)->iterations;
  const int second = (user.sha512 ? user.sha512 : user.sha256)->iterations;
  return first == second ? fmt::format("{}", first) : fmt::format("{}/{}", first, second);
}

std::optional<int> numberOf(std::string_view text) {
  int number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Salt, stored key and server key; false: they are none.
bool readKeys(ScramHash hash, std::span<const std::string_view> fields,
              std::optional<int> iterations, std::optional<ScramCredential>& into) {
  if (fields[0] == "-" && fields[1] == "-" && fields[2] == "-") return true;
  auto salt = fromBase64(fields[0]);
  auto stored = fromBase64(fields[1]);
  auto server = fromBase64(fields[2]);
  if (!iterations || !salt || !stored || !server) return false;
  into = ScramCredential{*iterations, *std::move(salt), *std::move(stored), *std::move(server)};
  return isCredential(hash, *into);
}

std::optional<CredentialList::User> userOf(std::span<const std::string_view> fields) {
  const std::size_t slash = fields[1].find('/');
  const auto first = numberOf(fields[1].substr(0, slash));
  const auto second =
      slash == std::string_view::npos ? first : numberOf(fields[1].substr(slash + 1));
  CredentialList::User user;
  if (!first || !second ||
      !readKeys(ScramHash::kSha256, fields.subspan(2, 3), first, user.sha256) ||
      !readKeys(ScramHash::kSha512, fields.subspan(5, 3), second, user.sha512) ||
      (!user.sha256 && !user.sha512))
    return std::nullopt;
  return user;
}

Result<> checkName(std::string_view user) {
  if (isName(user)) return Done{};
  return Error::user(fmt::format(
      "a user's name has 1 to {} characters, without blanks and unprintable ones", kLongestName));
}

}  // namespace

Result<CredentialList> CredentialList::parse(std::string_view text, const std::string& path) {
  CredentialList list;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto fields = fieldsOf(line);
    const bool isUser = fields.size() == kFields && isName(fields[0]);
    auto user = isUser ? userOf(fields) : std::nullopt;
    if (!user || !list.users_.emplace(fields[0], *std::move(user)).second) {
      return Error::user(
          fmt::format("{}:{}: this is no user; remove the line and add the user "
                      "again with millrace add-user --kafka",
                      path, number));
    }
  }
  return list;
}

std::string CredentialList::text() const {
  std::string text;
  for (const auto& [name, user] : users_) {
    text += fmt::format("{}\t{}\t{}\t{}\n", name, iterationsOf(user), textOf(user.sha256),
                        textOf(user.sha512));
  }
  return text;
}

std::optional<ScramCredential> CredentialList::find(std::string_view user, ScramHash hash) const {
  const auto found = users_.find(user);
  if (found == users_.end()) return std::nullopt;
  return found->second.of(hash);
}

Result<> CredentialList::set(std::string_view user, std::string_view password,
                             const Entropy& entropy) {
  MR_TRY(checkName(user));
  if (password.size() < kLeastPassword || password.size() > kMostPassword) {
    return Error::user(fmt::format("a password has {} to {} bytes", kLeastPassword, kMostPassword));
  }
  constexpr std::size_t kSaltBytes = 16;
  users_.insert_or_assign(std::string(user),
                          User{scramCredential(ScramHash::kSha256, password, entropy(kSaltBytes)),
                               scramCredential(ScramHash::kSha512, password, entropy(kSaltBytes))});
  return Done{};
}

Result<> CredentialList::put(std::string_view user, ScramHash hash, ScramCredential credential) {
  MR_TRY(checkName(user));
  if (!isCredential(hash, credential)) {
    return Error::user(fmt::format(
        "a credential has a salt of 1 to {} bytes, keys as long as its hash, and {} iterations or "
        "more",
        kMostSalt, kScramIterations));
  }
  users_.try_emplace(std::string(user)).first->second.of(hash) = std::move(credential);
  return Done{};
}

bool CredentialList::remove(std::string_view user, ScramHash hash) {
  const auto found = users_.find(user);
  if (found == users_.end() || !found->second.of(hash)) return false;
  found->second.of(hash).reset();
  if (!found->second.sha256 && !found->second.sha512) users_.erase(found);
  return true;
}

bool CredentialList::remove(std::string_view user) {
  const auto found = users_.find(user);
  if (found == users_.end()) return false;
  users_.erase(found);
  return true;
}

}  // namespace millrace::log
