// SPDX-License-Identifier: Apache-2.0
#include "gui/canvas/overview_painter.h"

#include <QLineF>
#include <QPainter>
#include <QVector>
#include <map>

namespace millrace::gui {
namespace {

QColor boxColour(const Component& component, const CanvasStyle& style, bool selected) {
  const Theme& theme = *style.theme;
  if (selected) return theme.accent;
  if (style.hits.contains(component.id())) return theme.warning;
  switch (lampOf(component, style)) {
    case Lamp::kRunning:
      return theme.running;
    case Lamp::kInvalid:
      return theme.error;
    default:
      break;
  }
  if (component.kind == flow::ElementKind::kLabel) return theme.note;
  return theme.stopped;
}

}  // namespace

OverviewCount paintOverview(QPainter& painter, const FlowScene& scene, const QRectF& shown,
                            double longest) {
  const CanvasStyle& style = scene.style();
  OverviewCount count;
  QVector<QLineF> lines;
  for (const auto& [id, item] : scene.wires()) {
    const QPolygonF& line = item->geometry().line;
    if (line.size() < 2) continue;
    const QLineF straight(line.first(), line.last());
    const QRectF box = QRectF(straight.p1(), straight.p2()).normalized().adjusted(-1, -1, 1, 1);
    if (!box.intersects(shown) || straight.length() > longest) continue;
    lines << straight;
  }
  painter.setRenderHint(QPainter::Antialiasing, false);
  painter.setPen(QPen(style.theme->wire, 0));
  painter.drawLines(lines);
  count.wires = static_cast<int>(lines.size());
  std::map<QRgb, QVector<QRectF>> boxes;
  for (const auto& [id, item] : scene.nodes()) {
    const QRectF box = item->box();
    if (!box.intersects(shown)) continue;
    const QColor colour = boxColour(*style.model->find(id), style, item->isSelected());
    boxes[colour.rgba()] << box;
    ++count.boxes;
  }
  painter.setPen(Qt::NoPen);
  for (const auto& [colour, rects] : boxes) {
    painter.setBrush(QColor::fromRgba(colour));
    painter.drawRects(rects);
  }
  return count;
}

}  // namespace millrace::gui
