// SPDX-License-Identifier: Apache-2.0
#pragma once
// Guides: while boxes are moved, the edges and middles that they come to stand in line with.
// Threads: plain functions.

#include <QLineF>
#include <QPointF>
#include <QRectF>
#include <vector>

namespace millrace::gui {

struct Guides {
  QPointF shift;              ///< that brings the moved box exactly into line
  std::vector<QLineF> lines;  ///< from the moved box to what it is in line with
  std::vector<QLineF> gaps;   ///< between neighbours, that are equal where it stands
};

inline constexpr std::size_t kMostGuideBoxes = 50;  ///< the nearest count

/// `reach` is how far from a line the box is drawn to it, in the scene.
Guides guidesFor(const QRectF& moved, std::vector<QRectF> others, double reach);

}  // namespace millrace::gui
