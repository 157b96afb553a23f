// SPDX-License-Identifier: Apache-2.0
#pragma once
// Writes a flow that has no text of its own (an import, a new flow) in the one canonical form:
// keys in the order of the key table, elements in the order of the model, defaults left out, layout
// at the end. Reading the text gives the same flow (==). A flow that has a text is changed with
// yaml_editor.h instead, which keeps comments. Threads: pure functions.

#include "engine/flow/flow.h"
#include "engine/flow/yaml_value.h"

namespace millrace::flow {

/// `flow` must be linked.
std::string writeFlow(const Flow& flow);

// The single elements, for the editor.
YamlValue yamlOf(const Processor& processor);
YamlValue yamlOf(const Service& service);
/// `group` gives the defaults that need not be written.
YamlValue yamlOf(const Connection& connection, const Group& group);
YamlValue yamlOf(const Port& port);
YamlValue yamlOf(const Funnel& funnel);
YamlValue yamlOf(const Label& label);
YamlValue yamlOf(const RemoteGroup& remote);
YamlValue yamlOf(const RemotePort& port);
YamlValue yamlOf(const Group& group);
YamlValue yamlOf(const Schedule& schedule);
YamlValue yamlOf(const Retry& retry);
YamlValue yamlOf(const BackPressure& limit, const BackPressure& defaults);
YamlValue yamlOf(const std::vector<Parameter>& parameters);
YamlValue yamlOf(const ParameterContext& context);
/// The line of the element in `layout`; empty when there is nothing to keep.
YamlValue layoutOf(const Element& element);

}  // namespace millrace::flow
