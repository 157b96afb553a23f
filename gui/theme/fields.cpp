// SPDX-License-Identifier: Apache-2.0
#include "gui/theme/fields.h"

#include <QPainter>
#include <QPolygonF>
#include <QStyle>
#include <QStyleOptionButton>
#include <algorithm>

namespace millrace::gui {

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
  painter.setRenderHint(QPainter::Antialiasing);
  painter.fillRect(box.adjusted(-1, -1, 1, 1), palette().color(QPalette::Button));
  const QColor border = hasFocus() || isChecked()
                            ? palette().color(QPalette::Highlight)
                            : palette().color(QPalette::Disabled, QPalette::WindowText);
  painter.setPen(QPen(border, hasFocus() ? 2 : 1));
  painter.setBrush(palette().color(isChecked() ? QPalette::Highlight : QPalette::Base));
  painter.drawRoundedRect(square, 4, 4);
  if (!isChecked()) return;
  painter.setPen(QPen(palette().color(QPalette::HighlightedText), 2, Qt::SolidLine, Qt::RoundCap,
                      Qt::RoundJoin));
  painter.setBrush(Qt::NoBrush);
  const QPointF at = square.center();
  painter.drawPolyline(QPolygonF()
                       << at + QPointF(-3.5, 0) << at + QPointF(-1, 3) << at + QPointF(4, -3));
}

}  // namespace millrace::gui
