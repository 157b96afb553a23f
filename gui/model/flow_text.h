// SPDX-License-Identifier: Apache-2.0
#pragma once
// The text of an edited flow: the text that was opened, with exactly what differs changed in it, so
// that comments, blank lines and the order of keys stay: as a server does it (yaml_merge.h), so
// that both write the same. Where that cannot be, the canonical text is given instead and
// `commentsKept` says so. An unchanged flow gives the old text byte for byte.
// Threads: a pure function.

#include "engine/base/result.h"
#include "engine/flow/flow.h"

#include <string>

namespace millrace::gui {

struct FlowText {
  std::string text;
  bool commentsKept = true;
  std::string whyNot;  ///< why the comments could not be kept; empty: they were
};

/// `base` is what was opened (may be empty: a new flow), `edited` must be linked.
/// Fails when the edited flow cannot be written at all, with the reader's reason.
Result<FlowText> flowText(const std::string& base, const flow::Flow& edited);

}  // namespace millrace::gui
