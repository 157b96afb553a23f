// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who uses a controller service or a parameter of a group: what a change of it concerns.
// Threads: plain functions over the model.

#include "gui/model/flow_editor.h"

namespace millrace::gui {

/// Processors and services that name this service in a property and can see it; sorted.
Ids usersOfService(const FlowModel& model, const TypeCatalog& types, flow::ElementId service);
/// Services that a component names in its properties and can see; sorted.
Ids servicesOf(const FlowModel& model, const TypeCatalog& types, flow::ElementId component);
/// Processors, services and connections of the group itself that refer to `#{name}`; sorted.
Ids usersOfParameter(const FlowModel& model, flow::ElementId group, const std::string& name);

/// Letters, digits, '-', '_', '.' and spaces: what a flow file takes as the name of a parameter.
bool isParameterName(const std::string& name);
/// What an owner has itself; null: it is gone.
const std::vector<flow::Parameter>* parametersOf(const FlowModel& model,
                                                 const ParameterOwner& owner);
/// Whether `#{name}` is anything in this group.
bool seesParameter(const FlowModel& model, flow::ElementId group, const std::string& name);

/// What components of a group see as `#{name}`, inherited ones, too; sorted.
std::vector<std::string> parameterNames(const FlowModel& model, flow::ElementId group);

struct ContextUsers {
  Ids groups;                      ///< that name the context; sorted
  std::vector<std::string> heirs;  ///< contexts that inherit it, in their order
};
ContextUsers usersOfContext(const FlowModel& model, const std::string& context);
/// Groups in which `#{name}` is the parameter of this shared context, inherited or not; sorted.
Ids groupsThatSee(const FlowModel& model, const std::string& context, const std::string& name);
/// Who refers to a parameter of this owner; sorted.
Ids usersOfParameter(const FlowModel& model, const ParameterOwner& owner, const std::string& name);

/// Names and values that components of a group see as `#{name}`, sorted; those without a value in
/// the flow are left out.
std::vector<std::pair<std::string, std::string>> visibleParameters(const FlowModel& model,
                                                                   flow::ElementId group);

}  // namespace millrace::gui
