// SPDX-License-Identifier: Apache-2.0
#pragma once
// CRC-32C (Castagnoli, RFC 3720 appendix B.4), with the processor's instruction where there is one.

#include "engine/base/bytes.h"

#include <cstdint>

namespace millrace {

/// The CRC of bytes; pass the CRC of what came before to continue it.
std::uint32_t crc32c(ByteView bytes, std::uint32_t previous = 0);
/// The same without the instruction: what crc32c() is on processors that lack it.
std::uint32_t crc32cByTable(ByteView bytes, std::uint32_t previous = 0);

}  // namespace millrace
