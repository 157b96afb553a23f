// SPDX-License-Identifier: Apache-2.0
#include "engine/base/clock.h"

#include <ctime>

namespace millrace {
namespace {
Nanos read(clockid_t id) {
  timespec now{};
  clock_gettime(id, &now);
  return static_cast<Nanos>(now.tv_sec) * kSecond + now.tv_nsec;
}
}  // namespace

Nanos SystemClock::monotonic() const { return read(CLOCK_MONOTONIC); }
Millis SystemClock::wall() const { return read(CLOCK_REALTIME) / kMillisecond; }

}  // namespace millrace
