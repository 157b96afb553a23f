// SPDX-License-Identifier: Apache-2.0
// Moving boxes in FlowView: on the grid, in line with what stands near, onto a wire.

#include "gui/canvas/flow_view.h"
#include "gui/canvas/gesture_seam.h"
#include "gui/canvas/node_geometry.h"
#include "gui/canvas/traces.h"

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
  pressedNode_ = node->component();
  copies_ = false;
  if (gestureWorks("carry in a frame")) takeWhatIsFramed();
}

// Copies come to stand where their originals are, and are moved from there.
void FlowView::takeCopies() {
  Ids ids;
  QPointF corner(1e300, 1e300);
  for (const auto& [id, at] : startPlaces_) {
    ids.push_back(id);
    corner = {std::min(corner.x(), at.x()), std::min(corner.y(), at.y())};
  }
  std::sort(ids.begin(), ids.end());
  copies_ = false;
  editor_.beginStep("Duplicate " + amount(editor_.model(), ids));
  copying_ = true;
  const Result<Ids> made = editor_.paste(scene_.group(), editor_.copy(ids), corner, "Duplicate");
  if (!made.ok()) return endCopies(false);
  scene_.select(*made);
  startPlaces_.clear();
  for (const ElementId id : *made) {
    if (const NodeItem* item = scene_.node(id)) startPlaces_[id] = item->pos();
  }
}

void FlowView::endCopies(bool stay) {
  if (!std::exchange(copying_, false)) return;
  editor_.endStep();
  if (!stay) editor_.takeBack();
}

void FlowView::moveNodes(QPointF at, Qt::KeyboardModifiers modifiers) {
  const QPointF by = at - pressedScene_;
  const bool free = modifiers & Qt::ShiftModifier;  // neither the grid nor guides
  places_.clear();
  for (const auto& [id, start] : startPlaces_)
    places_[id] = free || !gestureWorks("snap to the grid") ? start + by : snapped(start + by);
  QRegion changed = guideRegion();
  guides_ = {};
  if (!free && gestureWorks("come into line")) alignMoved();
  const bool far = zoom() < kOverview;
  scene_.preview(places_, far ? FlowScene::Follows::kOverviewToo : FlowScene::Follows::kCanvas);
  changed += guideRegion();
  if (far || traces_->isShown()) changed = viewport()->rect();
  viewport()->update(changed);
  ElementId lit;
  if (places_.size() == 1 && gestureWorks("drop on a wire")) {
    if (const NodeItem* item = scene_.node(places_.begin()->first)) lit = wireUnder(*item);
  }
  const ElementId before = std::exchange(scene_.style().litWire, lit);
  for (const ElementId id : {before, lit}) {
    if (WireItem* wire = scene_.wire(id); wire != nullptr && before != lit) wire->update();
  }
}

// The pixels that the guides cover: only these are painted anew when they come and go.
QRegion FlowView::guideRegion() const {
  QRegion region;
  std::vector<QLineF> all = guides_.lines;
  all.insert(all.end(), guides_.gaps.begin(), guides_.gaps.end());
  constexpr int kAround = 8;  // the strokes at the ends of a gap, and a pen's width
  for (const QLineF& line : all)
    region += QRect(mapFromScene(line.p1()), mapFromScene(line.p2()))
                  .normalized()
                  .adjusted(-kAround, -kAround, kAround, kAround);
  return region;
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
  viewport()->update(guideRegion());
  guides_ = {};
  scene_.previewEnded();
  copies_ = false;
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
  endCopies(true);
}

}  // namespace millrace::gui
