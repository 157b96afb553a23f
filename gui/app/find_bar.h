// SPDX-License-Identifier: Apache-2.0
#pragma once
// FindBar: Ctrl+F over the whole flow: by name, type, property or id, with `type:`, `state:` in
// front; what does not match is dimmed, Enter goes from one to the next, Esc ends it.

#include "gui/canvas/flow_view.h"

#include <QFrame>
#include <optional>

class QLabel;
class QLineEdit;

namespace millrace::gui {

class FindBar : public QFrame {
 public:
  FindBar(FlowView& view);
  void open();
  Ids find(const QString& query) const;
  std::optional<Ids> findQueues(const QString& query) const;

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void search();
  void go(int by);
  void leave();

  FlowView& view_;
  QLineEdit* field_;
  QLabel* count_;
  Ids found_;
  int at_ = -1;
};

}  // namespace millrace::gui
