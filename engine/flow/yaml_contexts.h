// SPDX-License-Identifier: Apache-2.0
#pragma once
// The shared parameter contexts of a flow file, changed in its text: a parameter that is changed is
// one line that changes, with the comments around it. What is gone goes last, when no group names
// it any more. Pure functions.

#include "engine/base/result.h"
#include "engine/flow/flow.h"

#include <string>

namespace millrace::flow {

/// With contexts renamed where `wanted` has them under another name, changed ones changed, and new
/// ones added. Fails when the text is no flow file.
Result<std::string> withContexts(std::string text, const Flow& wanted);
/// Without those that `wanted` has not.
Result<std::string> withoutGoneContexts(std::string text, const Flow& wanted);

}  // namespace millrace::flow
