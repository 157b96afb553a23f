// SPDX-License-Identifier: Apache-2.0
#pragma once
// Random: chance as a parameter. A seed gives one sequence (xoshiro256** by Blackman and Vigna,
// seeded by splitmix64). Threads: one instance belongs to one thread.

#include <cstdint>

namespace millrace {

/// One step of splitmix64: a bijection of 64-bit numbers with good mixing.
constexpr std::uint64_t mix64(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

class Random {
 public:
  using result_type = std::uint64_t;
  explicit Random(std::uint64_t seed);
  /// Seeded from the operating system.
  static Random fromEntropy();

  std::uint64_t next();
  /// A number in [0, bound); 0 when bound is 0.
  std::uint64_t below(std::uint64_t bound);
  /// True with probability part/whole.
  bool oneIn(std::uint64_t whole) { return below(whole) == 0; }

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~result_type{0}; }
  result_type operator()() { return next(); }

 private:
  std::uint64_t state_[4];
};

}  // namespace millrace
