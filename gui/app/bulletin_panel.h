// SPDX-License-Identifier: Apache-2.0
#pragma once
// BulletinPanel: what components complained of, the newest first. The same complaint of the same
// component is one row that counts; numbers in it may differ. A click leads to the component.
// Threads: the GUI thread.

#include "gui/model/flow_model.h"
#include "gui/model/status_store.h"

#include <QWidget>
#include <functional>
#include <map>

class QLabel;
class QLineEdit;
class QTreeWidget;
class QTreeWidgetItem;

namespace millrace::gui {

class BulletinPanel : public QWidget {
 public:
  using Go = std::function<void(flow::ElementId)>;

  /// Both must outlive the panel.
  BulletinPanel(const FlowModel& model, StatusStore& status, Go go, QWidget* parent);

 private:
  struct Group {
    QTreeWidgetItem* item = nullptr;
    int count = 0;
  };

  void add(const Bulletin& bulletin);
  bool fits(const QTreeWidgetItem& item) const;
  void filter();

  const FlowModel& model_;
  Go go_;
  std::map<QString, Group> groups_;
  QLineEdit* words_;
  QTreeWidget* list_;
  QLabel* empty_;
};

/// What two complaints have in common: the text with its numbers taken out.
QString complaintKind(const QString& message);

}  // namespace millrace::gui
