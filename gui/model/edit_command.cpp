// SPDX-License-Identifier: Apache-2.0
#include "gui/model/edit_command.h"

namespace millrace::gui {

EditCommand::EditCommand(FlowModel& model, Edit edit, int mergeKey)
    : QUndoCommand(edit.text), model_(model), edit_(std::move(edit)), mergeKey_(mergeKey) {}

void EditCommand::redo() { model_.apply(edit_, Origin::kLocal); }

void EditCommand::undo() { model_.apply(edit_.inverse(), Origin::kLocal); }

bool EditCommand::mergeWith(const QUndoCommand* other) {
  // Equal ids mean equal classes here: only EditCommand gives one.
  const auto* next = static_cast<const EditCommand*>(other);
  if (next->edit_.changes.size() != edit_.changes.size()) return false;
  if (!edit_.contexts.empty() || !next->edit_.contexts.empty()) return false;
  for (std::size_t i = 0; i < edit_.changes.size(); ++i) {
    const Change& mine = edit_.changes[i];
    const Change& theirs = next->edit_.changes[i];
    if (!mine.after || !theirs.after || !theirs.before || mine.id() != theirs.id()) return false;
  }
  for (std::size_t i = 0; i < edit_.changes.size(); ++i)
    edit_.changes[i].after = next->edit_.changes[i].after;
  return true;
}

}  // namespace millrace::gui
