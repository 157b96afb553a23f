// SPDX-License-Identifier: Apache-2.0
#pragma once
// SlewedClock: another clock whose wall time never jumps far. A difference of up to a minute is
// followed at once; of a greater step wall() makes good a tenth of the time that passes, so that
// nothing grows a day older, or a day younger, between two looks at the clock. The ages by which
// FlowFiles expire are measured with it.
//
// A new object begins with the present wall time: a restart takes a step over at once.
// Ownership: the clock outlives it. Threads: any. The listener is called on the thread that looks
// first after a step, without a lock held.

#include "engine/base/clock.h"
#include "engine/base/mutex.h"

#include <atomic>
#include <functional>
#include <string>

namespace millrace {

class SlewedClock final : public Clock {
 public:
  static constexpr Millis kFollowedAtOnce = 60'000;
  static constexpr std::int64_t kSlowness = 10;  ///< one part of the time that passes is made good
  /// `by`: how far the wall clock was set forward, or back (negative).
  using OnStep = std::function<void(Millis by)>;

  explicit SlewedClock(const Clock& clock, OnStep onStep = {});
  Nanos monotonic() const override { return clock_.monotonic(); }
  Millis wall() const override;

 private:
  Millis slew(Nanos now, Millis wanted) const;

  const Clock& clock_;
  const OnStep onStep_;
  /// Wall time at the zero of the monotonic clock, as this clock tells it. Written under the lock
  /// while slewing, else by whoever sees a small difference.
  mutable std::atomic<Millis> base_;
  mutable std::atomic<bool> slewing_{false};
  mutable Mutex mutex_;
  mutable Nanos slewedUpTo_ MR_GUARDED_BY(mutex_) = 0;
  mutable Millis wanted_ MR_GUARDED_BY(mutex_) = 0;  ///< the base that is made for
};

/// What a bulletin says of a step.
std::string sentenceOfStep(Millis by);

}  // namespace millrace
