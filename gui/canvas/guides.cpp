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

/// One box between two others, or behind two, along one axis.
struct Interval {
  double from = 0;
  double to = 0;
};

/// How far to move so that the gaps to the neighbours are equal, and the gaps that are then.
struct EqualGap {
  double shift = 0;
  std::vector<Interval> gaps;
};

std::optional<EqualGap> equalGap(Interval moved, std::vector<Interval> others, double reach) {
  const double extent = moved.to - moved.from;
  std::optional<EqualGap> best;
  const auto offer = [&](double from, std::vector<Interval> gaps) {
    const double shift = from - moved.from;
    if (std::abs(shift) <= reach && (!best || std::abs(shift) < std::abs(best->shift)))
      best = EqualGap{shift, std::move(gaps)};
  };
  std::sort(others.begin(), others.end(),
            [](const Interval& a, const Interval& b) { return a.from < b.from; });
  // Neighbours: the last one that ends before the middle of what is moved, the first one behind.
  const double middle = (moved.from + moved.to) / 2;
  std::vector<Interval> before, after;
  for (const Interval& other : others) {
    if (other.to <= middle) before.push_back(other);
    if (other.from >= middle) after.push_back(other);
  }
  std::sort(before.begin(), before.end(),
            [](const Interval& a, const Interval& b) { return a.to > b.to; });
  if (!before.empty() && !after.empty()) {
    const double gap = (after[0].from - before[0].to - extent) / 2;
    const double from = before[0].to + gap;
    if (gap > 0) offer(from, {{before[0].to, from}, {from + extent, after[0].from}});
  }
  if (before.size() > 1) {
    const double gap = before[0].from - before[1].to;
    const double from = before[0].to + gap;
    if (gap > 0) offer(from, {{before[1].to, before[0].from}, {before[0].to, from}});
  }
  if (after.size() > 1) {
    const double gap = after[1].from - after[0].to;
    const double from = after[0].from - gap - extent;
    if (gap > 0) offer(from, {{from + extent, after[0].from}, {after[0].to, after[1].from}});
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
  // Equal gaps count among boxes of one row or column, where nothing nearer is in line.
  std::vector<Interval> row, column;
  for (const QRectF& box : others) {
    if (box.top() < moved.bottom() && box.bottom() > moved.top())
      row.push_back({box.left(), box.right()});
    if (box.left() < moved.right() && box.right() > moved.left())
      column.push_back({box.top(), box.bottom()});
  }
  auto gapX = equalGap({moved.left(), moved.right()}, row, reach);
  auto gapY = equalGap({moved.top(), moved.bottom()}, column, reach);
  if (byX && gapX && std::abs(*byX) < std::abs(gapX->shift)) gapX.reset();
  if (byY && gapY && std::abs(*byY) < std::abs(gapY->shift)) gapY.reset();
  guides.shift = {gapX ? gapX->shift : byX.value_or(0), gapY ? gapY->shift : byY.value_or(0)};
  const QRectF at = moved.translated(guides.shift);
  constexpr double kSame = 0.01;
  if (gapX) {
    for (const Interval& gap : gapX->gaps)
      guides.gaps.emplace_back(gap.from, at.center().y(), gap.to, at.center().y());
  }
  if (gapY) {
    for (const Interval& gap : gapY->gaps)
      guides.gaps.emplace_back(at.center().x(), gap.from, at.center().x(), gap.to);
  }
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
