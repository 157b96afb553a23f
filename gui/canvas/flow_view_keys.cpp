// SPDX-License-Identifier: Apache-2.0
// The keys of FlowView: what only the canvas knows. Keys with a menu entry are actions of the
// window.

#include "gui/canvas/flow_view.h"
#include "gui/canvas/gesture_seam.h"
#include "gui/canvas/node_geometry.h"
#include "gui/canvas/quick_add.h"

#include <QKeyEvent>
#include <cmath>

namespace millrace::gui {

using flow::ElementId;

namespace {

constexpr int kNudgeMerges = 7;  ///< nudges in a row are one undo step

QPointF directionOf(int key) {
  switch (key) {
    case Qt::Key_Left:
      return {-1, 0};
    case Qt::Key_Right:
      return {1, 0};
    case Qt::Key_Up:
      return {0, -1};
    case Qt::Key_Down:
      return {0, 1};
    default:
      return {};
  }
}

}  // namespace

void FlowView::keyPressEvent(QKeyEvent* event) {
  switch (event->key()) {
    case Qt::Key_Space:
      if (!event->isAutoRepeat()) {
        spaceHeld_ = true;
        viewport()->setCursor(Qt::OpenHandCursor);
      }
      return;
    case Qt::Key_Tab:
      if (!gestureWorks("add by Tab")) return;
      openQuickAdd(freePlace(), scene_.selectedNodes().size() == 1 ? scene_.selectedNodes().front()
                                                                   : ElementId{});
      return;
    case Qt::Key_Escape:
      if (!gestureWorks(gesture_ != Gesture::kNone ? "Esc ends a gesture" : "Esc leaves")) return;
      if (gesture_ != Gesture::kNone) return cancelGesture();
      if (!scene_.selection().empty()) return scene_.select({});
      return leaveGroup();
    case Qt::Key_Return:
    case Qt::Key_Enter:
      if (scene_.selectedNodes().size() == 1 && gestureWorks("Enter opens")) {
        const Component* component = editor_.model().find(scene_.selectedNodes().front());
        if (component->kind == flow::ElementKind::kGroup) return enterGroup(component->id());
        return emit renameAsked(component->id());
      }
      break;
    case Qt::Key_C:
      if (event->modifiers() == Qt::NoModifier && scene_.selectedNodes().size() == 2 &&
          gestureWorks("connect by C"))
        return connectNodes(scene_.selectedNodes()[0], scene_.selectedNodes()[1]);
      break;
    default:
      if (nudge(event) || walk(event)) return;
      break;
  }
  QGraphicsView::keyPressEvent(event);
}

void FlowView::keyReleaseEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Space && !event->isAutoRepeat()) {
    spaceHeld_ = false;
    viewport()->setCursor(Qt::ArrowCursor);
    return;
  }
  QGraphicsView::keyReleaseEvent(event);
}

// Ctrl+arrows move the selection, with Alt by a pixel.
bool FlowView::nudge(QKeyEvent* event) {
  const QPointF direction = directionOf(event->key());
  if (direction.isNull() || !(event->modifiers() & Qt::ControlModifier)) return false;
  if (!gestureWorks("move by keys")) return true;
  const double step = event->modifiers() & Qt::AltModifier ? 1 : kGrid;
  std::vector<std::pair<ElementId, QPointF>> places;
  for (const ElementId id : scene_.selectedNodes())
    places.emplace_back(id, editor_.model().position(id) + direction * step);
  editor_.moveTo(places, "Move " + amount(editor_.model(), scene_.selectedNodes()), kNudgeMerges);
  return true;
}

// Arrows select the nearest box in a direction.
bool FlowView::walk(QKeyEvent* event) {
  const QPointF direction = directionOf(event->key());
  if (direction.isNull() || event->modifiers() != Qt::NoModifier) return false;
  if (!gestureWorks("walk by keys")) return true;
  const Ids selected = scene_.selectedNodes();
  const QPointF from = selected.empty() ? mapToScene(viewport()->rect().center())
                                        : scene_.node(selected.front())->box().center();
  ElementId best;
  double least = 1e300;
  for (const auto& [id, item] : scene_.nodes()) {
    const QPointF to = item->box().center() - from;
    const double ahead = QPointF::dotProduct(to, direction);
    const double aside = std::abs(to.x() * direction.y()) + std::abs(to.y() * direction.x());
    if (!selected.empty() && (id == selected.front() || ahead <= 1 || aside > ahead * 2)) continue;
    const double cost = std::abs(ahead) + aside * 2;
    if (cost < least) {
      least = cost;
      best = id;
    }
  }
  if (best == ElementId{}) return true;
  scene_.select({best});
  ensureVisible(scene_.node(best)->box(), 48, 48);
  emit viewMoved();
  return true;
}

}  // namespace millrace::gui
