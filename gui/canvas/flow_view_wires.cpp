// SPDX-License-Identifier: Apache-2.0
// What becomes of a wire that was drawn, or whose end was dragged, in FlowView.

#include "gui/canvas/flow_view.h"
#include "gui/canvas/gesture_seam.h"
#include "gui/canvas/quick_add.h"
#include "gui/canvas/relationship_choice.h"

namespace millrace::gui {

using flow::ElementId;
using flow::ElementKind;

ElementId FlowView::portOf(ElementId node, ElementKind kind) const {
  for (const ElementId id : editor_.model().nodesIn(node)) {
    if (editor_.model().find(id)->kind == kind) return id;
  }
  return {};
}

void FlowView::connectNodes(ElementId from, ElementId to, Choose then) {
  const FlowModel& model = editor_.model();
  const auto door = [&](ElementId node, ElementKind kind) {
    return model.find(node)->kind == ElementKind::kGroup ? portOf(node, kind) : node;
  };
  const ElementId source = door(from, ElementKind::kOutputPort);
  const ElementId target = door(to, ElementKind::kInputPort);
  if (source == ElementId{})
    return emit told("No wire was made: the group has no output port; enter it and add one");
  if (target == ElementId{})
    return emit told("No wire was made: the group has no input port; enter it and add one");
  if (const QString why = editor_.whyNoWire(source, target); !why.isEmpty())
    return emit told("No wire was made: " + why);
  const Component* component = model.find(source);
  if (component->processor() != nullptr && editor_.openRelationships(source).size() != 1)
    return askRelationships(source, target, then);
  connected(editor_.connect(scene_.group(), source, target, {}), then);
}

void FlowView::connected(const Result<ElementId>& wire, Choose then) {
  if (!wire.ok()) return emit told(QString::fromStdString(wire.error().message));
  if (then == Choose::kWire) scene_.select({*wire});
}

void FlowView::askRelationships(ElementId from, ElementId to, Choose then) {
  const Component* component = editor_.model().find(from);
  auto* choice = new RelationshipChoice(*component->processor(), editor_.types(),
                                        editor_.openRelationships(from), this);
  connect(choice, &RelationshipChoice::chosen, this,
          [this, from, to, then](const std::vector<std::string>& names) {
            connected(editor_.connect(scene_.group(), from, to, names), then);
          });
  choice->openAt(mapFromScene(scene_.wireTargetPoint(from, to)));
}

void FlowView::finishWire(QPoint at) {
  const Hit hit = hitAt(at);
  const ElementId from = std::exchange(wireFrom_, ElementId{});
  scene_.style().wireTarget = {};
  if (hit.node != nullptr && (hit.node->component() != from || moved_)) {
    if (hit.node->component() == from && hit.handle) return;
    return connectNodes(from, hit.node->component());
  }
  if (moved_ && gestureWorks("a wire into the void")) openQuickAdd(mapToScene(at), from);
}

void FlowView::finishEnd(QPoint at) {
  wireFrom_ = {};
  const Hit hit = hitAt(at);
  const Component* wire = editor_.model().find(bentWire_);
  if (!moved_ || hit.node == nullptr || wire == nullptr) return;
  const FlowModel& model = editor_.model();
  ElementId node = hit.node->component();
  if (model.find(node)->kind == ElementKind::kGroup)
    node = portOf(node, endIsTarget_ ? ElementKind::kInputPort : ElementKind::kOutputPort);
  if (node == ElementId{}) return emit told("The wire was not moved: the group has no such port");
  const flow::Connection* connection = wire->connection();
  tell(endIsTarget_ ? editor_.reconnect(bentWire_, connection->from.id, node)
                    : editor_.reconnect(bentWire_, node, connection->to.id));
}

}  // namespace millrace::gui
