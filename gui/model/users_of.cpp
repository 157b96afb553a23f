// SPDX-License-Identifier: Apache-2.0
#include "gui/model/users_of.h"

#include "engine/flow/parameters.h"

#include <algorithm>

namespace millrace::gui {
namespace {

using flow::ElementId;

struct Configured {
  const std::string* type = nullptr;
  const flow::Properties* properties = nullptr;
};

Configured configured(const Component& component) {
  if (const flow::Processor* processor = component.processor())
    return {&processor->type, &processor->properties};
  if (const auto* service = std::get_if<flow::Service>(&component.value))
    return {&service->type, &service->properties};
  return {};
}

}  // namespace

Ids usersOfService(const FlowModel& model, const TypeCatalog& types, ElementId service) {
  Ids users;
  const Component* used = model.find(service);
  if (used == nullptr) return users;
  for (const auto& [id, component] : model.components()) {
    const Configured one = configured(component);
    if (id == service || one.type == nullptr || !model.contains(used->group, id)) continue;
    const flow::ComponentInfo* info = types.find(*one.type);
    if (info == nullptr) continue;
    for (const flow::Property& property : *one.properties) {
      const flow::PropertyInfo* known = info->property(property.name);
      if (known == nullptr || known->kind != flow::PropertyKind::kService ||
          property.value != used->name())
        continue;
      users.push_back(id);
      break;
    }
  }
  std::sort(users.begin(), users.end());
  return users;
}

Ids usersOfParameter(const FlowModel& model, ElementId group, const std::string& name) {
  Ids users;
  const auto refers = [&](const std::string& text) {
    const auto references = flow::parameterReferences(text);
    return std::any_of(references.begin(), references.end(),
                       [&](const flow::ParameterReference& r) { return r.name == name; });
  };
  for (const auto& [id, component] : model.components()) {
    if (id == kRootGroup || component.group != group) continue;
    const Configured one = configured(component);
    bool uses = false;
    if (one.properties != nullptr) {
      for (const flow::Property& property : *one.properties) uses = uses || refers(property.value);
    }
    if (const flow::Connection* wire = component.connection()) uses = refers(wire->keyedBy);
    if (uses) users.push_back(id);
  }
  std::sort(users.begin(), users.end());
  return users;
}

std::vector<std::pair<std::string, std::string>> visibleParameters(const FlowModel& model,
                                                                   flow::ElementId group) {
  const Component* component = model.find(group);
  if (component == nullptr || component->kind != flow::ElementKind::kGroup) return {};
  flow::Flow flow;
  flow.parameterContexts = model.parameterContexts();
  std::vector<std::pair<std::string, std::string>> visible;
  for (const auto& [name, parameter] :
       flow::parametersOf(flow, std::get<flow::Group>(component->value))) {
    if (parameter->value && !parameter->sensitive) visible.emplace_back(name, *parameter->value);
  }
  std::sort(visible.begin(), visible.end());
  return visible;
}

}  // namespace millrace::gui
