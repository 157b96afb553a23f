// SPDX-License-Identifier: Apache-2.0
#pragma once
// Moving: an operator's session that takes what waits in one queue and puts it, unchanged and in
// its order, at the end of another. Commits like any other, with a ROUTE event for each FlowFile.
//
// Errors: those of the store; what was moved before stays moved. Threads: any, while nothing else
// takes from `from`.

#include "engine/session/engine_session.h"

namespace millrace::engine {

/// How many were moved; a FlowFile that is penalized stays where it is. `component` is who the
/// events name.
Result<std::uint64_t> moveFlowFiles(Store& store, const std::shared_ptr<FlowFileQueue>& from,
                                    const std::shared_ptr<FlowFileQueue>& into,
                                    ComponentId component);

}  // namespace millrace::engine
