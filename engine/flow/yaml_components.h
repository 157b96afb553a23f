// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads the single elements of a flow file from their YAML: one function an element. Each reports
// into `findings` and returns what could be read; `groupPath` serves the messages.

#include "engine/flow/flow.h"
#include "engine/flow/links.h"
#include "engine/flow/yaml_tree.h"

namespace millrace::flow {

Processor readProcessor(const YamlNode& node, const std::string& groupPath, Findings& findings);
Service readService(const YamlNode& node, const std::string& groupPath, Findings& findings);
/// `defaults` gives the group's default back-pressure and expiration.
Connection readConnection(const YamlNode& node, const std::string& groupPath, const Group& defaults,
                          Findings& findings);
BackPressure readBackPressure(const YamlNode& node, BackPressure defaults, const std::string& where,
                              Findings& findings);
/// A port or funnel may be its name alone.
Port readPort(const YamlNode& node, const std::string& groupPath, Findings& findings);
Funnel readFunnel(const YamlNode& node, const std::string& groupPath, Findings& findings);
Label readLabel(const YamlNode& node, const std::string& groupPath, Findings& findings);
RemoteGroup readRemoteGroup(const YamlNode& node, const std::string& groupPath, Findings& findings);
/// The value of a `parameters` key.
std::vector<Parameter> readParameters(const YamlNode& node, const std::string& where,
                                      Findings& findings);
ParameterContext readParameterContext(const YamlNode& node, Findings& findings);
/// The value of the `layout` key.
std::vector<LayoutEntry> readLayout(const YamlNode& node, Findings& findings);

/// True for a text of six or seven cron fields made of the characters that cron knows.
bool looksLikeCron(std::string_view text);

}  // namespace millrace::flow
