// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/yaml_reader.h"

#include "engine/flow/links.h"
#include "engine/flow/paths.h"
#include "engine/flow/yaml_components.h"
#include "engine/flow/yaml_object.h"
#include "engine/flow/yaml_tree.h"

#include <fmt/format.h>

namespace millrace::flow {
namespace {

constexpr std::string_view kFormat = "1";

void readGroupBody(YamlObject& object, const std::string& path, Group& group);

Group readGroup(const YamlNode& node, const std::string& parent, Findings& findings) {
  Group group;
  group.at = node.at;
  const YamlEntry* name = node.find("name");
  const bool named = name != nullptr && name->value.isScalar();
  const std::string path = named ? joinPath(parent, name->value.text) : parent;
  YamlObject object(node, ObjectKind::kGroup, path, findings);
  if (object.isMap()) readGroupBody(object, path, group);
  return group;
}

void readGroupBody(YamlObject& object, const std::string& path, Group& group) {
  Findings& findings = object.findings();
  group.name = object.text("name");
  group.comment = object.text("comment");
  group.parameterContext = object.text("parameter-context");
  if (const YamlNode* context = object.value("parameter-context"))
    group.parameterContextAt = context->at;
  if (const YamlNode* parameters = object.value("parameters"))
    group.parameters = readParameters(*parameters, path, findings);
  object.choice("flowfile-concurrency", kFlowFileConcurrencies, group.flowFileConcurrency);
  object.choice("outbound-policy", kOutboundPolicies, group.outboundPolicy);
  if (const YamlNode* limit = object.value("default-back-pressure"))
    group.defaultBackPressure = readBackPressure(*limit, group.defaultBackPressure, path, findings);
  object.duration("default-expire", group.defaultExpire);
  object.number("max-concurrent-tasks", 0, group.maxConcurrentTasks);
  for (const YamlNode& item : object.items("services"))
    group.services.push_back(readService(item, path, findings));
  for (const YamlNode& item : object.items("inputs"))
    group.inputs.push_back(readPort(item, path, findings));
  for (const YamlNode& item : object.items("outputs"))
    group.outputs.push_back(readPort(item, path, findings));
  for (const YamlNode& item : object.items("funnels"))
    group.funnels.push_back(readFunnel(item, path, findings));
  for (const YamlNode& item : object.items("labels"))
    group.labels.push_back(readLabel(item, path, findings));
  for (const YamlNode& item : object.items("processors"))
    group.processors.push_back(readProcessor(item, path, findings));
  for (const YamlNode& item : object.items("remote-groups"))
    group.remoteGroups.push_back(readRemoteGroup(item, path, findings));
  for (const YamlNode& item : object.items("connections"))
    group.connections.push_back(readConnection(item, path, group, findings));
  for (const YamlNode& item : object.items("groups"))
    group.groups.push_back(readGroup(item, path, findings));
}

void checkFormat(YamlObject& object) {
  const YamlNode* format = object.value("millrace");
  if (format == nullptr) return;
  const std::string* text = object.scalar("millrace", *format);
  if (text != nullptr && *text != kFormat)
    object.refuse(format->at, fmt::format("this file has format '{}'", *text),
                  fmt::format("this program reads format {}: write 'millrace: {}', or use a newer "
                              "program",
                              kFormat, kFormat));
}

}  // namespace

ReadFlow readFlow(const YamlNode& root) {
  ReadFlow result;
  YamlObject object(root, ObjectKind::kFlow, "", result.findings);
  if (object.isMap()) {
    checkFormat(object);
    for (const YamlNode& item : object.items("parameter-contexts"))
      result.flow.parameterContexts.push_back(readParameterContext(item, result.findings));
    readGroupBody(object, "", result.flow.root);
    result.flow.root.at = root.at;
    result.flow.name = result.flow.root.name;
    if (const YamlNode* layout = object.value("layout"))
      applyLayout(result.flow, readLayout(*layout, result.findings), result.findings);
    linkFlow(result.flow, result.findings);
  }
  sortByPosition(result.findings);
  return result;
}

ReadFlow readFlow(std::string_view text) {
  const YamlTree tree = parseYaml(text);
  ReadFlow result;
  if (tree.root) result = readFlow(*tree.root);
  result.findings.insert(result.findings.end(), tree.findings.begin(), tree.findings.end());
  if (!tree.root && result.findings.empty())
    result.findings.push_back({Severity::kError,
                               {1, 1},
                               {},
                               {},
                               "the file is empty",
                               "a flow file begins with 'millrace: 1' and 'name: …'"});
  sortByPosition(result.findings);
  return result;
}

Result<Flow> parseFlow(std::string_view text, std::string_view file) {
  return orError(readFlow(text), file);
}

Result<Flow> orError(ReadFlow read, std::string_view file) {
  if (read.ok()) return std::move(read.flow);
  std::string message;
  for (const Finding& finding : read.findings) {
    if (finding.severity != Severity::kError) continue;
    if (!message.empty()) message += '\n';
    message += describe(finding, file);
  }
  return Error::user(std::move(message));
}

}  // namespace millrace::flow
