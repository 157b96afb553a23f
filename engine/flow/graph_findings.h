// SPDX-License-Identifier: Apache-2.0
#pragma once
// Warnings about the shape of a flow: circles that let nothing out or can block themselves, queues
// that nothing ever drains, components that nothing reaches, attributes that nothing upstream sets.
// They never hinder a start. A part of validator.h.

#include "engine/flow/flow_graph.h"
#include "engine/flow/settings_check.h"

namespace millrace::flow {

/// What validation learnt of the processors while it checked their settings.
using AttributeUses = std::unordered_map<ElementId, std::vector<AttributeUse>>;

void findGraphOddities(const FlowGraph& graph, const Catalog& catalog, const AttributeUses& uses,
                       Findings& findings);

}  // namespace millrace::flow
