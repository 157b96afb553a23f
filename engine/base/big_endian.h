// SPDX-License-Identifier: Apache-2.0
#pragma once
// Numbers in network byte order, at any address. Threads: functions of their arguments alone.

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace millrace {

template <std::integral Number>
constexpr Number swapBytes(Number v) {
  using Bits = std::make_unsigned_t<Number>;
  const auto bits = static_cast<Bits>(v);
  if constexpr (sizeof(Number) == 1) return v;
  if constexpr (sizeof(Number) == 2) return static_cast<Number>(__builtin_bswap16(bits));
  if constexpr (sizeof(Number) == 4) return static_cast<Number>(__builtin_bswap32(bits));
  if constexpr (sizeof(Number) == 8) return static_cast<Number>(__builtin_bswap64(bits));
}

/// The number in the sizeof(Number) bytes at `at`, most significant byte first.
template <std::integral Number>
Number readBig(const std::byte* at) {
  Number v;
  std::memcpy(&v, at, sizeof v);
  return std::endian::native == std::endian::big ? v : swapBytes(v);
}

template <std::integral Number>
void writeBig(std::byte* at, Number v) {
  if constexpr (std::endian::native != std::endian::big) v = swapBytes(v);
  std::memcpy(at, &v, sizeof v);
}

}  // namespace millrace
