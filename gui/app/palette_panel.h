// SPDX-License-Identifier: Apache-2.0
#pragma once
// PalettePanel: all component types by purpose, with a search field. Dragged onto the canvas, or
// added by double click or Enter beside the selection.

#include "gui/canvas/flow_view.h"

#include <QWidget>

class QLineEdit;
class QTreeWidget;
class QTreeWidgetItem;

namespace millrace::gui {

class PalettePanel : public QWidget {
 public:
  PalettePanel(FlowView& view, QWidget* parent);
  void fill();

 private:
  void filter();
  void add(QTreeWidgetItem* item);

  FlowView& view_;
  QLineEdit* search_;
  QTreeWidget* tree_;
};

}  // namespace millrace::gui
