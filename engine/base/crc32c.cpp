// SPDX-License-Identifier: Apache-2.0
#include "engine/base/crc32c.h"

#include <array>

#if defined(__SSE4_2__)
#include <nmmintrin.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

namespace millrace {
namespace {

constexpr std::array<std::uint32_t, 256> makeTable() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0x82f63b78U : 0U);
    table[i] = crc;
  }
  return table;
}
constexpr auto kTable = makeTable();

}  // namespace

std::uint32_t crc32cByTable(ByteView bytes, std::uint32_t previous) {
  std::uint32_t crc = ~previous;
  for (const std::byte byte : bytes)
    crc = (crc >> 8) ^ kTable[(crc ^ static_cast<std::uint32_t>(byte)) & 0xffU];
  return ~crc;
}

#if defined(__SSE4_2__)
namespace {

// The instruction has a latency of three cycles but can begin each cycle, so that three stretches
// beside each other take as long as one. Their CRCs are joined by what zeros in the place of the
// stretches behind would have made of them: a linear map, applied by table (the method of zlib's
// crc32_combine).
constexpr std::size_t kStretchBits = 9;
constexpr std::size_t kStretch = 1U << kStretchBits;  // bytes

using Map = std::array<std::uint32_t, 32>;  ///< what becomes of each bit

constexpr std::uint32_t applied(const Map& map, std::uint32_t crc) {
  std::uint32_t result = 0;
  for (std::size_t bit = 0; crc != 0; ++bit, crc >>= 1)
    if ((crc & 1U) != 0) result ^= map[bit];
  return result;
}

/// What a stretch of zeros makes of a CRC, a table for each of its bytes.
constexpr auto makeShift() {
  Map map{};  // of one zero bit
  map[0] = 0x82f63b78U;
  for (std::size_t bit = 1; bit < 32; ++bit) map[bit] = 1U << (bit - 1);
  for (std::size_t doubling = 0; doubling < 3 + kStretchBits; ++doubling) {
    Map twice{};
    for (std::size_t bit = 0; bit < 32; ++bit) twice[bit] = applied(map, map[bit]);
    map = twice;
  }
  std::array<std::array<std::uint32_t, 256>, 4> tables{};
  for (std::size_t byte = 0; byte < 4; ++byte) {
    for (std::uint32_t value = 0; value < 256; ++value)
      tables[byte][value] = applied(map, value << (8 * byte));
  }
  return tables;
}
constexpr auto kShift = makeShift();

std::uint64_t shifted(std::uint64_t crc) {
  return kShift[0][crc & 0xffU] ^ kShift[1][(crc >> 8) & 0xffU] ^ kShift[2][(crc >> 16) & 0xffU] ^
         kShift[3][(crc >> 24) & 0xffU];
}

std::uint64_t wordAt(const std::byte* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

}  // namespace

std::uint32_t crc32c(ByteView bytes, std::uint32_t previous) {
  std::uint64_t crc = ~previous;
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 3 * kStretch; left -= 3 * kStretch, at += 3 * kStretch) {
    std::uint64_t second = 0;
    std::uint64_t third = 0;
    for (std::size_t i = 0; i < kStretch; i += 8) {
      crc = _mm_crc32_u64(crc, wordAt(at + i));
      second = _mm_crc32_u64(second, wordAt(at + kStretch + i));
      third = _mm_crc32_u64(third, wordAt(at + 2 * kStretch + i));
    }
    crc = shifted(shifted(crc) ^ second) ^ third;
  }
  for (; left >= 8; left -= 8, at += 8) crc = _mm_crc32_u64(crc, wordAt(at));
  auto narrow = static_cast<std::uint32_t>(crc);
  for (; left > 0; --left, ++at) narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(*at));
  return ~narrow;
}
#elif defined(__aarch64__)
namespace {

__attribute__((target("+crc"))) std::uint32_t crc32cByInstruction(ByteView bytes,
                                                                  std::uint32_t previous) {
  std::uint32_t crc = ~previous;
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    crc = __builtin_aarch64_crc32cx(crc, word);
  }
  for (; left > 0; --left, ++at)
    crc = __builtin_aarch64_crc32cb(crc, static_cast<unsigned char>(*at));
  return ~crc;
}

}  // namespace

// The first processors of ARMv8 may be without the instruction.
std::uint32_t crc32c(ByteView bytes, std::uint32_t previous) {
  static const bool has = (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
  return has ? crc32cByInstruction(bytes, previous) : crc32cByTable(bytes, previous);
}
#else
std::uint32_t crc32c(ByteView bytes, std::uint32_t previous) {
  return crc32cByTable(bytes, previous);
}
#endif

}  // namespace millrace
