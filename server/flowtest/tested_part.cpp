// SPDX-License-Identifier: Apache-2.0
#include "server/flowtest/tested_part.h"

#include "engine/flow/paths.h"

namespace millrace::flowtest {
namespace {

void keepOnly(flow::Group& group, const std::vector<std::string>& names, std::size_t depth) {
  if (depth == names.size()) return;
  std::vector<flow::Group> inner;
  for (flow::Group& candidate : group.groups) {
    if (candidate.name == names[depth]) inner.push_back(std::move(candidate));
  }
  group.groups = std::move(inner);
  group.inputs.clear();
  group.outputs.clear();
  group.funnels.clear();
  group.labels.clear();
  group.processors.clear();
  group.remoteGroups.clear();
  group.connections.clear();
  for (flow::Group& kept : group.groups) keepOnly(kept, names, depth + 1);
}

void addParameters(const flow::Group& group, std::vector<std::string>& names) {
  for (const flow::Parameter& parameter : group.parameters) names.push_back(parameter.name);
  for (const flow::Group& inner : group.groups) addParameters(inner, names);
}

}  // namespace

void keepGroup(flow::Flow& flow, const std::string& path) {
  keepOnly(flow.root, flow::splitPath(path), 0);
}

void dropUnsupportedServices(flow::Group& group) {
  std::erase_if(group.services, [](const flow::Service& service) { return service.unsupported; });
  for (flow::Group& inner : group.groups) dropUnsupportedServices(inner);
}

std::vector<std::string> parameterNames(const flow::Flow& flow) {
  std::vector<std::string> names;
  addParameters(flow.root, names);
  for (const flow::ParameterContext& context : flow.parameterContexts) {
    for (const flow::Parameter& parameter : context.parameters) names.push_back(parameter.name);
  }
  return names;
}

}  // namespace millrace::flowtest
