// SPDX-License-Identifier: Apache-2.0
#include "log-backend/security/quota_meter.h"

#include <algorithm>

namespace millrace::log {

void QuotaMeter::forget(Nanos now) {
  const Nanos keeps = static_cast<Nanos>(kSamples) * kSample;
  while (count_ > 0 && now - samples_[first_].start >= keeps) {
    first_ = (first_ + 1) % kSamples;
    --count_;
  }
}

void QuotaMeter::add(double bytes, Nanos now) {
  forget(now);
  lastUsed_ = now;
  if (count_ > 0) {
    Sample& last = samples_[(first_ + count_ - 1) % kSamples];
    if (now - last.start < kSample) {
      last.bytes += bytes;
      return;
    }
  }
  if (count_ == kSamples) {
    first_ = (first_ + 1) % kSamples;
    --count_;
  }
  samples_[(first_ + count_) % kSamples] = {now, bytes};
  ++count_;
}

double QuotaMeter::window(Nanos now) const {
  constexpr Nanos kLeast = static_cast<Nanos>(kSamples - 1) * kSample;
  const Nanos elapsed = count_ == 0 ? 0 : now - samples_[first_].start;
  return static_cast<double>(std::max(elapsed, kLeast)) / static_cast<double>(kSecond);
}

double QuotaMeter::rate(Nanos now) {
  forget(now);
  double bytes = 0;
  for (std::size_t i = 0; i < count_; ++i) bytes += samples_[(first_ + i) % kSamples].bytes;
  return bytes / window(now);
}

Nanos QuotaMeter::waitFor(double limit, Nanos now) {
  const double observed = rate(now);
  if (observed <= limit || limit <= 0) return 0;
  const double seconds = (observed - limit) / limit * window(now);
  constexpr double kLongest = 3600;
  return static_cast<Nanos>(std::min(seconds, kLongest) * static_cast<double>(kSecond));
}

}  // namespace millrace::log
