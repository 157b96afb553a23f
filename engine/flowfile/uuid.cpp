// SPDX-License-Identifier: Apache-2.0
#include "engine/flowfile/uuid.h"

#include "engine/base/random.h"

namespace millrace {
namespace {

// The layout takes 6 bits for version and variant. A 64-bit id keeps 62 bits in the low word
// (variant on top) and its two highest bits in the high word, whose other bits are a function of
// store and id: a checksum.
constexpr std::uint64_t kLowMask = (1ULL << 62) - 1;

// A bijection of 62-bit numbers: two Feistel rounds over halves of 31 bits, keyed by the store.
constexpr std::uint64_t kHalf = (1ULL << 31) - 1;
std::uint64_t scramble(std::uint64_t value, std::uint64_t store) {
  std::uint64_t left = value >> 31;
  std::uint64_t right = value & kHalf;
  for (std::uint64_t round = 0; round < 4; ++round) {
    const std::uint64_t next = left ^ (mix64(right ^ mix64(store + round)) & kHalf);
    left = right;
    right = next;
  }
  return (left << 31) | right;
}
std::uint64_t unscramble(std::uint64_t value, std::uint64_t store) {
  std::uint64_t left = value >> 31;
  std::uint64_t right = value & kHalf;
  for (std::uint64_t round = 4; round-- > 0;) {
    const std::uint64_t previous = right ^ (mix64(left ^ mix64(store + round)) & kHalf);
    right = left;
    left = previous;
  }
  return (left << 31) | right;
}
std::uint64_t highWord(std::uint64_t store, std::uint64_t id) {
  std::uint64_t high = mix64(store ^ mix64(id));
  high = (high & ~0x3ULL) | (id >> 62);
  return (high & ~0xf000ULL) | 0x4000ULL;
}

}  // namespace

Uuid Uuid::ofFlowFile(std::uint64_t store, std::uint64_t id) {
  return {highWord(store, id), scramble(id & kLowMask, store) | (2ULL << 62)};
}

std::optional<std::uint64_t> Uuid::flowFileId(std::uint64_t store) const {
  if ((low_ >> 62) != 2) return std::nullopt;
  const std::uint64_t id = unscramble(low_ & kLowMask, store) | ((high_ & 0x3ULL) << 62);
  if (highWord(store, id) != high_) return std::nullopt;
  return id;
}

void Uuid::print(char* into) const {
  static constexpr char kDigits[] = "0123456789abcdef";
  int bit = 60;
  for (std::size_t i = 0; i < kTextLength; ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      into[i] = '-';
      continue;
    }
    const std::uint64_t word = i < 18 ? high_ : low_;
    into[i] = kDigits[(word >> bit) & 0xfU];
    bit = bit == 0 ? 60 : bit - 4;
  }
}

std::string Uuid::text() const {
  std::string result(kTextLength, '\0');
  print(result.data());
  return result;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != kTextLength) return std::nullopt;
  std::uint64_t words[2] = {0, 0};
  for (std::size_t i = 0; i < kTextLength; ++i) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return std::nullopt;
      continue;
    }
    std::uint64_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<std::uint64_t>(c - 'a') + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<std::uint64_t>(c - 'A') + 10;
    } else {
      return std::nullopt;
    }
    std::uint64_t& word = words[i < 18 ? 0 : 1];
    word = (word << 4) | digit;
  }
  return Uuid(words[0], words[1]);
}

}  // namespace millrace
