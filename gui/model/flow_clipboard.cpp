// SPDX-License-Identifier: Apache-2.0
// Copy and paste of FlowEditor: the clipboard holds a flow file, so that it can be pasted into
// another window, a chat or a repository, and back.

#include "engine/flow/elements.h"
#include "engine/flow/paths.h"
#include "engine/flow/yaml_reader.h"
#include "engine/flow/yaml_writer.h"
#include "gui/model/flow_editor.h"

#include <algorithm>
#include <unordered_map>

namespace millrace::gui {

using flow::ElementId;
using flow::ElementKind;

std::string FlowEditor::copy(const Ids& ids) const {
  // A model that has nothing but these, and what is inside of them.
  std::set<ElementId> kept;
  ElementId group;
  for (const ElementId id : ids) {
    const Component* component = model_.find(id);
    if (component == nullptr || component->kind == ElementKind::kConnection) continue;
    kept.insert(id);
    group = component->group;
  }
  if (kept.empty()) return {};
  flow::Flow whole = model_.toFlow();
  flow::Group* source = flow::findGroup(whole, model_.pathOf(group));
  if (source == nullptr) return {};
  flow::Flow part;
  part.name = "clipboard";
  part.root.name = part.name;
  const auto take = [&](auto& from, auto& to) {
    for (auto& element : from) {
      if (!kept.contains(element.id)) continue;
      element.idIsGiven = false;
      if (model_.hasPosition(element.id)) {
        const QPointF at = model_.position(element.id);
        element.layout.at = flow::Point{at.x(), at.y()};
      }
      to.push_back(std::move(element));
    }
  };
  const auto holds = [&](const flow::Endpoint& end) {
    return kept.contains(model_.nodeOf(end.id, group));
  };
  for (flow::Connection& wire : source->connections) {
    if (!holds(wire.from) || !holds(wire.to)) continue;
    wire.idIsGiven = false;
    part.root.connections.push_back(wire);
  }
  take(source->services, part.root.services);
  take(source->inputs, part.root.inputs);
  take(source->outputs, part.root.outputs);
  take(source->funnels, part.root.funnels);
  take(source->labels, part.root.labels);
  take(source->processors, part.root.processors);
  take(source->remoteGroups, part.root.remoteGroups);
  take(source->groups, part.root.groups);
  flow::forEachElement(part, [](ElementKind, const std::string&, flow::Element& element,
                                flow::Group&) { element.idIsGiven = false; });
  return flow::writeFlow(part);
}

void FlowEditor::pasteGroup(const flow::Group& from, ElementId into, QPointF shift, bool top,
                            Edit& edit, Ids& nodes) {
  std::unordered_map<ElementId, ElementId> newIds;  // of this group and of the doors of its groups
  std::set<std::string> names;
  const std::string path = model_.pathOf(into);
  const auto add = [&](ElementKind kind, const auto& element) {
    Component component;
    component.kind = kind;
    component.group = into;
    component.order = model_.nextOrder();
    auto copy = element;
    if (top) {
      std::string name = model_.freeName(into, copy.name);
      for (int n = 2; names.contains(name) || !model_.nameIsFree(into, name, kRootGroup); ++n)
        name = copy.name + " (" + std::to_string(n) + ")";
      copy.name = name;
      names.insert(name);
      if (copy.layout.at) {
        copy.layout.at->x += shift.x();
        copy.layout.at->y += shift.y();
      }
    }
    copy.idIsGiven = false;
    copy.id = top ? freeId(flow::joinPath(path, copy.name)) : freeId("");
    newIds[element.id] = copy.id;
    component.value = std::move(copy);
    if (top && component.isNode()) nodes.push_back(component.id());
    edit.create(std::move(component));
  };
  for (const auto& element : from.services) add(ElementKind::kService, element);
  for (const auto& element : from.inputs) add(ElementKind::kInputPort, element);
  for (const auto& element : from.outputs) add(ElementKind::kOutputPort, element);
  for (const auto& element : from.funnels) add(ElementKind::kFunnel, element);
  for (const auto& element : from.labels) add(ElementKind::kLabel, element);
  for (const auto& element : from.processors) add(ElementKind::kProcessor, element);
  for (flow::RemoteGroup remote : from.remoteGroups) {
    for (auto* ports : {&remote.inputs, &remote.outputs}) {
      for (flow::RemotePort& port : *ports) {
        const ElementId old = port.id;
        port.id = freeId("");
        port.idIsGiven = true;
        newIds[old] = port.id;
      }
    }
    add(ElementKind::kRemoteGroup, remote);
  }
  for (const flow::Group& inner : from.groups) {
    flow::Group bare = inner;
    bare.services.clear();
    bare.inputs.clear();
    bare.outputs.clear();
    bare.funnels.clear();
    bare.labels.clear();
    bare.processors.clear();
    bare.remoteGroups.clear();
    bare.connections.clear();
    bare.groups.clear();
    add(ElementKind::kGroup, bare);
    const std::size_t first = edit.changes.size();
    pasteGroup(inner, newIds[inner.id], {}, false, edit, nodes);
    for (std::size_t i = first; i < edit.changes.size(); ++i) {
      const Component& made = edit.changes[i].any();
      if (made.port() == nullptr || made.group != newIds[inner.id]) continue;
      const bool in = made.kind == ElementKind::kInputPort;
      for (const flow::Port& port : in ? inner.inputs : inner.outputs) {
        if (port.name == made.name()) newIds[port.id] = made.id();
      }
    }
  }
  for (flow::Connection wire : from.connections) {
    wire.from.id = newIds[wire.from.id];
    wire.to.id = newIds[wire.to.id];
    for (flow::Point& bend : wire.layout.bends) {
      bend.x += shift.x();
      bend.y += shift.y();
    }
    wire.idIsGiven = false;
    wire.id = freeId("");
    Component component;
    component.kind = ElementKind::kConnection;
    component.group = into;
    component.order = model_.nextOrder();
    component.value = std::move(wire);
    edit.create(std::move(component));
  }
}

Result<Ids> FlowEditor::paste(ElementId group, const std::string& text, QPointF at,
                              const QString& what) {
  const flow::Flow part = MR_TRY(flow::parseFlow(text, "the clipboard"));
  double left = 1e300, above = 1e300;
  const auto look = [&](const auto& list) {
    for (const auto& element : list) {
      if (!element.layout.at) continue;
      left = std::min(left, element.layout.at->x);
      above = std::min(above, element.layout.at->y);
    }
  };
  look(part.root.inputs);
  look(part.root.outputs);
  look(part.root.funnels);
  look(part.root.labels);
  look(part.root.processors);
  look(part.root.remoteGroups);
  look(part.root.groups);
  const QPointF shift = left > 1e299 ? QPointF() : at - QPointF(left, above);
  Edit edit{what, {}};
  Ids nodes;
  pasteGroup(part.root, group, shift, true, edit, nodes);
  // What came without a place stands in a row below the point.
  double column = 0;
  for (Change& change : edit.changes) {
    Component& made = *change.after;
    if (made.group != group || !made.isNode() || made.element().layout.at) continue;
    made.element().layout.at = flow::Point{at.x() + column, at.y()};
    column += 280;
  }
  push(std::move(edit));
  return nodes;
}

}  // namespace millrace::gui
