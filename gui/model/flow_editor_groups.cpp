// SPDX-License-Identifier: Apache-2.0
// What FlowEditor does with several components and the wires between them: putting them into a
// group of their own, and taking some out without cutting the way.

#include "engine/flow/links.h"
#include "engine/flow/paths.h"
#include "gui/model/flow_editor.h"

#include <algorithm>
#include <limits>

namespace millrace::gui {

using flow::ElementId;
using flow::ElementKind;

namespace {

constexpr double kBesideLast = 392;  ///< of the door out from the last box: its width, and a wire

}  // namespace

Component FlowEditor::wireBetween(ElementId group, const flow::Endpoint& from,
                                  const flow::Endpoint& to,
                                  const std::vector<flow::Name>& relationships) {
  Component component;
  component.kind = ElementKind::kConnection;
  component.group = group;
  component.order = model_.nextOrder();
  flow::Connection wire;
  wire.from = from;
  wire.to = to;
  wire.relationships = relationships;
  wire.id =
      freeId(flow::connectionPath(model_.pathOf(group), wire) + std::to_string(component.order));
  component.value = std::move(wire);
  return component;
}

Result<ElementId> FlowEditor::groupTogether(const Ids& ids) {
  if (ids.empty()) return Error::user("nothing was grouped: choose components first");
  const ElementId outer = model_.find(ids.front())->group;
  const std::set<ElementId> inside(ids.begin(), ids.end());
  QPointF corner(std::numeric_limits<double>::max(), std::numeric_limits<double>::max());
  for (const ElementId id : ids) {
    if (model_.find(id)->port() != nullptr)
      return Error::user("nothing was grouped: '" + model_.find(id)->name() +
                         "' is a door of this group and must stay in it; choose without it");
    corner = {std::min(corner.x(), model_.position(id).x()),
              std::min(corner.y(), model_.position(id).y())};
  }
  Component group = fresh(ElementKind::kGroup, outer, model_.freeName(outer, "Group"), corner);
  // Nothing of a parameter comes from outer groups: the new one sees what this one sees.
  const auto& owner = std::get<flow::Group>(model_.find(outer)->value);
  auto& made = std::get<flow::Group>(group.value);
  made.parameterContext = owner.parameterContext;
  made.parameters = owner.parameters;
  made.defaultBackPressure = owner.defaultBackPressure;
  made.defaultExpire = owner.defaultExpire;
  const ElementId groupId = group.id();
  Edit edit{"Group " + amount(model_, ids), {}};
  edit.create(group);
  double right = 0;
  for (const ElementId id : ids) {
    Component moved = *model_.find(id);
    const Component before = moved;
    moved.group = groupId;
    const QPointF at = model_.position(id) - corner + QPointF(248, 40);
    right = std::max(right, at.x());
    moved.element().layout.at = flow::Point{at.x(), at.y()};
    edit.update(before, std::move(moved));
  }
  std::set<std::string> taken;
  for (const ElementId id : ids) taken.insert(model_.find(id)->name());
  int ins = 0, outs = 0;
  const auto addPort = [&](ElementKind kind, const std::string& base) {
    std::string name = base;
    for (int number = 2; !taken.insert(name).second; ++number)
      name = base + " (" + std::to_string(number) + ")";
    const bool in = kind == ElementKind::kInputPort;
    const QPointF at =
        in ? QPointF(0, 40 + 96 * ins++) : QPointF(right + kBesideLast, 40 + 96 * outs++);
    Component port = fresh(kind, outer, name, at);
    port.group = groupId;
    const flow::Endpoint end{name, kind, port.id(), {}};
    edit.create(std::move(port));
    return end;
  };
  std::unordered_map<ElementId, flow::Endpoint> doors;  // for what is led to from outside
  for (const ElementId id : Ids(model_.connectionsIn(outer))) {
    const Component before = *model_.find(id);
    const flow::Connection& wire = *before.connection();
    const bool fromInside = inside.contains(model_.nodeOf(wire.from.id, outer));
    const bool toInside = inside.contains(model_.nodeOf(wire.to.id, outer));
    if (!fromInside && !toInside) continue;
    Component changed = before;
    changed.element().layout.bends.clear();
    if (fromInside && toInside) {
      changed.group = groupId;
    } else if (toInside) {
      // The wire with its queue stays outside and ends at the door.
      auto door = doors.find(wire.to.id);
      if (door == doors.end()) {
        door = doors.emplace(wire.to.id, addPort(ElementKind::kInputPort, "in")).first;
        edit.create(wireBetween(groupId, door->second, wire.to, {}));
      }
      changed.connection()->to = door->second;
    } else {
      // It stays with its source, and what goes on begins at the door.
      const flow::Endpoint door = addPort(ElementKind::kOutputPort, "out");
      edit.create(wireBetween(outer, door, wire.to, {}));
      changed.connection()->to = door;
      changed.group = groupId;
    }
    edit.update(before, std::move(changed));
  }
  push(std::move(edit));
  return groupId;
}

void FlowEditor::removeAndHeal(const Ids& ids) {
  beginStep("Delete " + amount(model_, ids) + " and heal");
  for (const ElementId id : ids) {
    const Component* component = model_.find(id);
    if (component == nullptr) continue;
    Ids in, out;
    if (component->isNode() && component->kind != ElementKind::kGroup) {
      for (const ElementId wire : model_.connectionsAt(id)) {
        const flow::Connection* connection = model_.find(wire)->connection();
        const bool loop = connection->from.id == connection->to.id;
        if (loop) continue;
        (connection->to.id == id ? in : out).push_back(wire);
      }
    }
    if (out.size() == 1) {
      const ElementId target = model_.find(out.front())->connection()->to.id;
      // What cannot be led on (to a source, or twice the same) goes with the component.
      for (const ElementId wire : in)
        (void)reconnect(wire, model_.find(wire)->connection()->from.id, target);
    }
    remove({id});
  }
  endStep();
}

Ids FlowEditor::along(const Ids& from, Way way) const {
  std::set<ElementId> seen(from.begin(), from.end());
  Ids open = from;
  while (!open.empty()) {
    const ElementId at = open.back();
    open.pop_back();
    const Component* component = model_.find(at);
    if (component == nullptr || !component->isNode()) continue;
    for (const ElementId wire : model_.connectionsAt(at)) {
      const flow::Connection& connection = *model_.find(wire)->connection();
      const ElementId begin = model_.nodeOf(connection.from.id, component->group);
      const ElementId end = model_.nodeOf(connection.to.id, component->group);
      if ((way == Way::kDownstream ? begin : end) != at) continue;
      const ElementId next = way == Way::kDownstream ? end : begin;
      seen.insert(wire);
      if (seen.insert(next).second) open.push_back(next);
    }
  }
  return {seen.begin(), seen.end()};
}

}  // namespace millrace::gui
