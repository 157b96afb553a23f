// SPDX-License-Identifier: Apache-2.0
#include "gui/layout/placement.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace millrace::gui {
namespace {

constexpr double kBetweenRanks = 160;  ///< room for the label of a wire
constexpr double kBetweenBoxes = 40;
constexpr int kSweeps = 6;

using Lists = std::vector<std::vector<std::size_t>>;

/// Wires without those that close a circle.
void cutCircles(const BoxGraph& graph, Lists& out, Lists& in) {
  const std::size_t n = graph.boxes.size();
  Lists all(n);
  std::vector<bool> hasInput(n, false);
  for (const auto& [from, to] : graph.wires) {
    if (from == to) continue;
    all[from].push_back(to);
    hasInput[to] = true;
  }
  enum class Mark : unsigned char { kNew, kOpen, kDone };
  std::vector<Mark> marks(n, Mark::kNew);
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < n; ++i) {
    if (!hasInput[i]) starts.push_back(i);
  }
  for (std::size_t i = 0; i < n; ++i) starts.push_back(i);
  for (const std::size_t start : starts) {
    if (marks[start] != Mark::kNew) continue;
    std::vector<std::pair<std::size_t, std::size_t>> path{{start, 0}};
    marks[start] = Mark::kOpen;
    while (!path.empty()) {
      auto& [node, next] = path.back();
      if (next == all[node].size()) {
        marks[node] = Mark::kDone;
        path.pop_back();
        continue;
      }
      const std::size_t from = node;
      const std::size_t to = all[node][next++];
      if (marks[to] == Mark::kOpen) continue;
      out[from].push_back(to);
      in[to].push_back(from);
      if (marks[to] == Mark::kNew) {
        marks[to] = Mark::kOpen;
        path.emplace_back(to, 0);
      }
    }
  }
}

std::vector<std::size_t> ranksOf(const Lists& out, const Lists& in) {
  const std::size_t n = out.size();
  std::vector<std::size_t> rank(n, 0);
  std::vector<std::size_t> waiting(n);
  std::vector<std::size_t> ready;
  for (std::size_t i = 0; i < n; ++i) {
    waiting[i] = in[i].size();
    if (waiting[i] == 0) ready.push_back(i);
  }
  for (std::size_t i = 0; i < ready.size(); ++i) {
    for (const std::size_t to : out[ready[i]]) {
      rank[to] = std::max(rank[to], rank[ready[i]] + 1);
      if (--waiting[to] == 0) ready.push_back(to);
    }
  }
  return rank;
}

}  // namespace

Corners layeredLayout(const BoxGraph& graph) {
  const std::size_t n = graph.boxes.size();
  Corners corners(n);
  if (n == 0) return corners;
  Lists out(n);
  Lists in(n);
  cutCircles(graph, out, in);
  const std::vector<std::size_t> rank = ranksOf(out, in);
  Lists columns(*std::max_element(rank.begin(), rank.end()) + 1);
  for (std::size_t i = 0; i < n; ++i) columns[rank[i]].push_back(i);
  // Vertical centres: first one below the other, then drawn towards the neighbours, then pushed
  // apart again, from the left and from the right in turn.
  std::vector<double> centre(n, 0);
  const auto spread = [&](std::vector<std::size_t>& column) {
    std::stable_sort(column.begin(), column.end(),
                     [&](std::size_t a, std::size_t b) { return centre[a] < centre[b]; });
    double wished = 0;
    for (const std::size_t i : column) wished += centre[i];
    double top = -1e300;
    double got = 0;
    for (const std::size_t i : column) {
      const double half = graph.boxes[i].height() / 2;
      centre[i] = std::max(centre[i], top + half);
      top = centre[i] + half + kBetweenBoxes;
      got += centre[i];
    }
    const double shift = (wished - got) / static_cast<double>(column.size());
    for (const std::size_t i : column) centre[i] += shift;
  };
  for (auto& column : columns) spread(column);
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    const bool forward = sweep % 2 == 0;
    const Lists& neighbours = forward ? in : out;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      auto& column = columns[forward ? c : columns.size() - 1 - c];
      for (const std::size_t i : column) {
        if (neighbours[i].empty()) continue;
        double sum = 0;
        for (const std::size_t other : neighbours[i]) sum += centre[other];
        centre[i] = sum / static_cast<double>(neighbours[i].size());
      }
      spread(column);
    }
  }
  double x = 0;
  double above = 1e300;
  for (const auto& column : columns) {
    double width = 0;
    for (const std::size_t i : column) {
      corners[i] = {x, centre[i] - graph.boxes[i].height() / 2};
      above = std::min(above, corners[i].y());
      width = std::max(width, graph.boxes[i].width());
    }
    for (const std::size_t i : column) corners[i].rx() += (width - graph.boxes[i].width()) / 2;
    x += width + kBetweenRanks;
  }
  for (QPointF& corner : corners) {
    corner.setX(std::round(corner.x() / kLayoutGrid) * kLayoutGrid);
    corner.setY(std::round((corner.y() - above) / kLayoutGrid) * kLayoutGrid);
  }
  return corners;
}

}  // namespace millrace::gui
