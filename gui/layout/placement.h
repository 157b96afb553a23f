// SPDX-License-Identifier: Apache-2.0
#pragma once
// Placement: a graph of boxes to be laid out from left to right, and where they come to stand.
// Pure values, so that layouts run anywhere and are tested without a window.

#include <QPointF>
#include <QSizeF>
#include <utility>
#include <vector>

namespace millrace::gui {

inline constexpr double kLayoutGrid = 8;  ///< corners are multiples of it

struct BoxGraph {
  std::vector<QSizeF> boxes;
  std::vector<std::pair<std::size_t, std::size_t>> wires;  ///< places in `boxes`
};

/// Top-left corners, in the order of the boxes, the topmost and leftmost at (0, 0).
using Corners = std::vector<QPointF>;

/// Ranks by the longest way from the sources, order within a rank by the median of neighbours.
/// Linear but for sorting; circles are cut where they are met. Deterministic.
Corners layeredLayout(const BoxGraph& graph);

}  // namespace millrace::gui
