// SPDX-License-Identifier: Apache-2.0
#pragma once
// What both sides of SCRAM compute with (RFC 5802, RFC 7677): digests, salted passwords, nonces and
// base64, all of OpenSSL, which must be there (engine/base/openssl.h). Threads: functions of their
// arguments alone.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::log {

enum class ScramHash : std::uint8_t { kSha256, kSha512 };

std::string scramHmac(ScramHash hash, std::string_view key, std::string_view text);
std::string scramDigest(ScramHash hash, std::string_view text);
/// Hi() of RFC 5802.
std::string scramSalted(ScramHash hash, std::string_view password, std::string_view salt,
                        int iterations);
/// In a time that does not tell where they differ.
bool sameBytes(std::string_view a, std::string_view b);

/// So many bytes that nobody can guess.
using Entropy = std::function<std::string(std::size_t)>;
/// Of OpenSSL.
Entropy systemEntropy();

/// What a server adds to a client's nonce: printable, without a comma.
using Nonce = std::function<std::string()>;
Nonce systemNonce();

std::string toBase64(std::string_view bytes);
std::optional<std::string> fromBase64(std::string_view text);

}  // namespace millrace::log
