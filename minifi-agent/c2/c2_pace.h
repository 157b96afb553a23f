// SPDX-License-Identifier: Apache-2.0
#pragma once
// C2Pace: when the next heartbeat is due. Agents that were started together do not stay together,
// and a server that is away is asked less and less often. Threads: a plain value.

#include "engine/base/clock.h"
#include "engine/base/random.h"

#include <algorithm>
#include <cstdint>

namespace millrace::agent {

class C2Pace {
 public:
  static constexpr Nanos kLongest = 5 * kMinute;

  C2Pace(Nanos period, Random random) : period_(period), random_(random) {}

  /// How long to wait after an answer: the period, a tenth more or less.
  Nanos afterAnswer() {
    failures_ = 0;
    return around(period_);
  }
  /// The same after none: twice as long each time, to five minutes or the period. With a flow on
  /// trial it stays at the period, since there is not much time.
  Nanos afterNone(bool onTrial) {
    if (onTrial) failures_ = 0;
    const Nanos wait = std::min(std::max(period_, kLongest), period_ << failures_);
    if (failures_ < kMostDoublings) ++failures_;
    return around(wait);
  }

 private:
  static constexpr unsigned kMostDoublings =
      12;  // of a tenth of a second, and no overflow of a day

  Nanos around(Nanos wait) {
    const Nanos tenth = wait / 10;
    return wait - tenth +
           static_cast<Nanos>(random_.below(2 * static_cast<std::uint64_t>(tenth) + 1));
  }

  const Nanos period_;
  Random random_;
  unsigned failures_ = 0;
};

}  // namespace millrace::agent
