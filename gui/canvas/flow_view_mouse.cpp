// SPDX-License-Identifier: Apache-2.0
// The gestures of FlowView.

#include "gui/canvas/flow_view.h"
#include "gui/canvas/gesture_seam.h"
#include "gui/canvas/node_geometry.h"
#include "gui/canvas/quick_add.h"

#include <QContextMenuEvent>
#include <QDragEnterEvent>
#include <QLineF>
#include <QMimeData>
#include <QMouseEvent>
#include <QRubberBand>
#include <QScrollBar>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

namespace millrace::gui {

using flow::ElementId;
using flow::ElementKind;

namespace {
constexpr int kDragBegins = 4;  ///< pixels
}

FlowView::Hit FlowView::hitAt(QPoint at) const {
  Hit hit;
  const QPointF scenePoint = mapToScene(at);
  const double reach = kHandleReach / std::max(zoom(), 0.1);
  const QRectF around(scenePoint - QPointF(reach, reach), QSizeF(2 * reach, 2 * reach));
  double nearest = 1e300;
  for (QGraphicsItem* item : scene_.items(around)) {
    if (auto* node = qgraphicsitem_cast<NodeItem*>(item)) {
      const QRectF box = node->box();
      const Component* component = editor_.model().find(node->component());
      const QPointF handle = box.topLeft() + outputHandle(box.size());
      if (hasOutput(*component) && zoom() >= kNamesOnly &&
          QLineF(handle, scenePoint).length() <= reach) {
        hit = {node, nullptr, true};
        return hit;
      }
      if (box.contains(scenePoint) && (hit.node == nullptr || node->zValue() > hit.node->zValue()))
        hit.node = node;
    } else if (auto* wire = qgraphicsitem_cast<WireItem*>(item)) {
      double distance = distanceTo(wire->geometry().line, scenePoint);
      if (wire->labelBox().contains(scenePoint)) distance = 0;
      if (distance < std::min(nearest, reach * 0.7)) {
        nearest = distance;
        hit.wire = wire;
      }
    }
  }
  // Boxes lie above wires, notes below them.
  if (hit.node != nullptr && hit.node->zValue() > 0) hit.wire = nullptr;
  if (hit.wire != nullptr) hit.node = nullptr;
  return hit;
}

void FlowView::hover(QPoint at) {
  if (!gestureWorks("hover")) return;
  const Hit hit = hitAt(at);
  const ElementId id = hit.node != nullptr   ? hit.node->component()
                       : hit.wire != nullptr ? hit.wire->component()
                                             : ElementId{};
  CanvasStyle& style = scene_.style();
  if (style.hovered != id) {
    for (const ElementId changed : {style.hovered, id}) {
      if (NodeItem* node = scene_.node(changed)) node->update();
      if (WireItem* wire = scene_.wire(changed)) wire->update();
    }
    style.hovered = id;
  }
  viewport()->setCursor(spaceHeld_                                          ? Qt::OpenHandCursor
                        : hit.handle                                        ? Qt::CrossCursor
                        : hit.node && isAtCorner(*hit.node, mapToScene(at)) ? Qt::SizeFDiagCursor
                        : hit.node                                          ? Qt::SizeAllCursor
                        : hit.wire                                          ? Qt::PointingHandCursor
                                                                            : Qt::ArrowCursor);
}

void FlowView::mousePressEvent(QMouseEvent* event) {
  if (snapshot_.isActive()) endPicture();
  pressed_ = last_ = event->position().toPoint();
  pressedScene_ = mapToScene(pressed_);
  moved_ = false;
  if (event->button() == Qt::MiddleButton || (event->button() == Qt::LeftButton && spaceHeld_)) {
    if (!gestureWorks(spaceHeld_ ? "pan by the space bar" : "pan by the middle button")) return;
    gesture_ = Gesture::kPan;
    viewport()->setCursor(Qt::ClosedHandCursor);
    return;
  }
  const Hit hit = hitAt(pressed_);
  if (event->button() == Qt::RightButton) {
    if (!gestureWorks("choose by the right button")) return;
    const ElementId under = hit.node   ? hit.node->component()
                            : hit.wire ? hit.wire->component()
                                       : ElementId{};
    const QGraphicsItem* item = hit.node ? static_cast<QGraphicsItem*>(hit.node) : hit.wire;
    if (item != nullptr && !item->isSelected()) scene_.select({under});
    if (item == nullptr) scene_.select({});
    return;
  }
  if (event->button() != Qt::LeftButton) return;
  if (hit.handle) {
    if (!gestureWorks("draw a wire")) return;
    gesture_ = Gesture::kWire;
    wireFrom_ = hit.node->component();
    wireTip_ = pressedScene_;
    return;
  }
  const bool adds = event->modifiers() & (Qt::ShiftModifier | Qt::ControlModifier);
  if (hit.node != nullptr && isAtCorner(*hit.node, pressedScene_) && gestureWorks("size a note"))
    return beginSize(*hit.node);
  if (hit.node != nullptr) {
    if (!gestureWorks(adds ? "choose more" : "choose a box")) return;
    if (adds) {
      hit.node->setSelected(!hit.node->isSelected());
    } else if (!hit.node->isSelected()) {
      scene_.select({hit.node->component()});
    }
    if (!hit.node->isSelected() || !gestureWorks("move")) return;
    const bool copies = event->modifiers() & Qt::AltModifier && gestureWorks("copy by drag");
    beginMove(hit.node);
    copies_ = copies;
    return;
  }
  if (hit.wire != nullptr) {
    const QPolygonF& line = hit.wire->geometry().line;
    const double reach = 14 / zoom();
    const bool atTarget = QLineF(line.last(), pressedScene_).length() <= reach;
    if (hit.wire->isSelected() &&
        (atTarget || QLineF(line.first(), pressedScene_).length() <= reach)) {
      if (!gestureWorks("lead the end of a wire elsewhere")) return;
      gesture_ = Gesture::kEndOfWire;
      endIsTarget_ = atTarget;
      bentWire_ = hit.wire->component();
      const flow::Connection* wire = editor_.model().find(bentWire_)->connection();
      wireFrom_ = editor_.model().nodeOf(atTarget ? wire->from.id : wire->to.id, scene_.group());
      wireTip_ = pressedScene_;
      return;
    }
    if (!gestureWorks("choose a wire")) return;
    if (adds) {
      hit.wire->setSelected(!hit.wire->isSelected());
    } else {
      scene_.select({hit.wire->component()});
    }
    bend_ = hit.wire->bendAt(pressedScene_);
    if (bend_ >= 0 && gestureWorks("move a bend")) {
      gesture_ = Gesture::kBend;
      bentWire_ = hit.wire->component();
      bends_ = hit.wire->geometry().bends;
    }
    return;
  }
  if (!gestureWorks("rubber band")) return;
  gesture_ = Gesture::kRubber;
  if (!(event->modifiers() & (Qt::ShiftModifier | Qt::ControlModifier | Qt::AltModifier)))
    scene_.select({});
}

void FlowView::mouseMoveEvent(QMouseEvent* event) {
  const QPoint at = event->position().toPoint();
  if (gesture_ != Gesture::kNone && (at - pressed_).manhattanLength() >= kDragBegins) moved_ = true;
  switch (gesture_) {
    case Gesture::kPan:
      horizontalScrollBar()->setValue(horizontalScrollBar()->value() - (at - last_).x());
      verticalScrollBar()->setValue(verticalScrollBar()->value() - (at - last_).y());
      break;
    case Gesture::kMove:
      if (moved_ && copies_ && startPlaces_.contains(pressedNode_)) takeCopies();
      if (moved_) moveNodes(mapToScene(at), event->modifiers());
      break;
    case Gesture::kRubber:
      if (moved_) {
        rubber_->setGeometry(QRect(pressed_, at).normalized());
        rubber_->show();
      }
      break;
    case Gesture::kWire:
    case Gesture::kEndOfWire: {
      wireTip_ = mapToScene(at);
      const Hit hit = hitAt(at);
      scene_.style().wireTarget = hit.node ? hit.node->component() : ElementId{};
      viewport()->update();
      break;
    }
    case Gesture::kBend:
      if (moved_) {
        bends_[static_cast<std::size_t>(bend_)] = snapped(mapToScene(at));
        if (WireItem* wire = scene_.wire(bentWire_)) {
          const flow::Connection* connection = editor_.model().find(bentWire_)->connection();
          const NodeItem* from =
              scene_.node(editor_.model().nodeOf(connection->from.id, scene_.group()));
          const NodeItem* to =
              scene_.node(editor_.model().nodeOf(connection->to.id, scene_.group()));
          if (from && to) wire->route({from->box(), to->box(), from == to, 0}, bends_);
        }
      }
      break;
    case Gesture::kSize:
      if (moved_) moveCorner(mapToScene(at), event->modifiers());
      break;
    case Gesture::kNone:
      hover(at);
      break;
  }
  last_ = at;
}

void FlowView::finishRubber(QPoint at, Qt::KeyboardModifiers modifiers) {
  rubber_->hide();
  if (!moved_) return;
  const QRectF band = mapToScene(QRect(pressed_, at).normalized()).boundingRect();
  const bool touching = at.x() < pressed_.x();
  const bool removes = modifiers & Qt::AltModifier;
  Ids chosen = modifiers & (Qt::ShiftModifier | Qt::ControlModifier | Qt::AltModifier)
                   ? scene_.selection()
                   : Ids();
  const auto take = [&](ElementId id) {
    const auto there = std::find(chosen.begin(), chosen.end(), id);
    if (removes) {
      if (there != chosen.end()) chosen.erase(there);
    } else if (there == chosen.end()) {
      chosen.push_back(id);
    }
  };
  for (const auto& [id, item] : scene_.nodes()) {
    if (touching ? band.intersects(item->box()) : band.contains(item->box())) take(id);
  }
  for (const auto& [id, item] : scene_.wires()) {
    const QPolygonF& line = item->geometry().line;
    if (touching ? !clipped(line, band).empty() : band.contains(line.boundingRect())) take(id);
  }
  scene_.select(chosen);
}

void FlowView::mouseReleaseEvent(QMouseEvent* event) {
  const QPoint at = event->position().toPoint();
  const Gesture gesture = std::exchange(gesture_, Gesture::kNone);
  switch (gesture) {
    case Gesture::kMove:
      finishMove();
      break;
    case Gesture::kRubber:
      finishRubber(at, event->modifiers());
      break;
    case Gesture::kWire:
      finishWire(at);
      break;
    case Gesture::kBend:
      if (moved_) editor_.setBends(bentWire_, bends_);
      break;
    case Gesture::kEndOfWire:
      finishEnd(at);
      break;
    case Gesture::kSize:
      finishSize();
      break;
    default:
      break;
  }
  scene_.style().wireTarget = {};
  viewport()->update();
  hover(at);
}

void FlowView::cancelGesture() {
  const Gesture gesture = std::exchange(gesture_, Gesture::kNone);
  guides_ = {};
  if (gesture == Gesture::kMove) {
    scene_.preview(startPlaces_);
    scene_.previewEnded();
    endCopies(false);
  }
  if (gesture == Gesture::kSize) {
    if (NodeItem* note = scene_.node(pressedNode_)) note->refresh();
  }
  rubber_->hide();
  scene_.style().wireTarget = {};
  scene_.style().litWire = {};
  viewport()->update();
}

void FlowView::mouseDoubleClickEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  gesture_ = Gesture::kNone;
  const QPoint at = event->position().toPoint();
  const Hit hit = hitAt(at);
  if (hit.node != nullptr) {
    const Component* component = editor_.model().find(hit.node->component());
    const bool group = component->kind == ElementKind::kGroup;
    if (!gestureWorks(group ? "enter a group by double click" : "name by double click")) return;
    if (group) return enterGroup(component->id());
    return emit renameAsked(component->id());
  }
  if (hit.wire != nullptr) {
    if (!gestureWorks("bend by double click")) return;
    std::vector<QPointF> bends = hit.wire->geometry().bends;
    const int there = hit.wire->bendAt(mapToScene(at));
    if (there >= 0) {
      bends.erase(bends.begin() + there);
    } else {
      const auto place =
          static_cast<std::ptrdiff_t>(bendPlace(hit.wire->geometry(), mapToScene(at)));
      bends.insert(bends.begin() + place, snapped(mapToScene(at)));
    }
    return editor_.setBends(hit.wire->component(), bends);
  }
  if (gestureWorks("add by double click")) openQuickAdd(mapToScene(at));
}

