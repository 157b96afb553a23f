// SPDX-License-Identifier: Apache-2.0
#pragma once
// What somebody else changed, as an edit of the local model: component by component against what
// both sides knew last. Where both changed the same one, the local one stays. Pure functions.

#include "gui/model/flow_model.h"

#include <unordered_map>

namespace millrace::gui {

using Components = std::unordered_map<flow::ElementId, Component>;

/// What a flow says, by id, as FlowModel holds it.
Components componentsOf(const flow::Flow& flow);

/// Equal for people: the place in the file and in the list does not count.
bool sameForPeople(const Component& a, const Component& b);

/// What both sides know when nobody can say whether `perhaps`, which was sent, was taken: of it
/// what `theirs` has, else `known`.
Components knownWith(Components known, const Components& perhaps, const Components& theirs);

struct Merge {
  Edit edit;                          ///< to be applied with Origin::kRemote
  std::vector<flow::ElementId> kept;  ///< changed by both: the local one stays
};

/// Applied to the model it holds every change of `theirs` since `known` that is not contested.
Merge mergeOf(const FlowModel& model, const Components& known, const Components& theirs);

/// Whether the model differs from what a server has.
bool differs(const FlowModel& model, const Components& theirs);

}  // namespace millrace::gui
