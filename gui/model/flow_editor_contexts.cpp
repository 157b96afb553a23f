// SPDX-License-Identifier: Apache-2.0
// What FlowEditor does to shared parameter contexts and to the names of parameters.

#include "engine/flow/parameters.h"
#include "gui/model/flow_editor.h"
#include "gui/model/users_of.h"

#include <algorithm>

namespace millrace::gui {

using flow::ElementId;
using flow::ElementKind;
using flow::Parameter;
using flow::ParameterContext;

namespace {

QString inQt(const std::string& words) { return QString::fromStdString(words); }

/// The text with every reference to one parameter as one to another.
std::string renamed(const std::string& text, const std::string& from, const std::string& to) {
  std::string now = text;
  const auto references = flow::parameterReferences(text);
  // From the end, so that the places before it stay right.
  for (auto each = references.rbegin(); each != references.rend(); ++each) {
    if (each->name != from) continue;
    const bool plain = std::none_of(to.begin(), to.end(), [](char c) { return c == ' '; });
    // What escapes it stays: of several # the last one belongs to the reference.
    const std::size_t brace = text.find('{', each->begin);
    now.replace(brace, each->end - brace, plain ? "{" + to + "}" : "{'" + to + "'}");
  }
  return now;
}

void renameIn(Component& component, const std::string& from, const std::string& to) {
  const auto all = [&](flow::Properties& properties) {
    for (flow::Property& property : properties) property.value = renamed(property.value, from, to);
  };
  if (flow::Processor* processor = component.processor()) all(processor->properties);
  if (auto* service = std::get_if<flow::Service>(&component.value)) all(service->properties);
  if (flow::Connection* wire = component.connection())
    wire->keyedBy = renamed(wire->keyedBy, from, to);
  if (auto* remote = std::get_if<flow::RemoteGroup>(&component.value); remote && remote->proxy)
    remote->proxy->password = renamed(remote->proxy->password, from, to);
}

void renameIn(std::vector<Parameter>& list, const std::string& from, const std::string& to) {
  for (Parameter& each : list) {
    if (each.name == from) each.name = to;
    if (each.value) each.value = renamed(*each.value, from, to);
  }
}

bool has(const std::vector<Parameter>& list, const std::string& name) {
  return std::any_of(list.begin(), list.end(),
                     [&](const Parameter& each) { return each.name == name; });
}

}  // namespace

Result<> FlowEditor::addContext(const std::string& name) {
  if (name.empty())
    return Error::user("nothing was added: give the shared parameter context a name");
  if (model_.context(name) != nullptr)
    return Error::user("nothing was added: there is a shared parameter context '" + name +
                       "' already, choose another name");
  ParameterContext made;
  made.name = name;
  Edit edit{"Add shared context " + inQt(name), {}};
  edit.contexts.push_back({std::nullopt, made, model_.parameterContexts().size()});
  push(std::move(edit));
  return Done{};
}

Result<> FlowEditor::renameContext(const std::string& name, const std::string& to) {
  const ParameterContext* old = model_.context(name);
  if (old == nullptr) return Error::user("nothing was renamed: the shared context is gone");
  if (name == to) return Done{};
  if (to.empty()) return Error::user("'" + name + "' was not renamed: a name must not be empty");
  if (model_.context(to) != nullptr)
    return Error::user("'" + name + "' was not renamed: there is a shared context '" + to +
                       "' already, choose another name");
  Edit edit{"Rename shared context " + inQt(name), {}};
  ParameterContext changed = *old;
  changed.name = to;
  edit.contexts.push_back({*old, changed});
  for (const ParameterContext& each : model_.parameterContexts()) {
    ParameterContext follows = each;
    for (flow::Name& inherited : follows.inherits) {
      if (inherited.text == name) inherited.text = to;
    }
    if (follows != each) edit.contexts.push_back({each, follows});
  }
  for (const ElementId id : usersOfContext(model_, name).groups) {
    Component follows = *model_.find(id);
    std::get<flow::Group>(follows.value).parameterContext = to;
    edit.update(*model_.find(id), std::move(follows));
  }
  push(std::move(edit));
  return Done{};
}

void FlowEditor::removeContext(const std::string& name) {
  const auto& all = model_.parameterContexts();
  const auto old = std::find_if(all.begin(), all.end(),
                                [&](const ParameterContext& each) { return each.name == name; });
  if (old == all.end()) return;
  Edit edit{"Remove shared context " + inQt(name), {}};
  for (const ParameterContext& each : all) {
    ParameterContext follows = each;
    std::erase_if(follows.inherits, [&](const flow::Name& n) { return n.text == name; });
    if (follows != each && each.name != name) edit.contexts.push_back({each, follows});
  }
  edit.contexts.push_back({*old, std::nullopt, static_cast<std::size_t>(old - all.begin())});
  for (const ElementId id : usersOfContext(model_, name).groups) {
    Component without = *model_.find(id);
    std::get<flow::Group>(without.value).parameterContext.clear();
    edit.update(*model_.find(id), std::move(without));
  }
  push(std::move(edit));
}

Result<> FlowEditor::updateContext(const std::string& name, const QString& text,
                                   const std::function<void(ParameterContext&)>& change) {
  const ParameterContext* old = model_.context(name);
  if (old == nullptr) return Error::user("nothing was changed: the shared context is gone");
  ParameterContext changed = *old;
  change(changed);
  changed.name = name;
  flow::Flow contexts;
  contexts.parameterContexts = model_.parameterContexts();
  for (ParameterContext& each : contexts.parameterContexts) {
    if (each.name == name) each = changed;
  }
  const auto cycles = flow::parameterContextCycles(contexts);
  if (!cycles.empty()) {
    std::string way;
    for (const std::string& each : cycles.front()) way += (way.empty() ? "" : " › ") + each;
    return Error::user("'" + name + "' was not changed: a context cannot inherit itself (" + way +
                       ")");
  }
  Edit edit{text, {}};
  if (changed != *old) edit.contexts.push_back({*old, changed});
  push(std::move(edit));
  return Done{};
}

Result<> FlowEditor::renameParameter(const ParameterOwner& owner, const std::string& name,
                                     const std::string& to) {
  if (name == to) return Done{};
  const std::vector<Parameter>* list = parametersOf(model_, owner);
  if (list == nullptr || !has(*list, name))
    return Error::user("nothing was renamed: the parameter is gone");
  if (!isParameterName(to))
    return Error::user("#{" + name + "} was not renamed: a name has letters, digits, '-', '_', " +
                       "'.' and spaces only");
  Ids groups = owner.context.empty() ? Ids{owner.group} : Ids();
  if (!owner.context.empty()) groups = groupsThatSee(model_, owner.context, name);
  bool taken = has(*list, to);
  for (const ElementId id : groups) taken = taken || seesParameter(model_, id, to);
  if (taken)
    return Error::user("#{" + name + "} was not renamed: there is a #{" + to +
                       "} already, choose another name");
  Edit edit{"Rename parameter " + inQt(name), {}};
  if (const ParameterContext* old = model_.context(owner.context)) {
    ParameterContext changed = *old;
    renameIn(changed.parameters, name, to);
    edit.contexts.push_back({*old, changed});
  }
  for (const auto& [id, component] : model_.components()) {
    const bool isGroup = std::find(groups.begin(), groups.end(), id) != groups.end();
    const bool inside = id != kRootGroup &&
                        std::find(groups.begin(), groups.end(), component.group) != groups.end();
    if (!isGroup && !inside) continue;
    Component changed = component;
    if (isGroup) renameIn(std::get<flow::Group>(changed.value).parameters, name, to);
    if (inside) renameIn(changed, name, to);
    edit.update(component, std::move(changed));
  }
  push(std::move(edit));
  return Done{};
}

}  // namespace millrace::gui
