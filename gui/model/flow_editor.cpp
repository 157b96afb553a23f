// SPDX-License-Identifier: Apache-2.0
#include "gui/model/flow_editor.h"

#include "engine/flow/elements.h"
#include "engine/flow/links.h"
#include "engine/flow/paths.h"
#include "gui/model/edit_command.h"

#include <QSizeF>
#include <algorithm>

namespace millrace::gui {
namespace {

using flow::ElementId;
using flow::ElementKind;

bool isOutgoing(ElementKind kind, bool sameGroup) {
  switch (kind) {
    case ElementKind::kProcessor:
    case ElementKind::kFunnel:
      return true;
    case ElementKind::kInputPort:
      return sameGroup;
    case ElementKind::kOutputPort:
      return !sameGroup;
    case ElementKind::kRemoteOutputPort:
      return true;
    default:
      return false;
  }
}

}  // namespace

FlowEditor::FlowEditor(FlowModel& model, QUndoStack& undo, const TypeCatalog& types, Random random)
    : model_(model), undo_(undo), types_(types), random_(std::move(random)) {}

void FlowEditor::push(Edit edit, int mergeKey) {
  reserved_.clear();
  if (edit.empty()) return;
  undo_.push(new EditCommand(model_, std::move(edit), mergeKey));  // owned by the stack
}

void FlowEditor::takeBack() {
  if (!undo_.canUndo()) return;
  // The stack drops a step that is obsolete instead of undoing it. It shows its steps as constants;
  // this one is about to go.
  auto* step = const_cast<QUndoCommand*>(undo_.command(undo_.index() - 1));
  step->undo();
  step->setObsolete(true);
  undo_.undo();
}

ElementId FlowEditor::freeId(const std::string& path) {
  ElementId id = flow::derivedId(path);
  while (id == ElementId{} || model_.find(id) != nullptr || reserved_.contains(id))
    id = ElementId(random_.next());
  reserved_.insert(id);
  return id;
}

Component FlowEditor::fresh(ElementKind kind, ElementId group, std::string name, QPointF at) {
  Component component;
  component.kind = kind;
  component.group = group;
  component.order = model_.nextOrder();
  switch (kind) {
    case ElementKind::kProcessor:
      component.value = flow::Processor();
      break;
    case ElementKind::kInputPort:
    case ElementKind::kOutputPort:
      component.value = flow::Port();
      break;
    case ElementKind::kFunnel:
      component.value = flow::Funnel();
      break;
    case ElementKind::kLabel:
      component.value = flow::Label();
      break;
    case ElementKind::kService:
      component.value = flow::Service();
      break;
    default:
      component.value = flow::Group();
      break;
  }
  flow::Element& element = component.element();
  element.id = freeId(flow::joinPath(model_.pathOf(group), name));
  element.name = std::move(name);
  element.layout.at = flow::Point{at.x(), at.y()};
  return component;
}

void FlowEditor::takeDefaults(flow::Processor& processor) const {
  const flow::ComponentInfo* info = types_.find(processor.type);
  if (info == nullptr) return;
  for (const flow::RelationshipInfo& relationship : info->relationships) {
    if (relationship.autoTerminatedByDefault)
      processor.autoTerminate.push_back({relationship.name, {}});
  }
}

ElementId FlowEditor::addProcessor(ElementId group, const std::string& type, QPointF at) {
  Component component = fresh(ElementKind::kProcessor, group, model_.freeName(group, type), at);
  component.processor()->type = type;
  takeDefaults(*component.processor());
  const ElementId id = component.id();
  Edit edit{"Add " + QString::fromStdString(component.name()), {}};
  edit.create(std::move(component));
  push(std::move(edit));
  return id;
}

ElementId FlowEditor::addService(ElementId group, const std::string& type) {
  Component component = fresh(ElementKind::kService, group, model_.freeName(group, type), {});
  component.element().layout.at.reset();  // it stands in no picture
  std::get<flow::Service>(component.value).type = type;
  const ElementId id = component.id();
  Edit edit{"Add service " + QString::fromStdString(component.name()), {}};
  edit.create(std::move(component));
  push(std::move(edit));
  return id;
}

ElementId FlowEditor::addPort(ElementId group, ElementKind kind, QPointF at) {
  const std::string base = kind == ElementKind::kInputPort ? "in" : "out";
  Component component = fresh(kind, group, model_.freeName(group, base), at);
  const ElementId id = component.id();
  Edit edit{"Add port " + QString::fromStdString(component.name()), {}};
  edit.create(std::move(component));
  push(std::move(edit));
  return id;
}

ElementId FlowEditor::addFunnel(ElementId group, QPointF at) {
  Component component = fresh(ElementKind::kFunnel, group, model_.freeName(group, "funnel"), at);
  const ElementId id = component.id();
  Edit edit{"Add funnel", {}};
  edit.create(std::move(component));
  push(std::move(edit));
  return id;
}

ElementId FlowEditor::addLabel(ElementId group, const std::string& text, QPointF at) {
  Component component = fresh(ElementKind::kLabel, group, model_.freeName(group, "note"), at);
  component.label()->text = text;
  component.element().layout.size = flow::Point{240, 96};
  const ElementId id = component.id();
  Edit edit{"Add note", {}};
  edit.create(std::move(component));
  push(std::move(edit));
  return id;
}

ElementId FlowEditor::addGroup(ElementId group, QPointF at) {
  Component component = fresh(ElementKind::kGroup, group, model_.freeName(group, "Group"), at);
  const ElementId id = component.id();
  Edit edit{"Add group " + QString::fromStdString(component.name()), {}};
  edit.create(std::move(component));
  push(std::move(edit));
  return id;
}

std::vector<std::string> FlowEditor::namesTaken(ElementId from) const {
  std::vector<std::string> taken;
  for (const ElementId id : model_.connectionsAt(from)) {
    const flow::Connection* wire = model_.find(id)->connection();
    if (wire->from.id != from) continue;
    for (const flow::Name& name : wire->relationships) taken.push_back(name.text);
  }
  return taken;
}

std::vector<std::string> FlowEditor::openRelationships(ElementId id) const {
  const Component* component = model_.find(id);
  if (component == nullptr || component->processor() == nullptr) return {};
  std::vector<std::string> taken = namesTaken(id);
  for (const flow::Name& name : component->processor()->autoTerminate) taken.push_back(name.text);
  std::vector<std::string> open;
  for (const flow::RelationshipInfo& info : types_.relationshipsOf(*component->processor())) {
    const auto is = [&](const std::string& name) {
      return name == info.name ||
             std::find(info.aliases.begin(), info.aliases.end(), name) != info.aliases.end();
    };
    if (std::none_of(taken.begin(), taken.end(), is)) open.push_back(info.name);
  }
  return open;
}

QString FlowEditor::whyNoWire(ElementId from, ElementId to) const {
  const Component* a = model_.find(from);
  const Component* b = model_.find(to);
  const ElementKind fromKind = model_.endKind(from);
  const ElementKind toKind = model_.endKind(to);
  const bool inside = a != nullptr && b != nullptr && a->group == b->group;
  if (!isOutgoing(fromKind, a == nullptr || b == nullptr || inside || a->kind != toKind))
    return "nothing comes out of this " +
           QString::fromStdString(std::string(flow::kindName(fromKind)));
  if (toKind == ElementKind::kLabel || toKind == ElementKind::kService ||
      toKind == ElementKind::kGroup || toKind == ElementKind::kRemoteGroup)
    return "a wire ends at a processor, a port or a funnel";
  if (toKind == ElementKind::kRemoteOutputPort) return "nothing goes into a remote output port";
  if (toKind == ElementKind::kInputPort && inside) return "an input port is fed from outside";
  if (toKind == ElementKind::kOutputPort && b != nullptr && a != nullptr && !inside)
    return "an output port is fed from inside its group";
  if (b != nullptr && b->processor() != nullptr && !types_.takesInput(b->processor()->type))
    return QString::fromStdString(b->processor()->type) + " takes no input";
  if (fromKind == ElementKind::kFunnel && from == to) return "a funnel cannot lead to itself";
  return {};
}

QString FlowEditor::whyNotIn(ElementId group, ElementId from, ElementId to) const {
  for (const ElementId end : {from, to}) {
    const Component* box = model_.find(model_.nodeOf(end, group));
    const Component* itself = model_.find(end);
    const bool inside = itself != nullptr && itself->group != group;
    if (box == nullptr || box->group != group || (inside && itself->port() == nullptr))
      return "a wire connects what stands in one group; go through the ports of groups";
  }
  return whyNoWire(from, to);
}

bool FlowEditor::wireExists(ElementId group, ElementId from, ElementId to,
                            const std::vector<std::string>& relationships, ElementId except) const {
  std::vector<std::string> wanted = relationships;
  std::sort(wanted.begin(), wanted.end());
  for (const ElementId id : model_.connectionsIn(group)) {
    const flow::Connection* wire = model_.find(id)->connection();
    if (id == except || wire->from.id != from || wire->to.id != to) continue;
    std::vector<std::string> there;
    for (const flow::Name& name : wire->relationships) there.push_back(name.text);
    std::sort(there.begin(), there.end());
    if (there == wanted) return true;
  }
  return false;
}

Result<ElementId> FlowEditor::connect(ElementId group, ElementId from, ElementId to,
                                      std::vector<std::string> relationships) {
  if (const QString why = whyNotIn(group, from, to); !why.isEmpty())
    return Error::user("no wire was made: " + why.toStdString());
  if (model_.endKind(from) == ElementKind::kProcessor) {
    if (relationships.empty()) {
      relationships = openRelationships(from);
      if (relationships.size() != 1)
        return Error::user("no wire was made: choose which relationships of '" +
                           model_.endName(from) + "' it carries");
    }
  } else {
    relationships.clear();
  }
  if (wireExists(group, from, to, relationships, {}))
    return Error::user("no wire was made: this very wire is there already");
  Component component;
  component.kind = ElementKind::kConnection;
  component.group = group;
  component.order = model_.nextOrder();
  flow::Connection wire;
  wire.from = {model_.endPath(from, group), model_.endKind(from), from, {}};
  wire.to = {model_.endPath(to, group), model_.endKind(to), to, {}};
  for (std::string& name : relationships) wire.relationships.push_back({std::move(name), {}});
  const auto& owner = std::get<flow::Group>(model_.find(group)->value);
  wire.backPressure = owner.defaultBackPressure;
  wire.expire = owner.defaultExpire;
  wire.id = freeId(flow::connectionPath(model_.pathOf(group), wire));
  const ElementId id = wire.id;
  component.value = std::move(wire);
  Edit edit{QString::fromStdString("Connect " + model_.endName(from) + " to " + model_.endName(to)),
            {}};
  edit.create(std::move(component));
  push(std::move(edit));
  return id;
}

Result<> FlowEditor::insertOnWire(ElementId node, ElementId wireId) {
  const Component* old = model_.find(wireId);
  const Component* middle = model_.find(node);
  if (old == nullptr || middle == nullptr || old->connection() == nullptr)
    return Error::user("nothing was inserted: the wire is gone");
  // A port of an inner group may end a wire out here, but not lead it through.
  if (middle->group != old->group)
    return Error::user("nothing was inserted: '" + middle->name() + "' is in another group");
  const flow::Connection wire = *old->connection();
  for (const QString& why :
       {whyNotIn(old->group, wire.from.id, node), whyNotIn(old->group, node, wire.to.id)}) {
    if (!why.isEmpty()) return Error::user("nothing was inserted: " + why.toStdString());
  }
  std::vector<std::string> onward;
  if (middle->processor() != nullptr) {
    onward = openRelationships(node);
    // Failures do not belong on the way forward, unless there is no other way.
    std::vector<std::string> good;
    for (const std::string& name : onward) {
      if (name != "failure" && name != "original") good.push_back(name);
    }
    if (!good.empty()) onward = {good.front()};
    if (onward.empty()) return Error::user("nothing was inserted: no relationship leads onward");
  }
  const ElementId group = old->group;
  std::vector<std::string> carried;
  for (const flow::Name& name : wire.relationships) carried.push_back(name.text);
  if (wireExists(group, wire.from.id, node, carried, wireId) ||
      wireExists(group, node, wire.to.id, onward, wireId))
    return Error::user("nothing was inserted: it has such a wire already");
  Component first = *old;
  first.connection()->to = {model_.endPath(node, group), middle->kind, node, {}};
  first.connection()->layout.bends.clear();
  Component second = *old;
  flow::Connection& next = *second.connection();
  next = flow::Connection();
  next.from = first.connection()->to;
  next.to = wire.to;
  next.backPressure = wire.backPressure;
  next.expire = wire.expire;
  for (std::string& name : onward) next.relationships.push_back({std::move(name), {}});
  next.id = freeId(flow::connectionPath(model_.pathOf(group), next));
  second.order = model_.nextOrder();
  Edit edit{QString::fromStdString("Insert " + middle->name()), {}};
  edit.update(*old, std::move(first));
  edit.create(std::move(second));
  push(std::move(edit));
  return Done{};
}

Result<> FlowEditor::reconnect(ElementId wireId, ElementId from, ElementId to) {
  const Component* old = model_.find(wireId);
  if (old == nullptr || old->connection() == nullptr)
    return Error::user("the wire was not moved: it is gone");
  if (const QString why = whyNotIn(old->group, from, to); !why.isEmpty())
    return Error::user("the wire was not moved: " + why.toStdString());
  Component changed = *old;
  flow::Connection& wire = *changed.connection();
  std::vector<std::string> names;
  if (wire.from.id != from) wire.relationships.clear();
  if (model_.endKind(from) == ElementKind::kProcessor && wire.relationships.empty()) {
    const std::vector<std::string> open = openRelationships(from);
    if (open.empty())
      return Error::user("the wire was not moved: every relationship of '" + model_.endName(from) +
                         "' has its way already");
    wire.relationships.push_back({open.front(), {}});
  }
  for (const flow::Name& name : wire.relationships) names.push_back(name.text);
  if (wireExists(old->group, from, to, names, wireId))
    return Error::user("the wire was not moved: this very wire is there already");
  wire.from = {model_.endPath(from, old->group), model_.endKind(from), from, {}};
  wire.to = {model_.endPath(to, old->group), model_.endKind(to), to, {}};
  wire.layout.bends.clear();
  Edit edit{"Reconnect wire", {}};
  edit.update(*old, std::move(changed));
  push(std::move(edit));
  return Done{};
}

Result<> FlowEditor::setRelationships(ElementId wireId, std::vector<std::string> relationships) {
  const Component* old = model_.find(wireId);
  if (old == nullptr || old->connection() == nullptr)
    return Error::user("the wire was not changed: it is gone");
  if (relationships.empty())
    return Error::user("the wire was not changed: it must carry one relationship at least");
  const flow::Connection* wire = old->connection();
  if (wireExists(old->group, wire->from.id, wire->to.id, relationships, wireId))
    return Error::user("the wire was not changed: another carries just this");
  Component changed = *old;
  changed.connection()->relationships.clear();
  for (std::string& name : relationships)
    changed.connection()->relationships.push_back({std::move(name), {}});
  Edit edit{"Choose relationships", {}};
  edit.update(*old, std::move(changed));
  push(std::move(edit));
  return Done{};
}

}  // namespace millrace::gui
