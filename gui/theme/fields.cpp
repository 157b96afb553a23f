// SPDX-License-Identifier: Apache-2.0
#include "gui/theme/fields.h"

#include <QPainter>
#include <QPolygonF>
#include <QStyle>
#include <QStyleOptionButton>
#include <algorithm>

namespace millrace::gui {
namespace {

/// A box of 15 pixels, with its tick.
void paintTick(QPainter& painter, const QRectF& square, const QPalette& palette, bool checked,
               bool focused) {
  painter.setRenderHint(QPainter::Antialiasing);
  const QColor border = focused || checked
                            ? palette.color(QPalette::Highlight)
                            : palette.color(QPalette::Disabled, QPalette::WindowText);
  painter.setPen(QPen(border, focused ? 2 : 1));
  painter.setBrush(palette.color(checked ? QPalette::Highlight : QPalette::Base));
  painter.drawRoundedRect(square, 4, 4);
  if (!checked) return;
  painter.setPen(QPen(palette.color(QPalette::HighlightedText), 2, Qt::SolidLine, Qt::RoundCap,
                      Qt::RoundJoin));
  painter.setBrush(Qt::NoBrush);
  const QPointF at = square.center();
  painter.drawPolyline(QPolygonF()
                       << at + QPointF(-3.5, 0) << at + QPointF(-1, 3) << at + QPointF(4, -3));
}

}  // namespace

void ChoiceBox::paintEvent(QPaintEvent* event) {
  QComboBox::paintEvent(event);
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const QColor ink = palette().color(isEnabled() ? QPalette::Active : QPalette::Disabled,
                                     QPalette::PlaceholderText);
  painter.setPen(QPen(ink, 1.6, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  const QPointF at(width() - 14.0, height() / 2.0);
  painter.drawPolyline(QPolygonF()
                       << at + QPointF(-4, -2) << at + QPointF(0, 2) << at + QPointF(4, -2));
}

void TickBox::paintEvent(QPaintEvent* event) {
  QCheckBox::paintEvent(event);
  QStyleOptionButton option;
  initStyleOption(&option);
  const QRectF box = QRectF(style()->subElementRect(QStyle::SE_CheckBoxIndicator, &option, this));
  QRectF square(box.center() - QPointF(7.5, 7.5), QSizeF(15, 15));
  square.moveLeft(std::max(square.left(), 1.0));  // its border is inside the widget
  QPainter painter(this);
  painter.fillRect(box.adjusted(-1, -1, 1, 1), palette().color(QPalette::Button));
  paintTick(painter, square, palette(), isChecked(), hasFocus());
}

void TickDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                         const QModelIndex& index) const {
  const QVariant state = index.data(Qt::CheckStateRole);
  if (!state.isValid() || option.widget == nullptr)
    return QStyledItemDelegate::paint(painter, option, index);
  QStyleOptionViewItem item = option;
  initStyleOption(&item, index);
  QStyle& style = *option.widget->style();
  const QRectF box =
      style.subElementRect(QStyle::SE_ItemViewItemCheckIndicator, &item, option.widget);
  item.features &= ~QStyleOptionViewItem::HasCheckIndicator;
  style.drawControl(QStyle::CE_ItemViewItem, &item, painter, option.widget);
  painter->save();
  QPalette palette = option.palette;
  // On a chosen row, which has the ground of a ticked box, it is the other way round.
  if (option.state & QStyle::State_Selected) {
    palette.setColor(QPalette::Highlight, option.palette.color(QPalette::HighlightedText));
    palette.setColor(QPalette::HighlightedText, option.palette.color(QPalette::Highlight));
  }
  // In the middle of pixels, so that its thin border is sharp.
  const QPointF corner = QPointF((box.center() - QPointF(7.5, 7.5)).toPoint()) + QPointF(0.5, 0.5);
  paintTick(*painter, QRectF(corner, QSizeF(15, 15)), palette, state.toInt() == Qt::Checked, false);
  painter->restore();
}

}  // namespace millrace::gui
