// SPDX-License-Identifier: Apache-2.0
#pragma once
// LatencyHistogram: how long things took in the last minutes, in a fixed number of counters: four
// to an octave from a microsecond up, so that a figure is right within a fifth. Two halves of five
// minutes each: figures are those of the last five to ten minutes.
//
// Promise: add() takes no lock and no memory. While a half begins anew, threads that add at the
// same moment may lose what they add. Threads: any; of a look one at a time.

#include "engine/base/clock.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

namespace millrace::engine {

class LatencyHistogram {
 public:
  static constexpr Nanos kHalf = 5 * kMinute;

  /// `now`: monotonic. `count`: of things that took so long.
  void add(Nanos now, Nanos took, std::uint32_t count = 1);

  struct Figures {
    Nanos p50 = 0;
    Nanos p99 = 0;
    std::uint64_t count = 0;
    bool operator==(const Figures&) const = default;
  };
  /// Nothing when nothing was added for long.
  std::optional<Figures> figures(Nanos now) const;
  /// Rises with everything that is added, after it was.
  std::uint64_t additions() const { return additions_.load(std::memory_order_acquire); }

 private:
  static constexpr std::size_t kPerOctave = 4;
  static constexpr std::size_t kBuckets = 35 * kPerOctave;  // up to nine hours
  struct Half {
    std::atomic<std::int64_t> number{-1};
    std::array<std::atomic<std::uint32_t>, kBuckets> counts{};
  };
  static std::size_t bucketOf(Nanos took);
  static Nanos middleOf(std::size_t bucket);

  std::array<Half, 2> halves_;
  std::atomic<std::uint64_t> additions_{0};
};

/// The figures of one histogram, kept from one look to the next: counted anew only when something
/// was added, or fell out of its minutes. Threads: one at a time.
class LatencyLook {
 public:
  /// `histogram`: each time the same.
  const std::optional<LatencyHistogram::Figures>& at(const LatencyHistogram& histogram, Nanos now);

 private:
  std::optional<std::uint64_t> additions_;
  std::int64_t half_ = 0;
  std::optional<LatencyHistogram::Figures> figures_;
};

}  // namespace millrace::engine
