// SPDX-License-Identifier: Apache-2.0
#pragma once
// WireGeometry: the line of a wire as points, computed once when an end moves. Stroking a long
// curve costs its whole length each time; a polyline can be clipped to what is shown.

#include <QPointF>
#include <QPolygonF>
#include <QRectF>
#include <vector>

namespace millrace::gui {

struct WireGeometry {
  QPolygonF line;  ///< from the source's handle to the target's
  QPointF middle;  ///< where the label stands
  QRectF bounds;   ///< of the line, arrow and label
  std::vector<QPointF> bends;
};

struct WireEnds {
  QRectF from;  ///< the boxes, in the scene
  QRectF to;
  bool self = false;
  double spread = 0;  ///< sideways shift among parallel wires
};

WireGeometry wireGeometry(const WireEnds& ends, const std::vector<QPointF>& bends,
                          const QSizeF& label);

/// How far a point lies from the line.
double distanceTo(const QPolygonF& line, QPointF point);
/// Between which bends (0: before the first) a point of the line lies.
std::size_t bendPlace(const WireGeometry& geometry, QPointF point);
/// The pieces of the line that touch a rectangle, as consecutive points.
std::vector<QPolygonF> clipped(const QPolygonF& line, const QRectF& to);

}  // namespace millrace::gui
