// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who uses a controller service or a parameter of a group: what a change of it concerns.
// Threads: plain functions over the model.

#include "gui/model/flow_editor.h"

namespace millrace::gui {

/// Processors and services that name this service in a property and can see it; sorted.
Ids usersOfService(const FlowModel& model, const TypeCatalog& types, flow::ElementId service);
/// Processors, services and connections of the group itself that refer to `#{name}`; sorted.
Ids usersOfParameter(const FlowModel& model, flow::ElementId group, const std::string& name);

/// Names and values that components of a group see as `#{name}`, sorted; those without a value in
/// the flow are left out.
std::vector<std::pair<std::string, std::string>> visibleParameters(const FlowModel& model,
                                                                   flow::ElementId group);

}  // namespace millrace::gui
