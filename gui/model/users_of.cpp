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

Ids servicesOf(const FlowModel& model, const TypeCatalog& types, ElementId component) {
  Ids services;
  const Component* user = model.find(component);
  if (user == nullptr) return services;
  const Configured one = configured(*user);
  const flow::ComponentInfo* info = one.type == nullptr ? nullptr : types.find(*one.type);
  if (info == nullptr) return services;
  for (const flow::Property& property : *one.properties) {
    const flow::PropertyInfo* known = info->property(property.name);
    if (known == nullptr || known->kind != flow::PropertyKind::kService) continue;
    // The nearest one of that name: of its own group, else of those around it.
    ElementId found{};
    for (const Component* at = model.find(user->group); at != nullptr && found == ElementId{};) {
      for (const ElementId id : model.servicesIn(at->id())) {
        if (model.find(id)->name() == property.value) found = id;
      }
      at = at->id() == kRootGroup ? nullptr : model.find(at->group);
    }
    if (found != ElementId{}) services.push_back(found);
  }
  std::sort(services.begin(), services.end());
  services.erase(std::unique(services.begin(), services.end()), services.end());
  return services;
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
    if (const flow::RemoteGroup* remote = component.remoteGroup(); remote && remote->proxy)
      uses = refers(remote->proxy->password);
    if (uses) users.push_back(id);
  }
  std::sort(users.begin(), users.end());
  return users;
}

bool isParameterName(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_. ").find(c) != std::string_view::npos;
  });
}

const std::vector<flow::Parameter>* parametersOf(const FlowModel& model,
                                                 const ParameterOwner& owner) {
  if (!owner.context.empty()) {
    const flow::ParameterContext* context = model.context(owner.context);
    return context == nullptr ? nullptr : &context->parameters;
  }
  const Component* group = model.find(owner.group);
  return group == nullptr || group->kind != flow::ElementKind::kGroup
             ? nullptr
             : &std::get<flow::Group>(group->value).parameters;
}

bool seesParameter(const FlowModel& model, ElementId group, const std::string& name) {
  flow::Flow flow;
  flow.parameterContexts = model.parameterContexts();
  return flow::parametersOf(flow, std::get<flow::Group>(model.find(group)->value)).contains(name);
}

std::vector<std::string> parameterNames(const FlowModel& model, ElementId group) {
  flow::Flow flow;
  flow.parameterContexts = model.parameterContexts();
  std::vector<std::string> names;
  for (const auto& [name, parameter] :
       flow::parametersOf(flow, std::get<flow::Group>(model.find(group)->value)))
    names.emplace_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

ContextUsers usersOfContext(const FlowModel& model, const std::string& context) {
  ContextUsers users;
  for (const auto& [id, component] : model.components()) {
    if (component.kind == flow::ElementKind::kGroup &&
        std::get<flow::Group>(component.value).parameterContext == context)
      users.groups.push_back(id);
  }
  std::sort(users.groups.begin(), users.groups.end());
  for (const flow::ParameterContext& each : model.parameterContexts()) {
    if (std::any_of(each.inherits.begin(), each.inherits.end(),
                    [&](const flow::Name& name) { return name.text == context; }))
      users.heirs.push_back(each.name);
  }
  return users;
}

Ids groupsThatSee(const FlowModel& model, const std::string& context, const std::string& name) {
  flow::Flow flow;
  flow.parameterContexts = model.parameterContexts();
  const flow::Parameter* meant = nullptr;
  for (const flow::ParameterContext& each : flow.parameterContexts) {
    if (each.name != context) continue;
    for (const flow::Parameter& parameter : each.parameters) {
      if (parameter.name == name) meant = &parameter;
    }
  }
  Ids groups;
  if (meant == nullptr) return groups;
  for (const auto& [id, component] : model.components()) {
    if (component.kind != flow::ElementKind::kGroup) continue;
    const auto seen = flow::parametersOf(flow, std::get<flow::Group>(component.value));
    const auto found = seen.find(name);
    if (found != seen.end() && found->second == meant) groups.push_back(id);
  }
  std::sort(groups.begin(), groups.end());
  return groups;
}

Ids usersOfParameter(const FlowModel& model, const ParameterOwner& owner, const std::string& name) {
  if (owner.context.empty()) return usersOfParameter(model, owner.group, name);
  Ids users;
  for (const ElementId group : groupsThatSee(model, owner.context, name)) {
    const Ids here = usersOfParameter(model, group, name);
    users.insert(users.end(), here.begin(), here.end());
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
