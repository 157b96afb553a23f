// SPDX-License-Identifier: Apache-2.0
#pragma once
// ContentClaim: a range of the content repository, as it stands in journal records.

#include <cstdint>

namespace millrace {

struct ContentClaim {
  std::uint64_t segment = 0;  ///< number of the content segment, or of the adopted file
  std::uint64_t offset = 0;   ///< bytes from its start
  std::uint64_t length = 0;   ///< bytes
  std::uint32_t crc = 0;      ///< CRC-32C of all of them
  bool operator==(const ContentClaim&) const = default;
};

}  // namespace millrace
