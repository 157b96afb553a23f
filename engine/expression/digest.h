// SPDX-License-Identifier: Apache-2.0
#pragma once
// Message digests by the names that Java gives them.

#include "engine/base/result.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace millrace::expression {

/// MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512, SHA-512/224, SHA-512/256, SHA3-…; any other name
/// is an error.
Result<std::vector<std::uint8_t>> digest(std::string_view algorithm, std::string_view data);
/// Whether digest() knows the name.
bool isDigest(std::string_view algorithm);

}  // namespace millrace::expression
