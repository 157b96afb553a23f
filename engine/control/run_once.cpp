// SPDX-License-Identifier: Apache-2.0
// One trigger of a component that is otherwise stopped.
#include "engine/control/component.h"

namespace millrace::engine {

Result<bool> Component::runOnce() {
  MR_TRY(start());
  const bool ready = isReady(services_.world.clock.monotonic());
  if (ready) {
    const std::uint64_t left = runsLeft_.exchange(1);
    runSlice();
    runsLeft_ = left;
  }
  beginStop();
  finishStop();
  return ready;
}

}  // namespace millrace::engine
