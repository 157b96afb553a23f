// SPDX-License-Identifier: Apache-2.0
// Moving boxes in FlowView: on the grid, in line with what stands near, onto a wire.

#include "gui/canvas/flow_view.h"
#include "gui/canvas/node_geometry.h"

#include <algorithm>

namespace millrace::gui {

using flow::ElementId;
using flow::ElementKind;

void FlowView::beginMove(NodeItem* node) {
  gesture_ = Gesture::kMove;
  startPlaces_.clear();
  places_.clear();
  for (const ElementId id : scene_.selectedNodes()) startPlaces_[id] = scene_.node(id)->pos();
  startPlaces_.try_emplace(node->component(), node->pos());
}

void FlowView::moveNodes(QPointF at, Qt::KeyboardModifiers modifiers) {
  const QPointF by = at - pressedScene_;
  places_.clear();
  for (const auto& [id, start] : startPlaces_)
    places_[id] = modifiers & Qt::ShiftModifier ? start + by : snapped(start + by);
  const bool hadGuides = !std::exchange(guides_, {}).lines.empty();
  if (!(modifiers & Qt::ShiftModifier)) alignMoved();
  scene_.preview(places_);
  if (hadGuides || !guides_.lines.empty()) viewport()->update();
  ElementId lit;
  if (places_.size() == 1) {
    if (const NodeItem* item = scene_.node(places_.begin()->first)) lit = wireUnder(*item);
  }
  if (lit != scene_.style().litWire) {
    scene_.style().litWire = lit;
    for (const auto& [id, wire] : scene_.wires()) wire->update();
  }
}

// What is moved comes into line with what stands near it.
void FlowView::alignMoved() {
  constexpr double kReach = 6;  // pixels
  QRectF moved;
  for (const auto& [id, at] : places_) moved |= QRectF(at, scene_.node(id)->box().size());
  const QRectF near = mapToScene(viewport()->rect()).boundingRect();
  std::vector<QRectF> others;
  for (const QGraphicsItem* item : scene_.items(near)) {
    const auto* node = qgraphicsitem_cast<const NodeItem*>(item);
    if (node != nullptr && !places_.contains(node->component())) others.push_back(node->box());
  }
  guides_ = guidesFor(moved, std::move(others), kReach / zoom());
  for (auto& [id, at] : places_) at += guides_.shift;
}

ElementId FlowView::wireUnder(const NodeItem& node) const {
  // Only what hangs on nothing yet is put on a wire.
  if (!editor_.model().connectionsAt(node.component()).empty()) return {};
  const Component* component = editor_.model().find(node.component());
  if (!hasInput(*component) || !hasOutput(*component) || component->kind == ElementKind::kGroup)
    return {};
  ElementId found;
  for (QGraphicsItem* item : scene_.items(node.box())) {
    const auto* wire = qgraphicsitem_cast<WireItem*>(item);
    if (wire == nullptr || distanceTo(wire->geometry().line, node.box().center()) > 28) continue;
    if (found != ElementId{}) return {};  // two: which one is not clear
    found = wire->component();
  }
  return found;
}

void FlowView::finishMove() {
  guides_ = {};
  if (!moved_ || places_.empty()) return;
  std::vector<std::pair<ElementId, QPointF>> places(places_.begin(), places_.end());
  std::sort(places.begin(), places.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  Ids ids;
  for (const auto& [id, at] : places) ids.push_back(id);
  const ElementId lit = std::exchange(scene_.style().litWire, ElementId{});
  const bool inserts = lit != ElementId{} && ids.size() == 1;
  if (inserts) editor_.beginStep("Put " + amount(editor_.model(), ids) + " on a wire");
  editor_.moveTo(places, "Move " + amount(editor_.model(), ids));
  if (inserts) {
    tell(editor_.insertOnWire(ids.front(), lit));
    editor_.endStep();
  }
}

}  // namespace millrace::gui
