// SPDX-License-Identifier: Apache-2.0
#pragma once
// QuotaMeter: how fast bytes went through in the last ten seconds, and how long to wait so that the
// rate comes down to a limit. Source: KIP-13 and KIP-124; the window is Kafka's default (11 samples
// of a second, the last of them begun). Threads: one at a time.

#include "engine/base/clock.h"

#include <array>
#include <cstdint>

namespace millrace::log {

class QuotaMeter {
 public:
  static constexpr std::size_t kSamples = 11;
  static constexpr Nanos kSample = kSecond;

  /// `now` is monotonic and never goes back.
  void add(double bytes, Nanos now);
  /// Bytes a second.
  double rate(Nanos now);
  /// Until the rate is back at `limit` if nothing more comes; 0: it is not above it.
  Nanos waitFor(double limit, Nanos now);
  Nanos lastUsed() const { return lastUsed_; }

 private:
  void forget(Nanos now);
  /// What the bytes are spread over: at least all whole samples.
  double window(Nanos now) const;

  struct Sample {
    Nanos start = 0;
    double bytes = 0;
  };
  std::array<Sample, kSamples> samples_{};
  std::size_t first_ = 0;  ///< the oldest
  std::size_t count_ = 0;
  Nanos lastUsed_ = 0;
};

}  // namespace millrace::log
