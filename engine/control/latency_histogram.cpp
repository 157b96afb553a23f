// SPDX-License-Identifier: Apache-2.0
#include "engine/control/latency_histogram.h"

#include <algorithm>
#include <bit>

namespace millrace::engine {
namespace {

constexpr int kSmallest = 10;  // 2^10 nanoseconds
constexpr int kSubBits = 2;    // four to an octave

}  // namespace

std::size_t LatencyHistogram::bucketOf(Nanos took) {
  const auto value = static_cast<std::uint64_t>(std::max<Nanos>(took, 0));
  const int octave = static_cast<int>(std::bit_width(value)) - 1;
  if (octave < kSmallest) return 0;
  const std::uint64_t sub = (value >> static_cast<unsigned>(octave - kSubBits)) & (kPerOctave - 1);
  const std::size_t bucket =
      static_cast<std::size_t>(octave - kSmallest) * kPerOctave + static_cast<std::size_t>(sub);
  return std::min(bucket, kBuckets - 1);
}

Nanos LatencyHistogram::middleOf(std::size_t bucket) {
  const std::uint64_t octave = std::uint64_t{1} << (kSmallest + bucket / kPerOctave);
  const std::uint64_t step = octave / kPerOctave;
  return static_cast<Nanos>(octave + (bucket % kPerOctave) * step + step / 2);
}

void LatencyHistogram::add(Nanos now, Nanos took, std::uint32_t count) {
  const std::int64_t number = now / kHalf;
  Half& half = halves_[static_cast<std::size_t>(number) % halves_.size()];
  std::int64_t there = half.number.load(std::memory_order_relaxed);
  if (there != number &&
      half.number.compare_exchange_strong(there, number, std::memory_order_relaxed)) {
    for (auto& each : half.counts) each.store(0, std::memory_order_relaxed);
  }
  half.counts[bucketOf(took)].fetch_add(count, std::memory_order_relaxed);
  additions_.fetch_add(1, std::memory_order_release);
}

std::optional<LatencyHistogram::Figures> LatencyHistogram::figures(Nanos now) const {
  const std::int64_t number = now / kHalf;
  std::array<std::uint64_t, kBuckets> counts{};
  Figures figures;
  for (const Half& half : halves_) {
    const std::int64_t there = half.number.load(std::memory_order_relaxed);
    if (there < number - 1 || there < 0) continue;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      counts[i] += half.counts[i].load(std::memory_order_relaxed);
      figures.count += half.counts[i].load(std::memory_order_relaxed);
    }
  }
  if (figures.count == 0) return std::nullopt;
  const auto at = [&](double share) {
    const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(figures.count - 1));
    std::uint64_t passed = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      passed += counts[i];
      if (passed > wanted) return middleOf(i);
    }
    return middleOf(kBuckets - 1);
  };
  constexpr double kHalfOfThem = 0.5;
  constexpr double kNearlyAll = 0.99;
  figures.p50 = at(kHalfOfThem);
  figures.p99 = at(kNearlyAll);
  return figures;
}

const std::optional<LatencyHistogram::Figures>& LatencyLook::at(const LatencyHistogram& histogram,
                                                                Nanos now) {
  // Read before the counters: what is added meanwhile makes the next look count again.
  const std::uint64_t additions = histogram.additions();
  const std::int64_t half = now / LatencyHistogram::kHalf;
  if (additions_ == additions && half_ == half) return figures_;
  additions_ = additions;
  half_ = half;
  figures_ = histogram.figures(now);
  return figures_;
}

}  // namespace millrace::engine
