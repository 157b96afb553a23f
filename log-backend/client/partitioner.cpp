// SPDX-License-Identifier: Apache-2.0
#include "log-backend/client/partitioner.h"

#include <cstring>

namespace millrace::log {

std::uint32_t murmur2(ByteView bytes) {
  constexpr std::uint32_t kSeed = 0x9747b28cU;
  constexpr std::uint32_t kMultiplier = 0x5bd1e995U;
  constexpr int kShift = 24;
  std::uint32_t hash = kSeed ^ static_cast<std::uint32_t>(bytes.size());
  std::size_t at = 0;
  for (; at + 4 <= bytes.size(); at += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof word);  // little-endian, as everywhere here
    word *= kMultiplier;
    word ^= word >> kShift;
    word *= kMultiplier;
    hash = (hash * kMultiplier) ^ word;
  }
  const std::size_t left = bytes.size() - at;
  if (left > 0) {
    for (std::size_t i = left; i > 0; --i)
      hash ^= std::to_integer<std::uint32_t>(bytes[at + i - 1]) << (8 * (i - 1));
    hash *= kMultiplier;
  }
  hash ^= hash >> 13;
  hash *= kMultiplier;
  return hash ^ (hash >> 15);
}

std::int32_t partitionOfKey(ByteView key, std::int32_t partitions) {
  return static_cast<std::int32_t>((murmur2(key) & 0x7fffffffU) %
                                   static_cast<std::uint32_t>(partitions));
}

}  // namespace millrace::log
