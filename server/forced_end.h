// SPDX-License-Identifier: Apache-2.0
#pragma once
// The end of a program with processors that did not stop: they are named, and a program with a
// thread that still hangs ends without destroying what that thread may look at.

#include "server/command.h"
#include "server/flow_host.h"

#include <functional>
#include <string_view>

namespace millrace::server {

/// One line for each processor that host.stop() terminated; false when there was none.
bool complainOfTerminated(const FlowHost& host, const std::function<void(std::string_view)>& say);
/// Ends the program here and now. Everything must be durable.
[[noreturn]] void endAtOnce(ExitCode code);

}  // namespace millrace::server
