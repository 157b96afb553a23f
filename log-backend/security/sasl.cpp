// SPDX-License-Identifier: Apache-2.0
#include "log-backend/security/sasl.h"

namespace millrace::log {
namespace {

constexpr std::string_view kPlain = "PLAIN";
constexpr std::string_view kSha256 = "SCRAM-SHA-256";
constexpr std::string_view kSha512 = "SCRAM-SHA-512";

}  // namespace

std::vector<std::string> SaslSession::mechanisms(const SaslRules& rules) {
  std::vector<std::string> names{std::string(kSha256), std::string(kSha512)};
  if (rules.plain) names.insert(names.begin(), std::string(kPlain));
  return names;
}

bool SaslSession::choose(std::string_view mechanism) {
  done_ = false;
  user_.clear();
  const auto scram = [this](ScramHash hash) {
    mechanism_.emplace<ScramConversation>(
        hash, [this, hash](std::string_view user) { return rules_.find(user, hash); },
        rules_.nonce);
  };
  if (mechanism == kPlain && rules_.plain)
    mechanism_.emplace<Plain>();
  else if (mechanism == kSha256)
    scram(ScramHash::kSha256);
  else if (mechanism == kSha512)
    scram(ScramHash::kSha512);
  else
    return false;
  return true;
}

Result<std::string> SaslSession::answer(std::string_view message) {
  if (std::holds_alternative<Plain>(mechanism_)) return plain(message);
  auto* scram = std::get_if<ScramConversation>(&mechanism_);
  if (scram == nullptr) return Error::user("no mechanism was chosen");
  std::string said = MR_TRY(scram->answer(message));
  if (scram->isDone()) {
    done_ = true;
    user_ = scram->user();
  }
  return said;
}

Result<std::string> SaslSession::plain(std::string_view message) {
  const std::size_t first = message.find('\0');
  const std::size_t second =
      first == std::string_view::npos ? first : message.find('\0', first + 1);
  if (second == std::string_view::npos || message.find('\0', second + 1) != std::string_view::npos)
    return Error::user("the message is no PLAIN");
  const std::string_view authorized = message.substr(0, first);
  const std::string_view user = message.substr(first + 1, second - first - 1);
  const std::string_view password = message.substr(second + 1);
  if (!authorized.empty() && authorized != user)
    return Error::user("the client wants to be somebody else");
  // Admin clients may have given a user one of the hashes alone.
  ScramHash hash = ScramHash::kSha256;
  auto known = rules_.find(user, hash);
  if (!known) {
    known = rules_.find(user, ScramHash::kSha512);
    if (known) hash = ScramHash::kSha512;
  }
  // As long for a user who is not there.
  const ScramCredential nobody{kScramIterations, "0123456789abcdef", {}, {}};
  const bool right = isPasswordOf(hash, known.value_or(nobody), password);
  if (!known || !right) return Error::user("there is no such user, or the password is wrong");
  done_ = true;
  user_ = user;
  return std::string();
}

}  // namespace millrace::log
