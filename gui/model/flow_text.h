// SPDX-License-Identifier: Apache-2.0
#pragma once
// The text of an edited flow: the text that was opened, with exactly what differs changed in it, so
// that comments, blank lines and the order of keys stay. The two flows are compared by id; the
// result is read again and must mean the edited flow, else the canonical text is given instead and
// `commentsKept` says so. An unchanged flow gives the old text byte for byte.
// Threads: a pure function. Cost: one pass over the text for each changed element; positions,
// however many, take one together.

#include "engine/base/result.h"
#include "engine/flow/flow.h"

#include <string>

namespace millrace::gui {

struct FlowText {
  std::string text;
  bool commentsKept = true;
};

/// `base` is what was opened (may be empty: a new flow), `edited` must be linked.
/// Fails when the edited flow cannot be written at all, with the reader's reason.
Result<FlowText> flowText(const std::string& base, const flow::Flow& edited);

}  // namespace millrace::gui
