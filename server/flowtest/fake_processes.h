// SPDX-License-Identifier: Apache-2.0
#pragma once
// FakeProcesses: programs that are nothing but the answers that a test states. What no answer fits
// cannot be started. Threads: as ProcessRunner; the answers are constant.

#include "engine/base/process_runner.h"
#include "server/flowtest/test_case.h"

#include <vector>

namespace millrace::flowtest {

class FakeProcesses final : public ProcessRunner {
 public:
  /// The first answer that fits is taken.
  explicit FakeProcesses(std::vector<ProgramAnswer> answers) : answers_(std::move(answers)) {}
  Result<std::unique_ptr<ChildProcess>> start(const ProcessRequest& request) override;

 private:
  const std::vector<ProgramAnswer> answers_;
};

}  // namespace millrace::flowtest
