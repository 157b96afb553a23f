// SPDX-License-Identifier: Apache-2.0
#include "minifi-agent/agent_flow.h"

#include "engine/flow/import/flow_import.h"
#include "engine/flow/links.h"
#include "engine/flow/paths.h"
#include "engine/flow/yaml_reader.h"
#include "host/flow_check.h"
#include "processors/catalog.h"
#include "processors/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace millrace::agent {
namespace {

constexpr const char* kFunnel = "Not connected";

/// A flow file of ours says so with a key at the beginning of a line.
bool isOurs(std::string_view text) {
  constexpr std::string_view kKey = "millrace:";
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  return text.starts_with(kKey) || text.find("\nmillrace:") != std::string_view::npos;
}

bool isPacked(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

bool has(const std::vector<flow::Name>& names, const std::string& text) {
  return std::any_of(names.begin(), names.end(),
                     [&](const flow::Name& name) { return name.text == text; });
}

bool isNameTaken(const flow::Group& group, const std::string& name) {
  const auto isIn = [&](const auto& elements) {
    return std::any_of(elements.begin(), elements.end(),
                       [&](const flow::Element& element) { return element.name == name; });
  };
  return isIn(group.processors) || isIn(group.funnels) || isIn(group.inputs) ||
         isIn(group.outputs) || isIn(group.groups) || isIn(group.remoteGroups) ||
         isIn(group.labels) || isIn(group.services);
}

/// The relationships of a processor that lead nowhere.
std::vector<std::string> leftOpen(const flow::Group& group, const flow::Processor& processor) {
  const ProcessorDescriptor* const descriptor = findProcessorType(processor.type);
  if (descriptor == nullptr || processor.unsupported) return {};
  std::vector<PropertyText> set;
  for (const flow::Property& property : processor.properties)
    set.emplace_back(property.name, property.value);
  std::vector<std::string> open = relationshipNames(*descriptor, set);
  const std::string end = flow::escapeName(processor.name);
  std::erase_if(open, [&](const std::string& relationship) {
    if (has(processor.autoTerminate, relationship)) return true;
    return std::any_of(group.connections.begin(), group.connections.end(),
                       [&](const flow::Connection& connection) {
                         return connection.from.path == end &&
                                has(connection.relationships, relationship);
                       });
  });
  return open;
}

void keepUnconnectedOf(flow::Group& group, const std::string& path, flow::Findings& findings,
                       std::vector<std::string>& kept) {
  for (flow::Group& inner : group.groups)
    keepUnconnectedOf(inner, flow::joinPath(path, inner.name), findings, kept);
  std::string funnel;
  for (const flow::Processor& processor : group.processors) {
    for (const std::string& relationship : leftOpen(group, processor)) {
      if (funnel.empty()) {
        funnel = kFunnel;
        for (int number = 2; isNameTaken(group, funnel); ++number)
          funnel = fmt::format("{} ({})", kFunnel, number);
        flow::Funnel made;
        made.name = funnel;
        made.at = processor.at;
        group.funnels.push_back(std::move(made));
      }
      flow::Connection connection;
      connection.at = processor.at;
      connection.from.path = flow::escapeName(processor.name);
      connection.from.at = processor.at;
      connection.relationships.push_back({relationship, processor.at});
      connection.to.path = flow::escapeName(funnel);
      connection.to.at = processor.at;
      connection.backPressure = group.defaultBackPressure;
      kept.push_back(flow::connectionPath(path, connection));
      group.connections.push_back(std::move(connection));
      findings.push_back({flow::Severity::kWarning,
                          processor.at,
                          flow::joinPath(path, processor.name),
                          {},
                          fmt::format("the relationship '{}' leads nowhere: what comes out of it "
                                      "waits before the funnel '{}'",
                                      relationship, funnel),
                          "connect it, or add it to the auto-terminated relationships"});
    }
  }
}

}  // namespace

std::vector<std::string> keepUnconnected(flow::Flow& flow, flow::Findings& findings) {
  std::vector<std::string> kept;
  keepUnconnectedOf(flow.root, {}, findings, kept);
  flow::linkFlow(flow, findings);
  return kept;
}

Result<AgentFlow> judgeAgentFlow(std::string bytes, const engine::ParameterOverrides& overrides,
                                 const Variables& variables) {
  AgentFlow read;
  std::vector<std::string> kept;
  if (isOurs(bytes)) {
    flow::ReadFlow ours = flow::readFlow(bytes);
    read.flow = std::move(ours.flow);
    read.findings = std::move(ours.findings);
  } else {
    const std::string text =
        isPacked(bytes) ? std::move(bytes) : MR_TRY(configWithVariables(bytes, variables));
    flow::ImportedFlow imported = flow::importFlow(text, host::builtinCatalog());
    read.flow = std::move(imported.flow);
    read.findings = std::move(imported.findings);
    read.unknownTypes = std::move(imported.unknownTypes);
    if (read.ok()) kept = keepUnconnected(read.flow, read.findings);
  }
  if (!read.ok()) return read;  // what is not linked cannot be judged
  flow::Findings more = host::checkFlow(read.flow, overrides);
  // Told already, by its relationship.
  std::erase_if(more, [&](const flow::Finding& finding) {
    return finding.severity == flow::Severity::kWarning &&
           std::find(kept.begin(), kept.end(), finding.component) != kept.end();
  });
  read.findings.insert(read.findings.end(), std::make_move_iterator(more.begin()),
                       std::make_move_iterator(more.end()));
  flow::sortByPosition(read.findings);
  return read;
}

}  // namespace millrace::agent
