// SPDX-License-Identifier: Apache-2.0
#pragma once
// RelationshipChoice: asks, beside a wire that was just drawn, which relationships it carries.
// Boxes are ticked with Space, Enter takes them, Esc makes no wire. Deletes itself.

#include "gui/model/type_catalog.h"

#include <QFrame>
#include <string>
#include <vector>

class QCheckBox;

namespace millrace::gui {

class RelationshipChoice : public QFrame {
  Q_OBJECT

 public:
  /// `open` are those that nothing takes yet: the first is ticked.
  RelationshipChoice(const flow::Processor& source, const TypeCatalog& types,
                     const std::vector<std::string>& open, QWidget* view);
  /// In the view's coordinates.
  void openAt(QPoint at);

 signals:
  void chosen(const std::vector<std::string>& names);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void accept();
  void leave();

  std::vector<QCheckBox*> boxes_;
};

}  // namespace millrace::gui
