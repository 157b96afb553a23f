// SPDX-License-Identifier: Apache-2.0
#include "gui/canvas/guides.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace millrace::gui {
namespace {

/// Begin, middle, and end of a box along one axis.
std::array<double, 3> marks(double from, double extent) {
  return {from, from + extent / 2, from + extent};
}

/// How far to move along one axis to the nearest line within reach.
std::optional<double> nearest(const std::array<double, 3>& moved,
                              const std::vector<std::array<double, 3>>& others, double reach) {
  std::optional<double> best;
  for (const auto& other : others) {
    for (std::size_t i = 0; i < 3; ++i) {
      // Middle to middle, edge to edge: a middle on an edge is no line that anybody means.
      for (std::size_t k = 0; k < 3; ++k) {
        if ((i == 1) != (k == 1)) continue;
        const double by = other[k] - moved[i];
        if (std::abs(by) <= reach && (!best || std::abs(by) < std::abs(*best))) best = by;
      }
    }
  }
  return best;
}

}  // namespace

Guides guidesFor(const QRectF& moved, std::vector<QRectF> others, double reach) {
  const auto distance = [&](const QRectF& box) {
    return QLineF(box.center(), moved.center()).length();
  };
  if (others.size() > kMostGuideBoxes) {
    std::nth_element(others.begin(), others.begin() + kMostGuideBoxes, others.end(),
                     [&](const QRectF& a, const QRectF& b) { return distance(a) < distance(b); });
    others.resize(kMostGuideBoxes);
  }
  std::vector<std::array<double, 3>> across, down;
  for (const QRectF& box : others) {
    across.push_back(marks(box.left(), box.width()));
    down.push_back(marks(box.top(), box.height()));
  }
  Guides guides;
  const auto byX = nearest(marks(moved.left(), moved.width()), across, reach);
  const auto byY = nearest(marks(moved.top(), moved.height()), down, reach);
  guides.shift = {byX.value_or(0), byY.value_or(0)};
  const QRectF at = moved.translated(guides.shift);
  constexpr double kSame = 0.01;
  for (std::size_t i = 0; i < others.size(); ++i) {
    const QRectF both = at.united(others[i]);
    for (std::size_t k = 0; k < 3; ++k) {
      const double x = marks(at.left(), at.width())[k];
      const double y = marks(at.top(), at.height())[k];
      if (byX && std::abs(across[i][k] - x) < kSame)
        guides.lines.emplace_back(x, both.top(), x, both.bottom());
      if (byY && std::abs(down[i][k] - y) < kSame)
        guides.lines.emplace_back(both.left(), y, both.right(), y);
    }
  }
  return guides;
}

}  // namespace millrace::gui
