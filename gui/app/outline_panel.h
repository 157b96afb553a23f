// SPDX-License-Identifier: Apache-2.0
#pragma once
// OutlinePanel: the flow as a tree of names, kinds and states, with one selection for it and the
// canvas. It is the way through a flow for who does not see the canvas. Threads: the GUI thread.

#include "gui/canvas/flow_view.h"

#include <QTimer>
#include <QWidget>
#include <unordered_map>

class QLineEdit;
class QTreeWidget;
class QTreeWidgetItem;

namespace millrace::gui {

class OutlinePanel : public QWidget {
 public:
  /// The view must outlive the panel.
  OutlinePanel(FlowView& view, QWidget* parent);

  /// After a change of problems.
  void refresh();

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void rebuild();
  void add(QTreeWidgetItem* parent, flow::ElementId group);
  void describe(QTreeWidgetItem& item, const Component& component);
  void followCanvas();
  void goTo();

  FlowView& view_;
  QTreeWidget* tree_;
  QTimer soon_;
  std::unordered_map<flow::ElementId, QTreeWidgetItem*> items_;
  bool following_ = false;
  bool isStale_ = false;  ///< what changed while nobody looked is shown when somebody does
};

}  // namespace millrace::gui
