// SPDX-License-Identifier: Apache-2.0
#pragma once
// Verdict: what a test expected against what happened, in words and differences for a person who
// knows the flow but not this program. Threads: pure function.

#include "server/flowtest/flow_trial.h"

#include <string>
#include <vector>

namespace millrace::flowtest {

struct Complaint {
  SourcePosition at;  ///< in the test file; unknown: the test as a whole
  std::vector<std::string> lines;
};

struct Verdict {
  std::vector<Complaint> complaints;  ///< none: the test passed
  std::vector<std::string> whatCame;  ///< to understand the complaints by; none when it passed
  bool passed() const { return complaints.empty(); }
};

Verdict judge(const TestCase& test, const Outcome& outcome, FileSystem& files);

}  // namespace millrace::flowtest
