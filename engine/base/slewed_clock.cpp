// SPDX-License-Identifier: Apache-2.0
#include "engine/base/slewed_clock.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace millrace {

SlewedClock::SlewedClock(const Clock& clock, OnStep onStep)
    : clock_(clock),
      onStep_(std::move(onStep)),
      base_(clock.wall() - clock.monotonic() / kMillisecond) {}

Millis SlewedClock::wall() const {
  const Nanos now = clock_.monotonic();
  const Millis raw = clock_.wall();
  const Millis wanted = raw - now / kMillisecond;
  const Millis base = base_.load(std::memory_order_relaxed);
  if (!slewing_.load(std::memory_order_acquire) && std::abs(wanted - base) <= kFollowedAtOnce) {
    // A clock that is set by small amounts, however often, has not stepped.
    if (wanted != base) base_.store(wanted, std::memory_order_relaxed);
    return raw;
  }
  return slew(now, wanted);
}

Millis SlewedClock::slew(Nanos now, Millis wanted) const {
  Millis step = 0;
  Millis told = 0;
  {
    MutexLock lock(mutex_);
    Millis base = base_.load(std::memory_order_relaxed);
    if (!slewing_.load(std::memory_order_relaxed)) {
      step = wanted - base;
      slewedUpTo_ = now;
      slewing_.store(true, std::memory_order_release);
    } else if (std::abs(wanted - wanted_) > kFollowedAtOnce) {
      step = wanted - wanted_;
    }
    wanted_ = wanted;
    const Millis left = wanted - base;
    const Millis allowed = std::max<Nanos>(now - slewedUpTo_, 0) / (kSlowness * kMillisecond);
    const Millis moved = std::clamp(left, -allowed, allowed);
    slewedUpTo_ += allowed * kSlowness * kMillisecond;
    base += moved;
    base_.store(base, std::memory_order_relaxed);
    if (base == wanted) slewing_.store(false, std::memory_order_release);
    told = base + now / kMillisecond;
  }
  if (step != 0 && onStep_) onStep_(step);
  return told;
}

std::string sentenceOfStep(Millis by) {
  return "the wall clock was set " + std::string(by > 0 ? "forward" : "back") + " by " +
         std::to_string(std::abs(by) / 1000) +
         " s; the ages of FlowFiles follow by a tenth of the time that passes, a restart takes it "
         "over at once";
}

}  // namespace millrace
