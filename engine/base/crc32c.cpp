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
std::uint32_t crc32c(ByteView bytes, std::uint32_t previous) {
  std::uint64_t crc = ~previous;
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    crc = _mm_crc32_u64(crc, word);
  }
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
