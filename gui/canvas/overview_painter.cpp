// SPDX-License-Identifier: Apache-2.0
#include "gui/canvas/overview_painter.h"

#include <QLineF>
#include <QPainter>
#include <algorithm>

namespace millrace::gui {
namespace {

/// Those in sight; of the quiet ones none that is longer than `longest`.
QVector<QLineF> inSight(const QVector<QLineF>& lines, const QRectF& shown, double longest) {
  QVector<QLineF> some;
  some.reserve(lines.size());
  const double most = longest * longest;
  for (const QLineF& line : lines) {
    const double left = std::min(line.x1(), line.x2());
    const double right = std::max(line.x1(), line.x2());
    const double top = std::min(line.y1(), line.y2());
    const double bottom = std::max(line.y1(), line.y2());
    if (right < shown.left() || left > shown.right() || bottom < shown.top() ||
        top > shown.bottom())
      continue;
    if (line.dx() * line.dx() + line.dy() * line.dy() <= most) some << line;
  }
  return some;
}

}  // namespace

OverviewCount paintOverview(QPainter& painter, const FlowScene& scene, const QRectF& shown,
                            double longest) {
  const Theme& theme = *scene.style().theme;
  const OverviewIndex& index = scene.overview();
  OverviewCount count;
  painter.setRenderHint(QPainter::Antialiasing, false);
  const auto draw = [&](const QVector<QLineF>& lines, const QColor& colour, double most) {
    const QVector<QLineF> some = inSight(lines, shown, most);
    painter.setPen(QPen(colour, 0));
    painter.drawLines(some);
    count.wires += static_cast<int>(some.size());
  };
  draw(index.wires, theme.wire, longest);
  draw(index.fullWires, theme.warning, 1e12);
  draw(index.blockedWires, theme.error, 1e12);
  draw(index.chosenWires, theme.accent, 1e12);
  // From however far, a box stays a dot that can be seen.
  const double dot = 1.5 / std::max(painter.worldTransform().m11(), 1e-6);
  for (const OverviewBox& box : index.boxes) {
    if (!box.box.intersects(shown)) continue;
    const QRectF seen(box.box.topLeft(),
                      QSizeF(std::max(box.box.width(), dot), std::max(box.box.height(), dot)));
    // Not drawRects: under a scale that makes a path of each.
    painter.fillRect(seen, QColor::fromRgba(box.colour));
    ++count.boxes;
  }
  return count;
}

}  // namespace millrace::gui
