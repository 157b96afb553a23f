// SPDX-License-Identifier: Apache-2.0
// What NodeItem shows of a running component: lamp, threads, complaints, and its rate as a line.

#include "gui/canvas/node_item.h"

#include <QFontMetricsF>
#include <QPainter>
#include <algorithm>

namespace millrace::gui {

using flow::ElementKind;

Lamp lampOf(const Component& component, const CanvasStyle& style) {
  const ComponentStatus* status = style.status->component(component.id());
  if (status != nullptr && status->lamp != Lamp::kUnknown) return status->lamp;
  if (style.problems.contains(component.id())) return Lamp::kInvalid;
  const flow::Processor* processor = component.processor();
  const flow::Port* port = component.port();
  const flow::RunState state = processor != nullptr ? processor->state
                               : port != nullptr    ? port->state
                                                    : flow::RunState::kStopped;
  return state == flow::RunState::kDisabled ? Lamp::kDisabled : Lamp::kStopped;
}

QString lampName(Lamp lamp) {
  switch (lamp) {
    case Lamp::kRunning:
      return "Running";
    case Lamp::kStopping:
      return "Stopping";
    case Lamp::kDisabled:
      return "Disabled";
    case Lamp::kInvalid:
      return "Incomplete";
    default:
      return "Stopped";
  }
}

// The rate of the last reports as a line at the foot of the card.
void NodeItem::paintTrail(QPainter& painter, const ComponentStatus& status, const QRectF& row) {
  const float most = *std::max_element(status.trail.begin(), status.trail.end());
  if (most <= 0) return;
  constexpr double kHeight = 12;
  QPolygonF line;
  for (std::size_t i = 0; i < status.trail.size(); ++i) {
    const double x = row.left() + row.width() * static_cast<double>(i) /
                                      static_cast<double>(status.trail.size() - 1);
    line << QPointF(x, row.bottom() - 2 - kHeight * static_cast<double>(status.trail[i] / most));
  }
  QPolygonF area = line;
  area << QPointF(row.right(), row.bottom() - 2) << QPointF(row.left(), row.bottom() - 2);
  QColor fill = style_.theme->running;
  fill.setAlpha(36);
  painter.setPen(Qt::NoPen);
  painter.setBrush(fill);
  painter.drawPolygon(area);
}

// Seen from farther away: what moves, in letters that can still be read, or that something is
// wrong.
void NodeItem::paintRate(QPainter& painter, const Component& component) {
  const ComponentStatus* status = style_.status->component(id_);
  const bool wrong = lampOf(component, style_) == Lamp::kInvalid;
  if (!wrong && (status == nullptr || !style_.status->isLive())) return;
  const double rate = wrong ? 0 : std::max(status->inRate, status->outRate);
  painter.setFont(interfaceFont(15));
  painter.setPen(wrong      ? style_.theme->error
                 : rate > 0 ? style_.theme->running
                            : style_.theme->muted);
  painter.drawText(QRectF(14, size_.height() - 34, size_.width() - 28, 26),
                   Qt::AlignVCenter | Qt::AlignLeft,
                   wrong ? lampName(Lamp::kInvalid) : shortCount(rate) + "/s");
}

// A band in the overlay's colour along the card's upper edge, and the value in words: texts stay on
// the ground that they were made for.
void NodeItem::paintHeat(QPainter& painter, const ComponentStatus& status, double detail) {
  const double value = overlayValue(style_.overlay, status);
  painter.setPen(Qt::NoPen);
  painter.setBrush(heatColour(*style_.theme, value / style_.overlayMost));
  painter.drawRoundedRect(QRectF(8, -10, size_.width() - 16, 7), 3.5, 3.5);
  if (detail < kFullDetail) return;
  const QString words = overlayWords(style_.overlay, value);
  painter.setFont(interfaceFont(11, QFont::DemiBold));
  const double width = QFontMetricsF(painter.font()).horizontalAdvance(words) + 14;
  const QRectF box(size_.width() / 2 - width / 2, -15, width, 17);
  painter.setPen(QPen(style_.theme->cardLine, 1));
  painter.setBrush(style_.theme->card);
  painter.drawRoundedRect(box, 8, 8);
  painter.setPen(style_.theme->text);
  painter.drawText(box, Qt::AlignCenter, words);
}

// Threads at work, and complaints, beside the lamp.
void NodeItem::paintBadges(QPainter& painter, const ComponentStatus& status, QPointF lamp) {
  const Theme& theme = *style_.theme;
  painter.setFont(interfaceFont(11, QFont::DemiBold));
  if (status.activeThreads > 0) {
    painter.setPen(theme.running);
    painter.drawText(QRectF(lamp.x() - 46, lamp.y() - 8, 36, 16), Qt::AlignRight | Qt::AlignVCenter,
                     QString::number(status.activeThreads));
  }
  if (status.bulletins > 0) {
    const QString text = status.bulletins > 99 ? QString("99+") : QString::number(status.bulletins);
    const double width = std::max(16.0, QFontMetricsF(painter.font()).horizontalAdvance(text) + 8);
    const QRectF badge(size_.width() - width + 4, -8, width, 16);
    painter.setPen(QPen(theme.card, 1.5));
    painter.setBrush(theme.warning);
    painter.drawRoundedRect(badge, 8, 8);
    painter.setPen(theme.onFamily);
    painter.drawText(badge, Qt::AlignCenter, text);
  }
}

void NodeItem::paintLamp(QPainter& painter, const Component& component, QPointF centre) {
  if (component.kind == ElementKind::kGroup || component.kind == ElementKind::kRemoteGroup) return;
  const Theme& theme = *style_.theme;
  painter.setPen(Qt::NoPen);
  // Each state has a shape of its own beside its colour.
  switch (lampOf(component, style_)) {
    case Lamp::kRunning:
      painter.setBrush(theme.running);
      painter.drawPolygon(QPolygonF() << centre + QPointF(-4, -5.5) << centre + QPointF(6, 0)
                                      << centre + QPointF(-4, 5.5));
      break;
    case Lamp::kStopping:
      painter.setBrush(theme.warning);
      painter.drawRoundedRect(QRectF(centre - QPointF(4.5, 4.5), QSizeF(9, 9)), 2, 2);
      break;
    case Lamp::kDisabled:
      painter.setPen(QPen(theme.stopped, 1.75));
      painter.setBrush(Qt::NoBrush);
      painter.drawEllipse(centre, 5, 5);
      painter.drawLine(centre + QPointF(-3.5, 3.5), centre + QPointF(3.5, -3.5));
      break;
    case Lamp::kInvalid: {
      painter.setBrush(theme.error);
      painter.drawPolygon(QPolygonF() << centre + QPointF(0, -6.5) << centre + QPointF(7, 5.5)
                                      << centre + QPointF(-7, 5.5));
      painter.setPen(QPen(theme.card, 1.6));
      painter.drawLine(centre + QPointF(0, -2.5), centre + QPointF(0, 1.5));
      painter.drawPoint(centre + QPointF(0, 3.8));
      break;
    }
    default:
      painter.setBrush(theme.stopped);
      painter.drawRoundedRect(QRectF(centre - QPointF(4.5, 4.5), QSizeF(9, 9)), 2, 2);
      break;
  }
}

}  // namespace millrace::gui
