// SPDX-License-Identifier: Apache-2.0
#pragma once
// CompareWindow: two flows of which neither is the one that is edited, two revisions of a server or
// two files: the newer one on a canvas that is only looked at, with what differs marked, above the
// list of it. Ownership: a window of its own that goes when it is closed. Threads: the GUI thread.

#include "gui/app/compare_panel.h"
#include "gui/canvas/flow_view.h"

#include <QUndoStack>
#include <QWidget>
#include <memory>

namespace millrace::gui {

/// A flow and what people call it: "revision 3", "small.yaml".
struct NamedFlow {
  flow::Flow flow;
  QString name;
};

class CompareWindow : public QWidget {
  Q_OBJECT

 public:
  /// `types` and `theme` must outlive the window.
  CompareWindow(NamedFlow older, const NamedFlow& newer, const TypeCatalog& types,
                const Theme& theme, QWidget* parent);
  ~CompareWindow() override;

  void setTheme(const Theme& theme);
  const FlowComparison& comparison() const { return panel_->comparison(); }
  FlowScene& scene() { return *scene_; }
  const FlowModel& model() const { return model_; }

 private:
  FlowModel model_;
  QUndoStack undo_;
  FlowEditor editor_;  ///< nothing comes to it: the view looks only
  StatusStore status_;
  std::unique_ptr<FlowScene> scene_;
  std::unique_ptr<FlowView> view_;
  ComparePanel* panel_;
};

}  // namespace millrace::gui
