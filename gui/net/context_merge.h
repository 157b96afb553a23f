// SPDX-License-Identifier: Apache-2.0
#pragma once
// What somebody else changed in shared parameter contexts: context by context, by name, against
// what both sides knew last. Where both changed the same one, the local one stays. Pure functions.

#include "gui/model/flow_model.h"

#include <string>
#include <vector>

namespace millrace::gui {

using Contexts = std::vector<flow::ParameterContext>;

struct ContextMerge {
  std::vector<ContextChange> changes;  ///< to be applied with Origin::kRemote
  std::vector<std::string> kept;       ///< changed by both: the local one stays
};

/// `coming` is what else comes in from them: a context that a group of it names comes, too, even
/// though it was removed here.
ContextMerge mergeOfContexts(const Contexts& mine, const Contexts& known, const Contexts& theirs,
                             const std::vector<Change>& coming);

/// Neither the order of contexts nor that of their parameters counts.
bool contextsDiffer(const Contexts& mine, const Contexts& theirs);

}  // namespace millrace::gui
