// SPDX-License-Identifier: Apache-2.0
#pragma once
// ServicesPanel: the controller services of the flow with those who use them: add, configure (in
// the inspector), enable, disable, remove. Each change is one step of the undo stack.
// Threads: the GUI thread.

#include "gui/model/flow_editor.h"

#include <QWidget>
#include <functional>

class QPushButton;
class QTreeWidget;
class QTreeWidgetItem;

namespace millrace::gui {

class ServicesPanel : public QWidget {
 public:
  /// What the window does for the panel.
  struct Acts {
    std::function<flow::ElementId()> group;          ///< the group that is shown
    std::function<void(flow::ElementId)> configure;  ///< a service
    std::function<void(flow::ElementId)> go;         ///< to a component
    std::function<bool(const QString&)> confirm;
    std::function<void(const QString&)> tell;
  };

  /// The editor must outlive the panel.
  ServicesPanel(FlowEditor& editor, Acts acts, QWidget* parent);

  /// After the descriptors have changed.
  void refresh();
  void add(const std::string& type);
  /// The service whose row, or whose user's row, is chosen; 0: none.
  flow::ElementId chosen() const;

 private:
  void fillTypes();
  void enable(bool on);
  void remove();

  FlowEditor& editor_;
  Acts acts_;
  QTreeWidget* tree_;
  QPushButton* add_;
  QPushButton* enable_;
  QPushButton* disable_;
  QPushButton* remove_;
};

}  // namespace millrace::gui
