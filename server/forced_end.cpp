// SPDX-License-Identifier: Apache-2.0
#include "server/forced_end.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

namespace millrace::server {

bool complainOfTerminated(const FlowHost& host, const std::function<void(std::string_view)>& say) {
  for (const std::string& path : host.terminated()) {
    say(
        fmt::format("'{}' did not stop in time (--drain) and was terminated; what it had in "
                    "hand is back in its queues",
                    path));
  }
  return !host.terminated().empty();
}

void endAtOnce(ExitCode code) {
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
  ::_exit(static_cast<int>(code));
}

}  // namespace millrace::server
