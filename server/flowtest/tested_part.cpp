// SPDX-License-Identifier: Apache-2.0
#include "server/flowtest/tested_part.h"

#include "engine/flow/paths.h"

#include <algorithm>

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

/// What the properties and parameters of a group say that may be the name of a service.
void addValues(const flow::Group& group, std::set<std::string>& values) {
  const auto add = [&](const flow::Properties& properties) {
    for (const flow::Property& property : properties) values.insert(property.value);
  };
  for (const flow::Processor& processor : group.processors) add(processor.properties);
  for (const flow::Service& service : group.services) add(service.properties);
  for (const flow::Parameter& parameter : group.parameters)
    values.insert(parameter.value.value_or(""));
  for (const flow::Group& inner : group.groups) addValues(inner, values);
}

void dropServices(flow::Group& group, const std::set<std::string>& names) {
  std::erase_if(group.services,
                [&](const flow::Service& service) { return names.contains(service.name); });
  for (flow::Group& inner : group.groups) dropServices(inner, names);
}

}  // namespace

void keepGroup(flow::Flow& flow, const std::string& path) {
  keepOnly(flow.root, flow::splitPath(path), 0);
}

void dropUnsupportedServices(flow::Group& group) {
  std::erase_if(group.services, [](const flow::Service& service) { return service.unsupported; });
  for (flow::Group& inner : group.groups) dropUnsupportedServices(inner);
}

void dropUnusedServices(flow::Flow& flow, const std::set<std::string>& names) {
  std::set<std::string> values;
  addValues(flow.root, values);
  for (const flow::ParameterContext& context : flow.parameterContexts) {
    for (const flow::Parameter& parameter : context.parameters)
      values.insert(parameter.value.value_or(""));
  }
  std::set<std::string> unused;
  for (const std::string& name : names) {
    if (!values.contains(name)) unused.insert(name);
  }
  dropServices(flow.root, unused);
}

void asPlainQueues(flow::Group& group) {
  for (flow::Connection& connection : group.connections) {
    if (!connection.via) continue;
    connection.via.reset();
    connection.keyedBy.clear();
  }
  for (flow::Group& inner : group.groups) asPlainQueues(inner);
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
