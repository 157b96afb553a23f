// SPDX-License-Identifier: Apache-2.0
#pragma once
// UUIDs as text (RFC 9562): random ones, and those made of a namespace and a name.

#include "engine/base/random.h"
#include "engine/base/result.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::expression {

using UuidBytes = std::array<std::uint8_t, 16>;

std::string randomUuid(Random& random);
std::optional<UuidBytes> parseUuid(std::string_view text);
/// The first 16 bytes of a digest, with version and variant written in.
std::string uuidFromDigest(const std::uint8_t* digest, unsigned version);

}  // namespace millrace::expression
