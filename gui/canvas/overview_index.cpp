// SPDX-License-Identifier: Apache-2.0
#include "gui/canvas/overview_index.h"

#include "gui/canvas/flow_scene.h"

#include <algorithm>

namespace millrace::gui {
namespace {

/// What a person looks for is painted over the rest.
enum class Rank : unsigned char { kNote, kQuiet, kRunning, kWrong, kFound, kChosen };

Rank rankOf(const Component& component, const CanvasStyle& style, bool selected) {
  if (selected) return Rank::kChosen;
  if (!style.hitsAreWay && style.hits.contains(component.id())) return Rank::kFound;
  if (component.kind == flow::ElementKind::kLabel) return Rank::kNote;
  switch (lampOf(component, style)) {
    case Lamp::kRunning:
      return Rank::kRunning;
    case Lamp::kInvalid:
      return Rank::kWrong;
    default:
      return Rank::kQuiet;
  }
}

QRgb colourOf(Rank rank, const Theme& theme) {
  switch (rank) {
    case Rank::kNote:
      return theme.note.rgba();
    case Rank::kRunning:
      return theme.running.rgba();
    case Rank::kWrong:
      return theme.error.rgba();
    case Rank::kFound:
      return theme.warning.rgba();
    case Rank::kChosen:
      return theme.accent.rgba();
    default:
      return theme.stopped.rgba();
  }
}

}  // namespace

void OverviewIndex::read(const FlowScene& scene) {
  const CanvasStyle& style = scene.style();
  content = {};
  wires.clear();
  fullWires.clear();
  blockedWires.clear();
  chosenWires.clear();
  for (const auto& [id, item] : scene.wires()) {
    const QPolygonF& line = item->geometry().line;
    if (line.size() < 2) continue;
    content |= line.boundingRect();
    const QueueStatus* queue = style.status->queue(id);
    QVector<QLineF>& list = item->isSelected()                             ? chosenWires
                            : queue != nullptr && queue->share >= kErrorAt ? blockedWires
                            : queue != nullptr && queue->share >= kWarnAt  ? fullWires
                                                                           : wires;
    list << QLineF(line.first(), line.last());
  }
  for (const GhostItem* ghost : scene.ghosts()) content |= ghost->box();
  std::vector<std::pair<Rank, QRectF>> ranked;
  ranked.reserve(scene.nodes().size());
  for (const auto& [id, item] : scene.nodes()) {
    const QRectF box = item->box();
    content |= box;
    ranked.emplace_back(rankOf(*style.model->find(id), style, item->isSelected()), box);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  boxes.clear();
  boxes.reserve(ranked.size());
  for (const auto& [rank, box] : ranked) boxes.push_back({box, colourOf(rank, *style.theme)});
  if (!style.compared.empty()) {
    // Calm is what is as it was.
    boxes.clear();
    for (const GhostItem* ghost : scene.ghosts()) {
      if (!ghost->box().isEmpty()) boxes.push_back({ghost->box(), style.theme->error.rgba()});
    }
    for (const auto& [id, item] : scene.nodes()) {
      const auto mark = style.compared.markOf(id);
      const QColor colour = item->isSelected() ? style.theme->accent
                            : mark             ? markColour(*mark, *style.theme)
                                               : style.theme->stopped;
      boxes.push_back({item->box(), colour.rgba()});
    }
    return;
  }
  if (style.overlay == Overlay::kNone || style.overlayMost <= 0) return;
  boxes.clear();
  for (const auto& [id, item] : scene.nodes()) {
    const ComponentStatus* status = style.status->component(id);
    const double value = status == nullptr ? 0 : overlayValue(style.overlay, *status);
    const QColor colour = item->isSelected()  ? style.theme->accent
                          : status == nullptr ? style.theme->stopped
                                              : heatColour(*style.theme, value / style.overlayMost);
    boxes.push_back({item->box(), colour.rgba()});
  }
}

}  // namespace millrace::gui
