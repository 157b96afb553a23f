// SPDX-License-Identifier: Apache-2.0
// Notes in FlowView: they are frames for what lies in them, and are sized by their corner.

#include "gui/canvas/flow_view.h"
#include "gui/canvas/gesture_seam.h"
#include "gui/canvas/node_geometry.h"

#include <QLineF>
#include <algorithm>

namespace millrace::gui {

using flow::ElementId;

// What lies wholly in a note goes with it, notes in notes too. By keys a note goes alone.
void FlowView::takeWhatIsFramed() {
  std::vector<QRectF> frames;
  for (const auto& [id, at] : startPlaces_) {
    if (editor_.model().find(id)->label() != nullptr) frames.push_back(scene_.node(id)->box());
  }
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const QRectF frame = frames[i];  // the list grows
    for (const QGraphicsItem* item : scene_.items(frame)) {
      const auto* inner = qgraphicsitem_cast<const NodeItem*>(item);
      if (inner == nullptr || !frame.contains(inner->box())) continue;
      const bool isNew = startPlaces_.try_emplace(inner->component(), inner->pos()).second;
      if (isNew && editor_.model().find(inner->component())->label() != nullptr)
        frames.push_back(inner->box());
    }
  }
}

bool FlowView::isAtCorner(const NodeItem& node, QPointF scenePoint) const {
  if (editor_.model().find(node.component())->label() == nullptr) return false;
  return QLineF(node.box().bottomRight(), scenePoint).length() <=
         kHandleReach / std::max(zoom(), 0.1);
}

void FlowView::beginSize(const NodeItem& note) {
  gesture_ = Gesture::kSize;
  pressedNode_ = note.component();
  scene_.select({pressedNode_});
}

void FlowView::moveCorner(QPointF at, Qt::KeyboardModifiers modifiers) {
  NodeItem* note = scene_.node(pressedNode_);
  if (note == nullptr) return;
  const QPointF corner = modifiers & Qt::ShiftModifier ? at : snapped(at);
  const QPointF size = corner - note->pos();
  note->showSize({std::max(size.x(), kLeastNote.width()), std::max(size.y(), kLeastNote.height())});
}

void FlowView::finishSize() {
  NodeItem* note = scene_.node(pressedNode_);
  if (note == nullptr || !moved_) return;
  const QSizeF size = note->box().size();
  editor_.update({pressedNode_}, "Resize note", [&](Component& component) {
    component.element().layout.size = flow::Point{size.width(), size.height()};
  });
}

}  // namespace millrace::gui
