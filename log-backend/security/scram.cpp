// SPDX-License-Identifier: Apache-2.0
#include "log-backend/security/scram.h"

namespace millrace::log {
namespace {

Error malformed() { return Error::user("the message is no SCRAM"); }

/// `k=value` at the start of a list, taken from it.
std::optional<std::string_view> take(std::string_view& rest, char key) {
  if (rest.size() < 2 || rest[0] != key || rest[1] != '=') return std::nullopt;
  const std::size_t end = std::min(rest.find(','), rest.size());
  const std::string_view value = rest.substr(2, end - 2);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return value;
}

/// Without the escapes of commas and equals signs.
std::optional<std::string> nameOf(std::string_view text) {
  std::string name;
  while (!text.empty()) {
    if (text.front() != '=') {
      name += text.front();
      text.remove_prefix(1);
    } else if (text.starts_with("=2C") || text.starts_with("=3D")) {
      name += text[1] == '2' ? ',' : '=';
      text.remove_prefix(3);
    } else {
      return std::nullopt;
    }
  }
  return name.empty() ? std::nullopt : std::optional(name);
}

}  // namespace

ScramCredential scramCredential(ScramHash hash, std::string_view password, std::string salt,
                                int iterations) {
  const std::string salted = scramSalted(hash, password, salt, iterations);
  return scramCredentialOfSalted(hash, salted, std::move(salt), iterations);
}

ScramCredential scramCredentialOfSalted(ScramHash hash, std::string_view salted, std::string salt,
                                        int iterations) {
  return {iterations, std::move(salt), scramDigest(hash, scramHmac(hash, salted, "Client Key")),
          scramHmac(hash, salted, "Server Key")};
}

bool isPasswordOf(ScramHash hash, const ScramCredential& credential, std::string_view password) {
  const auto given = scramCredential(hash, password, credential.salt, credential.iterations);
  return sameBytes(given.storedKey, credential.storedKey);
}

Result<std::string> ScramConversation::answer(std::string_view message) {
  if (step_ == Step::kFirst) return first(message);
  if (step_ == Step::kFinal) return final(message);
  return Error::user("the conversation is over");
}

Result<std::string> ScramConversation::first(std::string_view message) {
  if (message.size() < 3 || (message[0] != 'n' && message[0] != 'y') || message[1] != ',')
    return Error::user("the client asks for channel binding, or its message is no SCRAM");
  const std::size_t end = message.find(',', 2);
  if (end == std::string_view::npos) return malformed();
  header_ = message.substr(0, end + 1);
  const std::string_view authorized = message.substr(2, end - 2);
  const std::string_view bare = message.substr(end + 1);
  std::string_view rest = bare;
  const auto user = take(rest, 'n');
  const auto nonce = take(rest, 'r');
  if (!user || !nonce || nonce->empty()) return malformed();
  auto name = nameOf(*user);
  if (!name) return malformed();
  if (!authorized.empty() &&
      nameOf(authorized.substr(authorized.starts_with("a=") ? 2 : 0)) != name)
    return Error::user("the client wants to be somebody else");
  if (rest.find("tokenauth=true") != std::string_view::npos)
    return Error::user("there are no delegation tokens");
  user_ = std::move(*name);
  auto found = find_(user_);
  known_ = found.has_value();
  constexpr std::size_t kSaltBytes = 16;
  // Who asks for a user that is not there must not learn that.
  credential_ = known_
                    ? std::move(*found)
                    : ScramCredential{kScramIterations,
                                      scramDigest(hash_, "salt of " + user_).substr(0, kSaltBytes),
                                      {},
                                      {}};
  nonce_ = std::string(*nonce) + makeNonce_();
  std::string answer = "r=" + nonce_ + ",s=" + toBase64(credential_.salt) +
                       ",i=" + std::to_string(credential_.iterations);
  spoken_ = std::string(bare) + "," + answer;
  step_ = Step::kFinal;
  return answer;
}

Result<std::string> ScramConversation::final(std::string_view message) {
  step_ = Step::kDone;
  const std::size_t proofAt = message.rfind(",p=");
  if (proofAt == std::string_view::npos) return malformed();
  std::string_view rest = message.substr(0, proofAt);
  const auto proof = fromBase64(message.substr(proofAt + 3));
  const auto channel = take(rest, 'c');
  const auto nonce = take(rest, 'r');
  if (!proof || !channel || !nonce) return malformed();
  // librdkafka before 2.11 says its own nonce once more in front, which Kafka took until 3.7; the
  // proof is over what was said.
  if (fromBase64(*channel) != header_ || !nonce->ends_with(nonce_))
    return Error::user("the client's second message does not go with its first");
  const std::string all = spoken_ + "," + std::string(message.substr(0, proofAt));
  if (!known_) return Error::user("there is no such user");
  std::string key = scramHmac(hash_, credential_.storedKey, all);
  if (proof->size() != key.size()) return malformed();
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<char>(key[i] ^ (*proof)[i]);
  if (!sameBytes(scramDigest(hash_, key), credential_.storedKey))
    return Error::user("the password is wrong");
  return "v=" + toBase64(scramHmac(hash_, credential_.serverKey, all));
}

}  // namespace millrace::log
