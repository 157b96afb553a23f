// SPDX-License-Identifier: Apache-2.0
#include "log-backend/producer/scram_client.h"

#include <charconv>

namespace millrace::log {
namespace {

/// A server that asks for more would only keep us busy; Kafka asks for 4096 to 16384.
constexpr int kMostIterations = 1'000'000;

Error malformed() {
  return Error::environment("the broker's answer is no SCRAM, or not to what was asked", false);
}

/// The value of `k=value` in a list.
std::optional<std::string_view> valueOf(std::string_view list, char key) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    if (end >= 2 && list[0] == key && list[1] == '=') return list.substr(2, end - 2);
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return std::nullopt;
}

std::string escaped(std::string_view user) {
  std::string name;
  for (const char c : user) {
    if (c == ',') {
      name += "=2C";
    } else if (c == '=') {
      name += "=3D";
    } else {
      name += c;
    }
  }
  return name;
}

}  // namespace

ScramClient::ScramClient(ScramHash hash, std::string_view user, std::string password,
                         std::string nonce)
    : hash_(hash),
      password_(std::move(password)),
      nonce_(std::move(nonce)),
      firstBare_("n=" + escaped(user) + ",r=" + nonce_) {}

Result<std::string> ScramClient::final(std::string_view serverFirst) {
  const auto nonce = valueOf(serverFirst, 'r');
  const auto saltText = valueOf(serverFirst, 's');
  const auto countText = valueOf(serverFirst, 'i');
  if (!nonce || !saltText || !countText) return malformed();
  // A nonce that does not go on from ours is an answer to somebody else.
  if (!nonce->starts_with(nonce_) || nonce->size() == nonce_.size()) return malformed();
  const auto salt = fromBase64(*saltText);
  int iterations = 0;
  const auto [end, code] =
      std::from_chars(countText->data(), countText->data() + countText->size(), iterations);
  if (!salt || code != std::errc{} || end != countText->data() + countText->size() ||
      iterations < 1 || iterations > kMostIterations)
    return malformed();
  const std::string withoutProof = "c=biws,r=" + std::string(*nonce);  // biws: "n,,"
  const std::string spoken = firstBare_ + ',' + std::string(serverFirst) + ',' + withoutProof;
  const std::string salted = scramSalted(hash_, password_, *salt, iterations);
  const std::string clientKey = scramHmac(hash_, salted, "Client Key");
  std::string proof = scramHmac(hash_, scramDigest(hash_, clientKey), spoken);
  for (std::size_t i = 0; i < proof.size(); ++i)
    proof[i] = static_cast<char>(proof[i] ^ clientKey[i]);
  serverSignature_ = scramHmac(hash_, scramHmac(hash_, salted, "Server Key"), spoken);
  return withoutProof + ",p=" + toBase64(proof);
}

Result<> ScramClient::verify(std::string_view serverFinal) const {
  const auto given = valueOf(serverFinal, 'v');
  const auto signature = given ? fromBase64(*given) : std::nullopt;
  if (!signature || serverSignature_.empty()) return malformed();
  if (!sameBytes(*signature, serverSignature_)) {
    return Error::environment(
        "the broker does not know the password itself: it is not who it says it is", false);
  }
  return Done{};
}

}  // namespace millrace::log
