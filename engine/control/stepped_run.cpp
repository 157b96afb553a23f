// SPDX-License-Identifier: Apache-2.0
#include "engine/control/stepped_run.h"

#include <algorithm>

namespace millrace::engine {

Result<bool> SteppedRun::work() {
  if (slice()) return true;
  return group();
}

void SteppedRun::advanceTo(Nanos moment) {
  clock_.advance(std::max<Nanos>(moment - clock_.monotonic(), 1));
}

bool SteppedRun::wait() {
  const auto moment = nextMoment();
  if (moment) advanceTo(*moment);
  return moment.has_value();
}

}  // namespace millrace::engine
