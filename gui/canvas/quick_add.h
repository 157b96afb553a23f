// SPDX-License-Identifier: Apache-2.0
#pragma once
// QuickAdd: a list over the canvas: type a few letters, Enter, and the component stands there;
// where it was opened from a component, it is connected too. Up and Down choose, Esc closes.
// Searches name, tags and summary. Owned by its view.

#include "gui/model/flow_editor.h"

#include <QFrame>
#include <string>
#include <unordered_map>

class QLabel;
class QLineEdit;
class QListWidget;

namespace millrace::gui {

class FlowView;

class QuickAdd : public QFrame {
 public:
  explicit QuickAdd(FlowView& view);

  /// `at` in the scene: where the box will stand. `connectFrom` may be none.
  void open(QPointF at, flow::ElementId connectFrom);
  /// What the list offers for a text, best first: types, then `port`, `funnel`, `note`, `group`.
  QStringList matches(const QString& query) const;

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  std::unordered_map<std::string, int> followers() const;
  void fill();
  void describe();
  void accept();

  FlowView& view_;
  QLineEdit* field_;
  QListWidget* list_;
  QLabel* about_;
  QPointF at_;
  flow::ElementId from_;
};

}  // namespace millrace::gui
