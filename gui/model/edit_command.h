// SPDX-License-Identifier: Apache-2.0
#pragma once
// EditCommand: an Edit on Qt's undo stack. Pushing it applies it; undo applies the inverse. It
// knows nothing of selections or views. Two commands with the same merge key, pushed while the
// first is the newest, become one step (a row of arrow-key nudges). Threads: the GUI thread.

#include "gui/model/flow_model.h"

#include <QUndoCommand>

namespace millrace::gui {

class EditCommand : public QUndoCommand {
 public:
  /// `mergeKey` -1: never merged. `model` must outlive the stack.
  EditCommand(FlowModel& model, Edit edit, int mergeKey = -1);

  void redo() override;
  void undo() override;
  int id() const override { return mergeKey_; }
  bool mergeWith(const QUndoCommand* other) override;

 private:
  FlowModel& model_;
  Edit edit_;
  int mergeKey_;
};

}  // namespace millrace::gui
