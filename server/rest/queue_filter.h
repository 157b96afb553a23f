// SPDX-License-Identifier: Apache-2.0
#pragma once
// The filter of a queue: an expression as RouteOnAttribute has them, which is true for the
// FlowFiles that are wanted. Threads: the filter is one thread's.

#include "engine/expression/evaluation.h"
#include "engine/session/look_flowfiles.h"

#include <string>

namespace millrace::server {

/// Null for an empty text. The Error names the place in the expression. The environment outlives
/// it.
Result<engine::FlowFileFilter> queueFilter(const std::string& text,
                                           const expression::EvaluationEnvironment& environment);

}  // namespace millrace::server
