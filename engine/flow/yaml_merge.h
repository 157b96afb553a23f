// SPDX-License-Identifier: Apache-2.0
#pragma once
// Makes a flow file say another flow, as a person would: what means the same stays byte for byte,
// comments included; what differs is changed in its place. However many changes there are, the
// outcome is read again and compared with what was wanted, so that a merge is right or fails.
// Threads: a pure function.

#include "engine/base/result.h"
#include "engine/flow/flow.h"

#include <string>

namespace millrace::flow {

/// `text` must be readable without errors. Elements are known by id; `wanted` must be linked. One
/// that moves to another group is written anew there.
Result<std::string> mergeFlow(std::string text, const Flow& wanted);

}  // namespace millrace::flow
