// SPDX-License-Identifier: Apache-2.0
#include "gui/canvas/wire_geometry.h"

#include <QLineF>
#include <algorithm>
#include <cmath>

namespace millrace::gui {
namespace {

void addCurve(QPolygonF& line, QPointF a, QPointF c1, QPointF c2, QPointF b) {
  const double length = QLineF(a, c1).length() + QLineF(c1, c2).length() + QLineF(c2, b).length();
  const int steps = std::clamp(static_cast<int>(length / 14), 8, 64);
  if (line.isEmpty()) line << a;
  for (int i = 1; i <= steps; ++i) {
    const double t = static_cast<double>(i) / steps;
    const double s = 1 - t;
    line << a * (s * s * s) + c1 * (3 * s * s * t) + c2 * (3 * s * t * t) + b * (t * t * t);
  }
}

/// A way around the outside for a wire that goes back.
void addDetour(QPolygonF& line, const WireEnds& ends, QPointF a, QPointF b) {
  const double below = std::max(ends.from.bottom(), ends.to.bottom()) + 48 + std::abs(ends.spread);
  const double out = 56;
  addCurve(line, a, a + QPointF(out, 0), {a.x() + out, below}, {a.x(), below});
  line << QPointF(b.x(), below);
  addCurve(line, {b.x(), below}, {b.x() - out, below}, b - QPointF(out, 0), b);
}

void addSelfLoop(QPolygonF& line, const WireEnds& ends, QPointF a, QPointF b) {
  const double above = ends.from.top() - 40 - std::abs(ends.spread);
  addCurve(line, a, a + QPointF(48, 0), {a.x() + 48, above}, {a.x() - 16, above});
  line << QPointF(b.x() + 16, above);
  addCurve(line, {b.x() + 16, above}, {b.x() - 48, above}, b - QPointF(48, 0), b);
}

QPointF halfway(const QPolygonF& line) {
  double whole = 0;
  for (int i = 1; i < line.size(); ++i) whole += QLineF(line[i - 1], line[i]).length();
  double left = whole / 2;
  for (int i = 1; i < line.size(); ++i) {
    const QLineF piece(line[i - 1], line[i]);
    if (piece.length() >= left && piece.length() > 0) return piece.pointAt(left / piece.length());
    left -= piece.length();
  }
  return line.isEmpty() ? QPointF() : line.last();
}

double pieceDistance(QPointF a, QPointF b, QPointF p) {
  const QPointF along = b - a;
  const double square = QPointF::dotProduct(along, along);
  const double t =
      square == 0 ? 0 : std::clamp(QPointF::dotProduct(p - a, along) / square, 0.0, 1.0);
  return QLineF(p, a + along * t).length();
}

}  // namespace

WireGeometry wireGeometry(const WireEnds& ends, const std::vector<QPointF>& bends,
                          const QSizeF& label) {
  WireGeometry g;
  g.bends = bends;
  const QPointF a(ends.from.right(), ends.from.center().y());
  const QPointF b(ends.to.left(), ends.to.center().y());
  if (!bends.empty()) {
    // A smooth line through the bends: each piece leaves in the direction of its neighbours.
    std::vector<QPointF> points{a};
    points.insert(points.end(), bends.begin(), bends.end());
    points.push_back(b);
    for (std::size_t i = 0; i + 1 < points.size(); ++i) {
      const double span = QLineF(points[i], points[i + 1]).length() / 3;
      const auto tangent = [&](std::size_t k) {
        if (k == 0 || k + 1 == points.size()) return QPointF(1, 0);
        const QPointF d = points[k + 1] - points[k - 1];
        const double length = std::hypot(d.x(), d.y());
        return length == 0 ? QPointF(1, 0) : d / length;
      };
      addCurve(g.line, points[i], points[i] + tangent(i) * span,
               points[i + 1] - tangent(i + 1) * span, points[i + 1]);
    }
  } else if (ends.self) {
    addSelfLoop(g.line, ends, a, b);
  } else if (b.x() < a.x() + 8) {
    addDetour(g.line, ends, a, b);
  } else {
    const double reach = std::clamp((b.x() - a.x()) * 0.5, 24.0, 160.0);
    const QPointF lift(0, ends.spread * 4 / 3);
    addCurve(g.line, a, a + QPointF(reach, 0) + lift, b - QPointF(reach, 0) + lift, b);
  }
  g.middle = halfway(g.line);
  const QRectF box(g.middle.x() - label.width() / 2, g.middle.y() - label.height() / 2,
                   label.width(), label.height());
  g.bounds = g.line.boundingRect().united(box).adjusted(-12, -12, 12, 12);
  return g;
}

double distanceTo(const QPolygonF& line, QPointF point) {
  double best = 1e300;
  for (int i = 1; i < line.size(); ++i)
    best = std::min(best, pieceDistance(line[i - 1], line[i], point));
  return best;
}

std::size_t bendPlace(const WireGeometry& geometry, QPointF point) {
  std::size_t place = 0;
  std::size_t passed = 0;
  double best = 1e300;
  for (int i = 1; i < geometry.line.size(); ++i) {
    const double distance = pieceDistance(geometry.line[i - 1], geometry.line[i], point);
    if (distance < best) {
      best = distance;
      place = passed;
    }
    if (passed < geometry.bends.size() &&
        QLineF(geometry.line[i], geometry.bends[passed]).length() < 0.5)
      ++passed;
  }
  return place;
}

std::vector<QPolygonF> clipped(const QPolygonF& line, const QRectF& to) {
  std::vector<QPolygonF> pieces;
  bool open = false;
  for (int i = 1; i < line.size(); ++i) {
    const QRectF box = QRectF(line[i - 1], line[i]).normalized().adjusted(-2, -2, 2, 2);
    if (!box.intersects(to)) {
      open = false;
      continue;
    }
    if (!open) pieces.push_back(QPolygonF() << line[i - 1]);
    pieces.back() << line[i];
    open = true;
  }
  return pieces;
}

}  // namespace millrace::gui
