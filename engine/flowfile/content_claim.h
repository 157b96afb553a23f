// SPDX-License-Identifier: Apache-2.0
#pragma once
// ContentClaim: where the content of a FlowFile is. A plain value; it owns nothing: whoever keeps
// it is counted with ContentRepository::retain() and release().

#include "engine/base/bytes.h"

#include <compare>
#include <cstdint>

namespace millrace {

struct ContentClaim {
  std::uint64_t segment = 0;  ///< 0: no content
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint32_t crc = 0;  ///< CRC-32C of the content
  auto operator<=>(const ContentClaim&) const = default;
};

void writeClaim(ByteWriter& out, const ContentClaim& claim);
/// After bytes that are no claim, in.failed() is true.
ContentClaim readClaim(ByteReader& in);

}  // namespace millrace
