// SPDX-License-Identifier: Apache-2.0
#pragma once
// RunStates: what was stopped and started from afar, on top of what the flow says. Threads: a plain
// value.

#include <map>
#include <string>

namespace millrace::agent {

struct RunStates {
  bool stopped = false;                    ///< the whole flow, but for what `components` says
  std::map<std::string, bool> components;  ///< by path: true when it was started
  bool operator==(const RunStates&) const = default;
};

}  // namespace millrace::agent
