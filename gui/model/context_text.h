// SPDX-License-Identifier: Apache-2.0
#pragma once
// The shared parameter contexts of a flow file, changed in its text: a parameter that is changed is
// one line that changes, with the comments around it. A group may name only a context that is
// there, so what is new comes before the groups are written and what is gone goes after. Pure
// functions.

#include "engine/base/result.h"
#include "engine/flow/flow.h"

#include <string>

namespace millrace::gui {

/// With contexts renamed where the flow has them under another name, changed ones changed, and new
/// ones added. Fails when the text is no flow file.
Result<std::string> withContexts(std::string text, const flow::Flow& edited);
/// Without those that the flow has not.
Result<std::string> withoutGoneContexts(std::string text, const flow::Flow& edited);

}  // namespace millrace::gui
