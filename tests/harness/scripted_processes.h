// SPDX-License-Identifier: Apache-2.0
#pragma once
// ScriptedProcesses: programs that exist only here and do the same each time: `echo` writes its
// arguments and then its input, `fail` does the same and ends with 3, `silent` writes nothing; any
// other name cannot be started. Threads: as ProcessRunner.

#include "engine/base/process_runner.h"

namespace millrace::tests {

class ScriptedProcesses final : public ProcessRunner {
 public:
  Result<std::unique_ptr<ChildProcess>> start(const ProcessRequest& request) override;
};

}  // namespace millrace::tests
