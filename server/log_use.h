// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether a flow wants the log of its own data directory. Threads: functions of their arguments.

#include "engine/flow/flow.h"

namespace millrace::server {

/// Some enabled connection service names the log inside of this program.
bool usesEmbeddedLog(const flow::Flow& flow);

}  // namespace millrace::server
