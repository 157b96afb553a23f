// SPDX-License-Identifier: Apache-2.0
#include "gui/model/flow_model.h"

#include "engine/flow/elements.h"
#include "engine/flow/links.h"
#include "engine/flow/paths.h"

#include <algorithm>

namespace millrace::gui {
namespace {

using flow::ElementId;
using flow::ElementKind;

template <typename T>
void erase(std::vector<T>& list, const T& value) {
  const auto found = std::find(list.begin(), list.end(), value);
  if (found != list.end()) list.erase(found);
}

flow::Group withoutChildren(const flow::Group& group) {
  flow::Group alone = group;
  alone.services.clear();
  alone.inputs.clear();
  alone.outputs.clear();
  alone.funnels.clear();
  alone.labels.clear();
  alone.processors.clear();
  alone.remoteGroups.clear();
  alone.connections.clear();
  alone.groups.clear();
  return alone;
}

const std::vector<ElementId> kNone;

}  // namespace

void FlowModel::reset(const flow::Flow& flow) {
  components_.clear();
  inside_.clear();
  wiresAt_.clear();
  remoteOf_.clear();
  unasked_.clear();
  lastOrder_ = 0;
  contexts_ = flow.parameterContexts;
  Component root;
  root.kind = ElementKind::kGroup;
  flow::Group value = withoutChildren(flow.root);
  value.name = flow.name;
  value.id = kRootGroup;
  root.value = std::move(value);
  components_.emplace(kRootGroup, std::move(root));
  take(flow.root, kRootGroup);
  emit wasReset();
}

void FlowModel::take(const flow::Group& group, ElementId id) {
  const auto each = [&](ElementKind kind, const auto& list) {
    for (const auto& element : list) {
      Component component;
      component.kind = kind;
      component.group = id;
      component.order = nextOrder();
      component.value = element;
      add(std::move(component));
    }
  };
  each(ElementKind::kService, group.services);
  each(ElementKind::kInputPort, group.inputs);
  each(ElementKind::kOutputPort, group.outputs);
  each(ElementKind::kFunnel, group.funnels);
  each(ElementKind::kLabel, group.labels);
  each(ElementKind::kProcessor, group.processors);
  each(ElementKind::kRemoteGroup, group.remoteGroups);
  for (const flow::Group& inner : group.groups) {
    Component component;
    component.kind = ElementKind::kGroup;
    component.group = id;
    component.order = nextOrder();
    component.value = withoutChildren(inner);
    add(std::move(component));
    take(inner, inner.id);
  }
  each(ElementKind::kConnection, group.connections);
}

std::vector<ElementId>& FlowModel::listOf(const Component& component) {
  Inside& inside = inside_[component.group];
  if (component.kind == ElementKind::kConnection) return inside.connections;
  if (component.kind == ElementKind::kService) return inside.services;
  return inside.nodes;
}

void FlowModel::indexRemotePorts(const Component& component, bool present) {
  const flow::RemoteGroup* remote = component.remoteGroup();
  if (remote == nullptr) return;
  for (const auto* ports : {&remote->inputs, &remote->outputs}) {
    for (const flow::RemotePort& port : *ports) {
      if (present) {
        remoteOf_[port.id] = component.id();
      } else {
        remoteOf_.erase(port.id);
      }
    }
  }
}

void FlowModel::add(Component component) {
  const ElementId id = component.id();
  lastOrder_ = std::max(lastOrder_, component.order);
  listOf(component).push_back(id);
  indexRemotePorts(component, true);
  if (const flow::Connection* wire = component.connection()) {
    wiresAt_[wire->from.id].push_back(id);
    if (wire->to.id != wire->from.id) wiresAt_[wire->to.id].push_back(id);
  }
  components_.insert_or_assign(id, std::move(component));
}

void FlowModel::drop(const Component& component) {
  const ElementId id = component.id();
  erase(listOf(component), id);
  indexRemotePorts(component, false);
  if (const flow::Connection* wire = component.connection()) {
    erase(wiresAt_[wire->from.id], id);
    erase(wiresAt_[wire->to.id], id);
  }
  components_.erase(id);
}

void FlowModel::apply(const Edit& edit, Origin origin) {
  for (const Change& change : edit.changes) {
    const auto known = components_.find(change.id());
    if (change.after && known != components_.end() && known->second.group == change.after->group &&
        change.after->kind != ElementKind::kConnection) {
      // In place: the lists do not change, and with them not what lies above what.
      indexRemotePorts(known->second, false);
      known->second = *change.after;
      indexRemotePorts(known->second, true);
      continue;
    }
    if (known != components_.end()) {
      const Component old = known->second;
      drop(old);
    }
    if (change.after) add(*change.after);
  }
  for (const ContextChange& change : edit.contexts) apply(change);
  emit changed(edit, origin);
}

void FlowModel::apply(const ContextChange& change) {
  const auto named = [this](const std::string& name) {
    return std::find_if(contexts_.begin(), contexts_.end(),
                        [&](const flow::ParameterContext& each) { return each.name == name; });
  };
  const auto known = named(change.before ? change.before->name : change.after->name);
  if (known != contexts_.end() && change.after) {
    *known = *change.after;
  } else if (known != contexts_.end()) {
    contexts_.erase(known);
  } else if (change.after) {
    const std::size_t at = std::min(change.at, contexts_.size());
    contexts_.insert(contexts_.begin() + static_cast<std::ptrdiff_t>(at), *change.after);
  }
}

const flow::ParameterContext* FlowModel::context(const std::string& name) const {
  for (const flow::ParameterContext& each : contexts_) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

const Component* FlowModel::find(ElementId id) const {
  const auto found = components_.find(id);
  return found == components_.end() ? nullptr : &found->second;
}

const std::vector<ElementId>& FlowModel::nodesIn(ElementId group) const {
  const auto found = inside_.find(group);
  return found == inside_.end() ? kNone : found->second.nodes;
}

const std::vector<ElementId>& FlowModel::connectionsIn(ElementId group) const {
  const auto found = inside_.find(group);
  return found == inside_.end() ? kNone : found->second.connections;
}

const std::vector<ElementId>& FlowModel::servicesIn(ElementId group) const {
  const auto found = inside_.find(group);
  return found == inside_.end() ? kNone : found->second.services;
}

std::vector<ElementId> FlowModel::connectionsAt(ElementId node) const {
  const Component* component = find(node);
  std::vector<ElementId> wires;
  const auto take = [&](ElementId end, ElementId group) {
    const auto found = wiresAt_.find(end);
    if (found == wiresAt_.end()) return;
    for (const ElementId wire : found->second) {
      if (components_.at(wire).group == group) wires.push_back(wire);
    }
  };
  if (component == nullptr) return wires;
  take(node, component->group);
  if (component->kind == ElementKind::kGroup) {
    for (const ElementId inner : nodesIn(node)) {
      if (components_.at(inner).port() != nullptr) take(inner, component->group);
    }
  } else if (const flow::RemoteGroup* remote = component->remoteGroup()) {
    for (const auto* ports : {&remote->inputs, &remote->outputs}) {
      for (const flow::RemotePort& port : *ports) take(port.id, component->group);
    }
  }
  std::sort(wires.begin(), wires.end());
  wires.erase(std::unique(wires.begin(), wires.end()), wires.end());
  return wires;
}

ElementId FlowModel::nodeOf(ElementId end, ElementId group) const {
  if (const auto remote = remoteOf_.find(end); remote != remoteOf_.end()) return remote->second;
  const Component* component = find(end);
  if (component == nullptr || component->group == group) return end;
  return component->group;
}

ElementKind FlowModel::endKind(ElementId end) const {
  const Component* component = find(end);
  if (component != nullptr) return component->kind;
  const auto remote = remoteOf_.find(end);
  if (remote == remoteOf_.end()) return ElementKind::kProcessor;
  for (const flow::RemotePort& port : components_.at(remote->second).remoteGroup()->inputs) {
    if (port.id == end) return ElementKind::kRemoteInputPort;
  }
  return ElementKind::kRemoteOutputPort;
}

std::string FlowModel::endName(ElementId end) const {
  if (const Component* component = find(end)) return component->name();
  const auto remote = remoteOf_.find(end);
  if (remote == remoteOf_.end()) return {};
  const flow::RemoteGroup* group = components_.at(remote->second).remoteGroup();
  for (const auto* ports : {&group->inputs, &group->outputs}) {
    for (const flow::RemotePort& port : *ports) {
      if (port.id == end) return flow::joinPath(flow::escapeName(group->name), port.name);
    }
  }
  return {};
}

std::string FlowModel::endPath(ElementId end, ElementId group) const {
  const Component* at = find(end);
  if (at == nullptr) return endName(end);
  if (at->group == group) return flow::escapeName(at->name());
  return flow::joinPath(flow::escapeName(components_.at(at->group).name()), at->name());
}

bool FlowModel::contains(ElementId ancestor, ElementId id) const {
  if (ancestor == kRootGroup) return true;
  for (const Component* at = find(id); at != nullptr; at = find(at->group)) {
    if (at->id() == ancestor) return true;
    if (at->id() == kRootGroup) return false;
  }
  return false;
}

std::string FlowModel::pathOf(ElementId id) const {
  const Component* component = find(id);
  if (component == nullptr || id == kRootGroup) return {};
  const std::string parent = pathOf(component->group);
  if (const flow::Connection* wire = component->connection()) {
    flow::Connection named = *wire;
    named.from.path = endPath(wire->from.id, component->group);
    named.to.path = endPath(wire->to.id, component->group);
    return flow::connectionPath(parent, named);
  }
  return flow::joinPath(parent, component->name());
}

QPointF FlowModel::position(ElementId id) const {
  const Component* component = find(id);
  if (component == nullptr) return {};
  if (const auto& at = component->element().layout.at) return {at->x, at->y};
  const auto found = unasked_.find(id);
  return found == unasked_.end() ? QPointF() : found->second;
}

bool FlowModel::hasPosition(ElementId id) const {
  const Component* component = find(id);
  return component != nullptr &&
         (component->element().layout.at.has_value() || unasked_.contains(id));
}

void FlowModel::placeUnasked(ElementId id, QPointF at) { unasked_[id] = at; }

bool FlowModel::nameIsFree(ElementId group, const std::string& name, ElementId except) const {
  for (const auto* list : {&nodesIn(group), &servicesIn(group)}) {
    for (const ElementId id : *list) {
      if (id != except && components_.at(id).name() == name) return false;
    }
  }
  return true;
}

std::string FlowModel::freeName(ElementId group, const std::string& base) const {
  std::string name = base;
  for (int number = 2; !nameIsFree(group, name, kRootGroup); ++number)
    name = base + " (" + std::to_string(number) + ")";
  return name;
}

flow::Group FlowModel::groupOf(const Component& component) const {
  flow::Group group = std::get<flow::Group>(component.value);
  const auto inOrder = [this](std::vector<ElementId> ids) {
    std::sort(ids.begin(), ids.end(), [this](ElementId a, ElementId b) {
      return components_.at(a).order < components_.at(b).order;
    });
    return ids;
  };
  for (const ElementId id : inOrder(servicesIn(component.id())))
    group.services.push_back(std::get<flow::Service>(components_.at(id).value));
  for (const ElementId id : inOrder(nodesIn(component.id()))) {
    const Component& child = components_.at(id);
    switch (child.kind) {
      case ElementKind::kProcessor:
        group.processors.push_back(*child.processor());
        break;
      case ElementKind::kInputPort:
        group.inputs.push_back(*child.port());
        break;
      case ElementKind::kOutputPort:
        group.outputs.push_back(*child.port());
        break;
      case ElementKind::kFunnel:
        group.funnels.push_back(std::get<flow::Funnel>(child.value));
        break;
      case ElementKind::kLabel:
        group.labels.push_back(*child.label());
        break;
      case ElementKind::kRemoteGroup:
        group.remoteGroups.push_back(*child.remoteGroup());
        break;
      case ElementKind::kGroup:
        group.groups.push_back(groupOf(child));
        break;
      default:
        break;
    }
  }
  for (const ElementId id : inOrder(connectionsIn(component.id()))) {
    flow::Connection wire = *components_.at(id).connection();
    wire.from.path = endPath(wire.from.id, component.id());
    wire.to.path = endPath(wire.to.id, component.id());
    wire.from.kind = endKind(wire.from.id);
    wire.to.kind = endKind(wire.to.id);
    group.connections.push_back(std::move(wire));
  }
  return group;
}

flow::Flow FlowModel::toFlow() const {
  flow::Flow flow;
  if (components_.empty()) return flow;
  flow.root = groupOf(root());
  flow.name = flow.root.name;
  flow.parameterContexts = contexts_;
  // An id that the path gives anyway need not stand in the file.
  flow::forEachElement(
      flow, [](ElementKind, const std::string& path, flow::Element& element, flow::Group&) {
        if (element.id != flow::derivedId(path)) element.idIsGiven = true;
      });
  return flow;
}

}  // namespace millrace::gui
