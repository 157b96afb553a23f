// SPDX-License-Identifier: Apache-2.0
#pragma once
// Clock: time as a parameter. Nothing in the engine reads the system clock but through this
// interface, so that a flow runs deterministically in tests. Threads: every method may be called
// from any thread.

#include <atomic>
#include <cstdint>

namespace millrace {

using Nanos = std::int64_t;   ///< a duration, or a point on the monotonic clock
using Millis = std::int64_t;  ///< wall-clock milliseconds since 1970-01-01 UTC

constexpr Nanos kMicrosecond = 1'000;
constexpr Nanos kMillisecond = 1'000'000;
constexpr Nanos kSecond = 1'000'000'000;
constexpr Nanos kMinute = 60 * kSecond;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Nanos monotonic() const = 0;
  virtual Millis wall() const = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  Nanos monotonic() const override;
  Millis wall() const override;
};

/// A clock that moves when told. advance() moves both readings; stepWall() only the wall clock,
/// as an operator or NTP would.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(Millis wallStart = 1'700'000'000'000) : wall_(wallStart) {}
  Nanos monotonic() const override { return monotonic_.load(); }
  Millis wall() const override { return wall_.load() + monotonic_.load() / kMillisecond; }
  void advance(Nanos by) { monotonic_.fetch_add(by); }
  void stepWall(Millis by) { wall_.fetch_add(by); }

 private:
  std::atomic<Nanos> monotonic_{0};
  std::atomic<Millis> wall_;
};

}  // namespace millrace
