// SPDX-License-Identifier: Apache-2.0
#pragma once
// Passwords: hashed with Argon2id (RFC 9106), as libsodium's interactive limits say: 64 MiB and a
// tenth of a second or so each. Threads: any.

#include "engine/base/result.h"

#include <string>
#include <string_view>

namespace millrace::server {

/// A user fault when a password is shorter than 8 or longer than 1024 bytes.
Result<> fitPassword(std::string_view password);
/// With a salt of its own. Errors as fitPassword().
Result<std::string> hashPassword(std::string_view password);
/// An empty hash fits no password, and takes as long to say so as any other.
bool isPassword(const std::string& hash, std::string_view password);

}  // namespace millrace::server
