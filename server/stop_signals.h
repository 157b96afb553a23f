// SPDX-License-Identifier: Apache-2.0
#pragma once
// StopSignals: SIGINT and SIGTERM, taken out of the program's way: they are asked for instead of
// delivered. Make it before any thread. Threads: one waits.

#include "engine/base/clock.h"

#include <signal.h>

namespace millrace::server {

class StopSignals {
 public:
  StopSignals();
  /// True when one came within that time.
  bool wait(Nanos time);

 private:
  sigset_t set_{};
};

}  // namespace millrace::server
