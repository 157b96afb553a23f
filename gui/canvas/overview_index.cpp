// SPDX-License-Identifier: Apache-2.0
#include "gui/canvas/overview_index.h"

#include "gui/canvas/flow_scene.h"

#include <array>

namespace millrace::gui {
namespace {

enum class Rank : unsigned char { kNote, kQuiet, kRunning, kWrong, kFound, kChosen };
constexpr std::size_t kRanks = 6;

Lamp lampOf(const OverviewIndex::Node& node, const CanvasStyle& style) {
  // The server's word is there in nearly all cases, and saves a look into the model.
  const ComponentStatus* status = style.status->component(node.id);
  if (status != nullptr && status->lamp != Lamp::kUnknown) return status->lamp;
  const Component* component = style.model->find(node.id);
  return component == nullptr ? Lamp::kUnknown : gui::lampOf(*component, style);
}

/// What a person looks for is painted over the rest.
Rank rankOf(const OverviewIndex::Node& node, const CanvasStyle& style) {
  if (node.item->isSelected()) return Rank::kChosen;
  if (!style.hitsAreWay && style.hits.contains(node.id)) return Rank::kFound;
  if (node.isNote) return Rank::kNote;
  switch (lampOf(node, style)) {
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

void OverviewIndex::readPlaces(const FlowScene& scene) {
  content = {};
  nodes.clear();
  lines.clear();
  nodes.reserve(scene.nodes().size());
  lines.reserve(scene.wires().size());
  for (const auto& [id, item] : scene.wires()) {
    const QPolygonF& line = item->geometry().line;
    if (line.size() < 2) continue;
    content |= line.boundingRect();
    lines.push_back({id, item, QLineF(line.first(), line.last())});
  }
  for (const GhostItem* ghost : scene.ghosts()) content |= ghost->box();
  for (const auto& [id, item] : scene.nodes()) {
    const QRectF box = item->box();
    content |= box;
    const bool isNote = scene.style().model->find(id)->kind == flow::ElementKind::kLabel;
    nodes.push_back({id, item, box, isNote});
  }
}

void OverviewIndex::readColours(const FlowScene& scene) {
  const CanvasStyle& style = scene.style();
  wires.clear();
  fullWires.clear();
  blockedWires.clear();
  chosenWires.clear();
  for (const Wire& wire : lines) {
    const QueueStatus* queue = style.status->queue(wire.id);
    QVector<QLineF>& list = wire.item->isSelected()                        ? chosenWires
                            : queue != nullptr && queue->share >= kErrorAt ? blockedWires
                            : queue != nullptr && queue->share >= kWarnAt  ? fullWires
                                                                           : wires;
    list << wire.line;
  }
  boxes.clear();
  if (!style.compared.empty()) {
    // Calm is what is as it was.
    for (const GhostItem* ghost : scene.ghosts()) {
      if (!ghost->box().isEmpty()) boxes.push_back({ghost->box(), style.theme->error.rgba()});
    }
    for (const Node& node : nodes) {
      const auto mark = style.compared.markOf(node.id);
      const QColor colour = node.item->isSelected() ? style.theme->accent
                            : mark                  ? markColour(*mark, *style.theme)
                                                    : style.theme->stopped;
      boxes.push_back({node.box, colour.rgba()});
    }
    return;
  }
  if (style.overlay != Overlay::kNone && style.overlayMost > 0) {
    for (const Node& node : nodes) {
      const ComponentStatus* status = style.status->component(node.id);
      const double value = status == nullptr ? 0 : overlayValue(style.overlay, *status);
      const QColor colour = node.item->isSelected() ? style.theme->accent
                            : status == nullptr
                                ? style.theme->stopped
                                : heatColour(*style.theme, value / style.overlayMost);
      boxes.push_back({node.box, colour.rgba()});
    }
    return;
  }
  std::array<std::vector<QRectF>, kRanks> ranked;
  for (const Node& node : nodes)
    ranked[static_cast<std::size_t>(rankOf(node, style))].push_back(node.box);
  boxes.reserve(nodes.size());
  for (std::size_t rank = 0; rank < kRanks; ++rank) {
    const QRgb colour = colourOf(static_cast<Rank>(rank), *style.theme);
    for (const QRectF& box : ranked[rank]) boxes.push_back({box, colour});
  }
}

}  // namespace millrace::gui
