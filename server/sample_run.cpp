// SPDX-License-Identifier: Apache-2.0
#include "server/sample_run.h"

#include "engine/control/configuration.h"
#include "engine/flow/elements.h"
#include "engine/flow/parameters.h"
#include "engine/flow/service_references.h"
#include "server/builtin_types.h"
#include "server/flowtest/flow_trial.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <span>

namespace millrace::server {
namespace {

/// Of contents, and of files, in the memory of the server: who looks may try, several at once.
constexpr std::uint64_t kMostBytes = std::uint64_t{64} << 20;
constexpr std::uint64_t kMostShown = 10'000;  // FlowFiles
/// On the virtual clock: what fails is tried again after each second of it.
constexpr Nanos kLongest = 10 * kMinute;

/// Keeps the processor and what it may see of the flow, and lets it run.
void keepAlone(flow::Group& group, flow::ElementId id, bool asSource) {
  std::erase_if(group.processors, [&](const flow::Processor& each) { return each.id != id; });
  group.flowFileConcurrency = flow::FlowFileConcurrency::kUnbounded;
  group.inputs.clear();
  group.outputs.clear();
  group.funnels.clear();
  group.labels.clear();
  group.remoteGroups.clear();
  group.connections.clear();
  for (flow::Processor& processor : group.processors) {
    processor.state = flow::RunState::kRunning;
    processor.schedule = {};
    if (asSource) processor.schedule.runs = 1;
  }
  for (flow::Group& inner : group.groups) keepAlone(inner, id, asSource);
}

std::optional<std::string> serviceWanted(flow::ElementKind kind, const std::string& type,
                                         const std::string& property) {
  const auto in = [&](std::span<const PropertyInfo* const> infos) -> std::optional<std::string> {
    for (const PropertyInfo* info : infos) {
      if (engine::namesProperty(*info, property) && info->kind == PropertyKind::kService)
        return std::string(info->serviceType);
    }
    return std::nullopt;
  };
  if (kind == flow::ElementKind::kService) {
    const ServiceDescriptor* service = findServiceType(type);
    return service == nullptr ? std::nullopt : in(service->properties);
  }
  const ProcessorDescriptor* processor = findProcessorType(type);
  return processor == nullptr ? std::nullopt : in(processor->properties);
}

void dropServices(flow::Group& group, const std::set<flow::ElementId>& used) {
  std::erase_if(group.services,
                [&](const flow::Service& service) { return !used.contains(service.id); });
  for (flow::Group& inner : group.groups) dropServices(inner, used);
}

/// Of the services those that the processor names, and that these name: what others need may not
/// be in the sandbox, and is none of its business.
void keepServicesUsed(flow::Flow& alone) {
  const auto value = [&](const flow::Group& group, const std::string& text) {
    return flow::substituteParameters(text, flow::parametersOf(alone, group)).value_or(text);
  };
  const auto references = flow::serviceReferences(alone, serviceWanted, value);
  std::set<flow::ElementId> used;
  for (std::size_t before = references.size() + 1; before != used.size();) {
    before = used.size();
    for (const flow::ServiceReference& each : references) {
      const bool counts = each.userService == nullptr || used.contains(each.userService->id);
      if (counts && each.used != nullptr) used.insert(each.used->id);
    }
  }
  dropServices(alone.root, used);
}

std::vector<std::string> relationshipsOf(const flow::Processor& processor,
                                         const ProcessorDescriptor& type) {
  std::vector<PropertyText> texts;
  for (const flow::Property& property : processor.properties)
    texts.emplace_back(property.name, property.value);
  // What parameters hold makes no relationships, so any value does.
  const auto configuration = engine::Configuration::make(
      type, texts, [](std::string_view) { return std::optional<std::string>("1"); });
  std::vector<std::string> names;
  if (configuration.ok()) return (*configuration)->relationships();
  for (const Relationship* declared : type.relationships) names.emplace_back(declared->name);
  return names;
}

std::string levelName(BulletinLevel level) {
  switch (level) {
    case BulletinLevel::kDebug:
      return "debug";
    case BulletinLevel::kInfo:
      return "info";
    case BulletinLevel::kWarn:
      return "warn";
    default:
      return "error";
  }
}

}  // namespace

Result<SampleOutcome> runOnSamples(const flow::Flow& flow, flow::ElementId processor,
                                   const std::vector<SampleFlowFile>& samples, Millis now) {
  flow::Flow alone = flow;
  std::string path;
  const flow::Processor* found = nullptr;
  keepAlone(alone.root, processor, samples.empty());
  keepServicesUsed(alone);
  flow::forEachElement(alone, [&](flow::ElementKind kind, const std::string& each,
                                  const flow::Element& element, const flow::Group&) {
    if (kind != flow::ElementKind::kProcessor) return;
    path = each;
    found = static_cast<const flow::Processor*>(&element);
  });
  if (found == nullptr) return Error::user("only a processor can be tried");
  const ProcessorDescriptor* const type = findProcessorType(found->type);
  if (type == nullptr) return Error::user(fmt::format("nothing here runs a {}", found->type));
  if (samples.empty() && type->input == InputRequirement::kRequired)
    return Error::user(fmt::format("{} works on what it gets; send 'flowfiles'", path));
  if (!samples.empty() && type->input == InputRequirement::kForbidden)
    return Error::user(
        fmt::format("{} is a source, which takes nothing; leave 'flowfiles' out", path));

  flowtest::TestCase test;
  test.clock = now;
  test.limits = {kMostBytes, kMostBytes, kMostBytes, kMostShown, true, kLongest};
  const std::vector<std::string> relationships = relationshipsOf(*found, *type);
  for (const std::string& name : relationships) {
    flowtest::ExpectedOutput output;
    output.place.from = true;
    output.place.path = path;
    output.place.relationship = name;
    test.outputs.push_back(std::move(output));
  }
  if (!samples.empty()) {
    flowtest::Given& given = test.given.emplace_back();
    given.place.path = path;
    for (const SampleFlowFile& sample : samples) {
      flowtest::GivenFlowFile& file = given.flowFiles.emplace_back();
      file.content = sample.content;
      file.attributes.assign(sample.attributes.begin(), sample.attributes.end());
    }
  }
  SampleOutcome outcome;
  flow::Findings findings;
  const flowtest::PlayedFlow played = flowtest::playFlow(alone, test, findProcessorType, findings);
  if (flow::hasError(findings)) {
    for (const flow::Finding& finding : findings) outcome.troubles.push_back(finding.message);
    return outcome;
  }
  flowtest::FlowTrial trial(test, played, findProcessorType, findServiceType);
  flowtest::Outcome came = trial.run();
  outcome.troubles = std::move(came.troubles);
  outcome.counters = std::move(came.counters);
  for (std::size_t i = 0; i < relationships.size(); ++i) {
    auto& [name, flowFiles] =
        outcome.outputs.emplace_back(relationships[i], std::vector<SampleFlowFile>());
    for (flowtest::FlowFileSeen& seen : came.outputs[i])
      flowFiles.push_back({std::move(seen.content), std::move(seen.attributes), seen.penalized});
  }
  for (const engine::Bulletin& bulletin : came.bulletins)
    outcome.bulletins.emplace_back(levelName(bulletin.level), bulletin.message);
  return outcome;
}

}  // namespace millrace::server
