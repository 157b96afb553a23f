// SPDX-License-Identifier: Apache-2.0
#include "gui/canvas/ghost_item.h"

#include <QFontMetricsF>
#include <QPainter>
#include <QStyleOptionGraphicsItem>

namespace millrace::gui {

namespace {
constexpr double kGhostMargin = 20;
}

QColor markColour(Mark mark, const Theme& theme) {
  switch (mark) {
    case Mark::kAdded:
      return theme.running;
    case Mark::kRemoved:
      return theme.error;
    case Mark::kChanged:
      return theme.warning;
    case Mark::kMoved:
      return theme.muted;
  }
  return theme.muted;
}

void paintMarkLabel(QPainter& painter, Mark mark, const QRectF& box, const Theme& theme) {
  const QString sign = mark == Mark::kAdded     ? "+ "
                       : mark == Mark::kRemoved ? "− "
                       : mark == Mark::kChanged ? "~ "
                                                : "→ ";
  const QString words = sign + markName(mark);
  painter.setFont(interfaceFont(11, QFont::DemiBold));
  const double width = QFontMetricsF(painter.font()).horizontalAdvance(words) + 14;
  const QRectF label(box.left() + 12, box.top() - 10, width, 18);
  painter.setPen(QPen(markColour(mark, theme), 1.5));
  painter.setBrush(theme.card);
  painter.drawRoundedRect(label, 6, 6);
  painter.setPen(theme.text);
  painter.drawText(label, Qt::AlignCenter, words);
}

GhostItem::GhostItem(const QRectF& box, QString name, const CanvasStyle& style)
    : box_(box), name_(std::move(name)), style_(style) {
  setZValue(-1);
  setAcceptedMouseButtons(Qt::NoButton);
}

GhostItem::GhostItem(QPolygonF line, const CanvasStyle& style)
    : line_(std::move(line)), style_(style) {
  setZValue(-2);
  setAcceptedMouseButtons(Qt::NoButton);
}

QRectF GhostItem::boundingRect() const {
  const QRectF all = line_.isEmpty() ? box_ : line_.boundingRect();
  return all.adjusted(-kGhostMargin, -kGhostMargin, kGhostMargin, kGhostMargin);
}

void GhostItem::paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget*) {
  const Theme& theme = *style_.theme;
  const double detail = option->levelOfDetailFromTransform(painter->worldTransform());
  painter->setRenderHint(QPainter::Antialiasing, detail >= kNamesOnly);
  painter->setPen(QPen(theme.error, detail >= kNamesOnly ? 1.75 : 0, Qt::DashLine));
  painter->setBrush(Qt::NoBrush);
  if (!line_.isEmpty()) return painter->drawPolyline(line_);
  painter->drawRoundedRect(box_, 10, 10);
  if (detail < kNamesOnly) return;
  painter->setFont(interfaceFont(13, QFont::DemiBold));
  painter->setPen(theme.muted);
  painter->drawText(
      box_.adjusted(12, 8, -12, -8), Qt::AlignCenter,
      QFontMetricsF(painter->font()).elidedText(name_, Qt::ElideRight, box_.width() - 24));
  paintMarkLabel(*painter, Mark::kRemoved, box_, theme);
}

}  // namespace millrace::gui
