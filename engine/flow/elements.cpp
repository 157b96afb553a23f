// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/elements.h"

#include "engine/flow/paths.h"

#include <array>

namespace millrace::flow {
namespace {

template <typename Elements>
void visitAll(ElementKind kind, const std::string& parent, Elements& elements, Group& group,
              const ElementVisitor& visit) {
  for (auto& element : elements) visit(kind, joinPath(parent, element.name), element, group);
}

void visitGroup(const std::string& path, Group& group, const ElementVisitor& visit) {
  visitAll(ElementKind::kService, path, group.services, group, visit);
  visitAll(ElementKind::kInputPort, path, group.inputs, group, visit);
  visitAll(ElementKind::kOutputPort, path, group.outputs, group, visit);
  visitAll(ElementKind::kFunnel, path, group.funnels, group, visit);
  visitAll(ElementKind::kLabel, path, group.labels, group, visit);
  visitAll(ElementKind::kProcessor, path, group.processors, group, visit);
  for (RemoteGroup& remote : group.remoteGroups) {
    const std::string remotePath = joinPath(path, remote.name);
    visit(ElementKind::kRemoteGroup, remotePath, remote, group);
    visitAll(ElementKind::kRemoteInputPort, remotePath, remote.inputs, group, visit);
    visitAll(ElementKind::kRemoteOutputPort, remotePath, remote.outputs, group, visit);
  }
  for (Connection& connection : group.connections)
    visit(ElementKind::kConnection, connectionPath(path, connection), connection, group);
  for (Group& inner : group.groups) {
    const std::string innerPath = joinPath(path, inner.name);
    visit(ElementKind::kGroup, innerPath, inner, group);
    visitGroup(innerPath, inner, visit);
  }
}

}  // namespace

void forEachElement(Flow& flow, const ElementVisitor& visit) { visitGroup("", flow.root, visit); }

void forEachElement(const Flow& flow, const ConstElementVisitor& visit) {
  // The walk itself changes nothing, and this visitor sees only const references.
  visitGroup("", const_cast<Group&>(flow.root),
             [&](ElementKind kind, const std::string& path, Element& element, Group& group) {
               visit(kind, path, element, group);
             });
}

Group* findGroup(Flow& flow, std::string_view path) {
  Group* group = &flow.root;
  if (path.empty()) return group;
  for (const std::string& name : splitPath(path)) {
    Group* next = nullptr;
    for (Group& inner : group->groups) {
      if (inner.name == name) next = &inner;
    }
    if (next == nullptr) return nullptr;
    group = next;
  }
  return group;
}

Element* findElement(Flow& flow, std::string_view path, ElementKind* kind) {
  Element* found = nullptr;
  forEachElement(flow, [&](ElementKind k, const std::string& p, Element& element, Group&) {
    if (found != nullptr || k == ElementKind::kConnection || p != path) return;
    found = &element;
    if (kind != nullptr) *kind = k;
  });
  return found;
}

std::string_view kindName(ElementKind kind) {
  static constexpr std::array<std::string_view, 11> kNames{
      "processor",    "input port",        "output port",        "funnel",  "label",     "group",
      "remote group", "remote input port", "remote output port", "service", "connection"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string aKind(ElementKind kind) {
  const bool vowel = kind == ElementKind::kInputPort || kind == ElementKind::kOutputPort;
  return (vowel ? "an " : "a ") + std::string(kindName(kind));
}

bool Group::operator==(const Group& other) const {
  const Element& mine = *this;
  const Element& theirs = other;
  return mine == theirs && parameterContext == other.parameterContext &&
         parameters == other.parameters && flowFileConcurrency == other.flowFileConcurrency &&
         outboundPolicy == other.outboundPolicy &&
         defaultBackPressure == other.defaultBackPressure && defaultExpire == other.defaultExpire &&
         maxConcurrentTasks == other.maxConcurrentTasks && services == other.services &&
         inputs == other.inputs && outputs == other.outputs && funnels == other.funnels &&
         labels == other.labels && processors == other.processors &&
         remoteGroups == other.remoteGroups && connections == other.connections &&
         groups == other.groups;
}

}  // namespace millrace::flow
