// SPDX-License-Identifier: Apache-2.0
#include "gui/model/flow_editor.h"

#include <QRectF>
#include <QSizeF>
#include <algorithm>

namespace millrace::gui {

using flow::ElementId;
using flow::ElementKind;

QString amount(const FlowModel& model, const Ids& ids) {
  if (ids.size() == 1) {
    const Component* component = model.find(ids.front());
    if (component != nullptr) return QString::fromStdString(titleOf(*component)).left(40);
  }
  return QString("%1 components").arg(ids.size());
}

void FlowEditor::moveTo(const std::vector<std::pair<ElementId, QPointF>>& places,
                        const QString& text, int mergeKey) {
  Edit edit{text, {}};
  std::set<ElementId> groups;
  std::set<ElementId> moved;
  for (const auto& [id, at] : places) {
    const Component* old = model_.find(id);
    if (old == nullptr || !moved.insert(id).second) continue;
    Component changed = *old;
    changed.element().layout.at = flow::Point{at.x(), at.y()};
    groups.insert(old->group);
    edit.update(*old, std::move(changed));
  }
  if (edit.empty()) return;
  // Places that were only shown so far become part of the file together, or the next opening would
  // lay out the rest around what is fixed now.
  for (const ElementId group : groups) {
    for (const ElementId id : model_.nodesIn(group)) {
      const Component* old = model_.find(id);
      if (moved.contains(id) || old->element().layout.at || !model_.hasPosition(id)) continue;
      Component changed = *old;
      const QPointF at = model_.position(id);
      changed.element().layout.at = flow::Point{at.x(), at.y()};
      edit.update(*old, std::move(changed));
    }
  }
  push(std::move(edit), mergeKey);
}

void FlowEditor::align(const Ids& ids, Align how, const std::function<QSizeF(ElementId)>& sizeOf) {
  if (ids.size() < 2) return;
  double left = 1e300, right = -1e300, top = 1e300, bottom = -1e300;
  for (const ElementId id : ids) {
    const QRectF box(model_.position(id), sizeOf(id));
    left = std::min(left, box.left());
    right = std::max(right, box.right());
    top = std::min(top, box.top());
    bottom = std::max(bottom, box.bottom());
  }
  std::vector<std::pair<ElementId, QPointF>> places;
  for (const ElementId id : ids) {
    QRectF box(model_.position(id), sizeOf(id));
    switch (how) {
      case Align::kLeft:
        box.moveLeft(left);
        break;
      case Align::kCentre:
        box.moveLeft((left + right - box.width()) / 2);
        break;
      case Align::kRight:
        box.moveRight(right);
        break;
      case Align::kTop:
        box.moveTop(top);
        break;
      case Align::kMiddle:
        box.moveTop((top + bottom - box.height()) / 2);
        break;
      case Align::kBottom:
        box.moveBottom(bottom);
        break;
    }
    places.emplace_back(id, box.topLeft());
  }
  moveTo(places, "Align " + amount(model_, ids));
}

void FlowEditor::distribute(const Ids& ids, Axis axis,
                            const std::function<QSizeF(ElementId)>& sizeOf) {
  if (ids.size() < 3) return;
  const bool across = axis == Axis::kHorizontal;
  const auto begin = [&](ElementId id) {
    return across ? model_.position(id).x() : model_.position(id).y();
  };
  const auto extent = [&](ElementId id) {
    return across ? sizeOf(id).width() : sizeOf(id).height();
  };
  Ids sorted = ids;
  std::sort(sorted.begin(), sorted.end(),
            [&](ElementId a, ElementId b) { return begin(a) < begin(b); });
  double filled = 0;
  for (const ElementId id : sorted) filled += extent(id);
  const double whole = begin(sorted.back()) + extent(sorted.back()) - begin(sorted.front());
  const double gap = (whole - filled) / static_cast<double>(sorted.size() - 1);
  double at = begin(sorted.front());
  std::vector<std::pair<ElementId, QPointF>> places;
  for (const ElementId id : sorted) {
    QPointF corner = model_.position(id);
    (across ? corner.rx() : corner.ry()) = at;
    places.emplace_back(id, corner);
    at += extent(id) + gap;
  }
  moveTo(places, "Distribute " + amount(model_, ids));
}

Result<> FlowEditor::rename(ElementId id, const std::string& name) {
  const Component* old = model_.find(id);
  if (old == nullptr) return Error::user("nothing was renamed: the component is gone");
  if (old->name() == name) return Done{};
  const bool wire = old->kind == ElementKind::kConnection;
  if (!wire && name.empty())
    return Error::user("'" + old->name() + "' was not renamed: a name must not be empty");
  if (!wire && id != kRootGroup && !model_.nameIsFree(old->group, name, id))
    return Error::user("'" + old->name() + "' was not renamed: '" + name +
                       "' is taken in this group, choose another name");
  Component changed = *old;
  changed.element().name = name;
  Edit edit{QString::fromStdString("Rename " + titleOf(*old)), {}};
  // Services are named in properties, so those that name this one follow.
  if (old->kind == ElementKind::kService) {
    for (const auto& [user, component] : model_.components()) {
      if (!model_.contains(old->group, user) || component.processor() == nullptr) continue;
      const flow::ComponentInfo* info = types_.find(component.processor()->type);
      if (info == nullptr) continue;
      Component follows = component;
      for (flow::Property& property : follows.processor()->properties) {
        const flow::PropertyInfo* known = info->property(property.name);
        if (known != nullptr && known->kind == flow::PropertyKind::kService &&
            property.value == old->name())
          property.value = name;
      }
      edit.update(component, std::move(follows));
    }
  }
  edit.update(*old, std::move(changed));
  push(std::move(edit));
  return Done{};
}

void FlowEditor::setBends(ElementId id, const std::vector<QPointF>& bends) {
  const Component* old = model_.find(id);
  if (old == nullptr) return;
  Component changed = *old;
  changed.element().layout.bends.clear();
  for (const QPointF& bend : bends) changed.element().layout.bends.push_back({bend.x(), bend.y()});
  Edit edit{"Bend wire", {}};
  edit.update(*old, std::move(changed));
  push(std::move(edit));
}

void FlowEditor::setProperty(const Ids& ids, const std::string& name,
                             std::optional<std::string> value) {
  update(ids, QString::fromStdString("Set " + name), [&](Component& component) {
    flow::Properties* properties = nullptr;
    if (flow::Processor* processor = component.processor()) properties = &processor->properties;
    if (auto* service = std::get_if<flow::Service>(&component.value))
      properties = &service->properties;
    if (properties == nullptr) return;
    const auto found = std::find_if(properties->begin(), properties->end(),
                                    [&](const flow::Property& p) { return p.name == name; });
    if (!value) {
      if (found != properties->end()) properties->erase(found);
    } else if (found != properties->end()) {
      found->value = *value;
    } else {
      properties->push_back({name, *value, {}, {}});
    }
  });
}

void FlowEditor::update(const Ids& ids, const QString& text,
                        const std::function<void(Component&)>& change) {
  Edit edit{text, {}};
  for (const ElementId id : ids) {
    const Component* old = model_.find(id);
    if (old == nullptr) continue;
    Component changed = *old;
    change(changed);
    edit.update(*old, std::move(changed));
  }
  push(std::move(edit));
}

void FlowEditor::remove(const Ids& ids) {
  std::set<ElementId> wires;
  std::set<ElementId> others;
  const std::function<void(ElementId)> take = [&](ElementId id) {
    const Component* component = model_.find(id);
    if (component == nullptr || id == kRootGroup) return;
    if (component->kind == ElementKind::kConnection) {
      wires.insert(id);
      return;
    }
    if (!others.insert(id).second) return;
    for (const ElementId wire : model_.connectionsAt(id)) wires.insert(wire);
    // A port's wires outside its group hang on the group as a node.
    if (component->port() != nullptr) {
      for (const ElementId wire : model_.connectionsAt(component->group)) {
        const flow::Connection* connection = model_.find(wire)->connection();
        if (connection->from.id == id || connection->to.id == id) wires.insert(wire);
      }
    }
    if (component->kind != ElementKind::kGroup) return;
    for (const auto* list :
         {&model_.connectionsIn(id), &model_.nodesIn(id), &model_.servicesIn(id)}) {
      for (const ElementId inner : Ids(*list)) take(inner);
    }
  };
  for (const ElementId id : ids) take(id);
  Edit edit{"Delete " + amount(model_, ids), {}};
  for (const ElementId id : wires) edit.remove(*model_.find(id));
  // Groups behind what is in them, so that undo brings them back first.
  std::vector<std::pair<std::size_t, ElementId>> byDepth;
  for (const ElementId id : others) {
    std::size_t depth = 0;
    for (ElementId at = id; at != kRootGroup; at = model_.find(at)->group) ++depth;
    byDepth.emplace_back(depth, id);
  }
  std::sort(byDepth.rbegin(), byDepth.rend());
  for (const auto& [depth, id] : byDepth) edit.remove(*model_.find(id));
  push(std::move(edit));
}

}  // namespace millrace::gui