void FlowView::wheelEvent(QWheelEvent* event) {
  const QPoint turned =
      event->pixelDelta().isNull() ? event->angleDelta() : event->pixelDelta() * 3;
  const bool zooms = event->modifiers() & Qt::ControlModifier;
  event->accept();
  if (!gestureWorks(zooms ? "zoom by the wheel" : "scroll by the wheel")) return;
  if (zooms) {
    const double factor = std::pow(1.0015, turned.y());
    keepPicture(factor);
    zoomAround(factor, event->position().toPoint());
  } else {
    const bool sideways = event->modifiers() & Qt::ShiftModifier;
    const QPoint by = sideways ? QPoint(turned.y(), turned.x()) : turned;
    horizontalScrollBar()->setValue(horizontalScrollBar()->value() - by.x() / 2);
    verticalScrollBar()->setValue(verticalScrollBar()->value() - by.y() / 2);
  }
}

void FlowView::contextMenuEvent(QContextMenuEvent* event) {
  if (!gestureWorks("context menu")) return;
  const Hit hit = hitAt(event->pos());
  emit contextMenuAsked(event->globalPos(), hit.node   ? hit.node->component()
                                            : hit.wire ? hit.wire->component()
                                                       : ElementId{});
}

namespace {
const char* const kTypeMime = "application/x-millrace-type";
}

void FlowView::dragEnterEvent(QDragEnterEvent* event) {
  if (event->mimeData()->hasFormat(kTypeMime)) event->acceptProposedAction();
}

void FlowView::dragMoveEvent(QDragMoveEvent* event) {
  if (event->mimeData()->hasFormat(kTypeMime)) event->acceptProposedAction();
}

void FlowView::dropEvent(QDropEvent* event) {
  const std::string type = event->mimeData()->data(kTypeMime).toStdString();
  if (type.empty() || !gestureWorks("drop from the palette")) return;
  const QPointF at = snapped(mapToScene(event->position().toPoint()) - QPointF(116, 44));
  editor_.beginStep("Add " + QString::fromStdString(type));
  const ElementId id = editor_.addProcessor(scene_.group(), type, at);
  scene_.select({id});
  if (const NodeItem* item = scene_.node(id)) {
    if (const ElementId wire = wireUnder(*item); wire != ElementId{})
      tell(editor_.insertOnWire(id, wire));
  }
  editor_.endStep();
  event->acceptProposedAction();
}

}  // namespace millrace::gui
