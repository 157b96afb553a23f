// SPDX-License-Identifier: Apache-2.0
#pragma once
// Fields whose signs a style sheet cannot draw in the theme's colours: a list of choices with its
// arrow, a box to tick with its tick. Else they are Qt's own. Threads: the GUI thread.

#include <QCheckBox>
#include <QComboBox>
#include <QStyledItemDelegate>

namespace millrace::gui {

class ChoiceBox : public QComboBox {
 public:
  using QComboBox::QComboBox;

 protected:
  void paintEvent(QPaintEvent* event) override;
};

class TickBox : public QCheckBox {
 public:
  using QCheckBox::QCheckBox;

 protected:
  void paintEvent(QPaintEvent* event) override;
};

/// Cells with a box to tick, as TickBox has it: the style's own is hardly seen on a dark ground.
class TickDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  void paint(QPainter* painter, const QStyleOptionViewItem& option,
             const QModelIndex& index) const override;
};

}  // namespace millrace::gui
