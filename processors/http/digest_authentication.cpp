// SPDX-License-Identifier: Apache-2.0
#include "processors/http/digest_authentication.h"

#include "engine/expression/digest.h"
#include "engine/expression/escapes.h"
#include "processors/http/http_message.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace millrace::processors {
namespace {

std::string hexDigest(std::string_view algorithm, const std::string& text) {
  const auto bytes = expression::digest(algorithm, text);
  return bytes.ok() ? fmt::format("{:02x}", fmt::join(*bytes, "")) : std::string();
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

}  // namespace

std::string basicAuthorization(const Credentials& credentials) {
  return "Basic " + expression::base64Encode(credentials.user + ":" + credentials.password);
}

std::optional<std::string> parameterOf(std::string_view list, std::string_view name) {
  std::size_t at = 0;
  while (at < list.size()) {
    const std::size_t start = list.find_first_not_of(" \t,;", at);
    if (start == std::string_view::npos) break;
    const std::size_t nameEnd = std::min(list.find_first_of("=,;", start), list.size());
    const std::string_view found = withoutBlanks(list.substr(start, nameEnd - start));
    at = nameEnd;
    std::string value;
    if (at < list.size() && list[at] == '=') {
      at = std::min(list.find_first_not_of(" \t", at + 1), list.size());
      if (at < list.size() && list[at] == '"') {
        for (++at; at < list.size() && list[at] != '"'; ++at) {
          if (list[at] == '\\' && at + 1 < list.size()) ++at;
          value += list[at];
        }
        at = std::min(list.find_first_of(",;", at), list.size());
      } else {
        const std::size_t end = std::min(list.find_first_of(",;", at), list.size());
        value = withoutBlanks(list.substr(at, end - at));
        at = end;
      }
    }
    if (sameIgnoringCase(found, name)) return value;
  }
  return std::nullopt;
}

bool DigestSession::challenge(std::string_view field) {
  constexpr std::string_view kScheme = "Digest ";
  if (field.size() < kScheme.size() || !sameIgnoringCase(field.substr(0, kScheme.size()), kScheme))
    return false;
  field.remove_prefix(kScheme.size());
  const auto nonce = parameterOf(field, "nonce");
  if (!nonce) return false;
  Challenge challenge;
  challenge.nonce = *nonce;
  challenge.realm = parameterOf(field, "realm").value_or("");
  challenge.opaque = parameterOf(field, "opaque");
  challenge.algorithm = parameterOf(field, "algorithm").value_or("");
  if (!challenge.algorithm.empty() && !sameIgnoringCase(challenge.algorithm, "MD5") &&
      !sameIgnoringCase(challenge.algorithm, "SHA-256"))
    return false;
  if (const auto quality = parameterOf(field, "qop")) {
    HttpFields words;
    words.add("qop", *quality);
    if (!words.hasWord("qop", "auth")) return false;
    challenge.hasQuality = true;
  }
  MutexLock lock(mutex_);
  challenge_ = std::move(challenge);
  return true;
}

std::optional<std::string> DigestSession::answer(const Credentials& credentials,
                                                 std::string_view method, std::string_view target,
                                                 std::string_view clientNonce) {
  Challenge challenge;
  {
    MutexLock lock(mutex_);
    if (!challenge_) return std::nullopt;
    ++challenge_->uses;
    challenge = *challenge_;
  }
  const std::string_view algorithm =
      sameIgnoringCase(challenge.algorithm, "SHA-256") ? "SHA-256" : "MD5";
  const std::string secret = hexDigest(
      algorithm, fmt::format("{}:{}:{}", credentials.user, challenge.realm, credentials.password));
  const std::string what = hexDigest(algorithm, fmt::format("{}:{}", method, target));
  const std::string count = fmt::format("{:08x}", challenge.uses);
  const std::string response =
      challenge.hasQuality
          ? hexDigest(algorithm, fmt::format("{}:{}:{}:{}:auth:{}", secret, challenge.nonce, count,
                                             clientNonce, what))
          : hexDigest(algorithm, fmt::format("{}:{}:{}", secret, challenge.nonce, what));
  std::string field = fmt::format("Digest username={}, realm={}, nonce={}, uri={}, response=\"{}\"",
                                  quoted(credentials.user), quoted(challenge.realm),
                                  quoted(challenge.nonce), quoted(target), response);
  if (!challenge.algorithm.empty()) field += ", algorithm=" + challenge.algorithm;
  if (challenge.opaque) field += ", opaque=" + quoted(*challenge.opaque);
  if (challenge.hasQuality)
    field += fmt::format(", qop=auth, nc={}, cnonce={}", count, quoted(clientNonce));
  return field;
}

}  // namespace millrace::processors
