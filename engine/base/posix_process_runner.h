// SPDX-License-Identifier: Apache-2.0
#pragma once
// PosixProcessRunner: ProcessRunner on this machine's kernel. A child leads a process group of its
// own, so that kill() reaches what it has started too; it inherits no descriptor but its three
// streams, and no blocked or ignored signal. A program that cannot be started is an Error of
// start(), not an exit code.

#include "engine/base/process_runner.h"

#include <memory>

namespace millrace {

std::unique_ptr<ProcessRunner> makePosixProcessRunner();

}  // namespace millrace
