// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/flow_generator.h"

#include "engine/flow/links.h"
#include "engine/flow/paths.h"
#include "engine/flow/yaml_writer.h"
#include "processors/registry.h"
#include "tests/harness/property_values.h"

#include <algorithm>
#include <set>

namespace millrace::tests {
namespace {

bool isSource(const ProcessorDescriptor& type) {
  return type.input == InputRequirement::kForbidden;
}

/// More comes out than goes in, FlowFiles or bytes: a wire back to itself would never end.
bool grows(const ProcessorDescriptor& type) {
  return type.type == "DuplicateFlowFile" || type.type.starts_with("Split") ||
         type.type == "SegmentContent" || type.type == "EncodeContent" ||
         type.type == "UnpackContent" || type.type == "MergeContent" || type.type == "RouteText";
}

/// All but those that work on topics: there is no log beside the engine here.
std::vector<const ProcessorDescriptor*> drawnTypes() {
  std::vector<const ProcessorDescriptor*> types;
  for (const ProcessorDescriptor* type : builtinProcessors()) {
    // Without a network these try for ever, and a flow would never be idle.
    if (type->type != "PublishKafka" && type->type != "ConsumeKafka" &&
        type->type != "PutSiteToSite" && type->type != "GetSiteToSite" &&
        type->type != "PublishMQTT" && type->type != "ConsumeMQTT")
      types.push_back(type);
  }
  return types;
}

bool hasName(const std::vector<flow::Name>& names, const std::string& text) {
  return std::any_of(names.begin(), names.end(),
                     [&](const flow::Name& name) { return name.text == text; });
}

}  // namespace

FlowGenerator::FlowGenerator(std::uint64_t seed, std::size_t number)
    : random_(seed), number_(number) {}

void FlowGenerator::settings(flow::Processor& processor, const ProcessorDescriptor& type) {
  constexpr Nanos kPeriods[] = {100 * kMillisecond, 500 * kMillisecond, kSecond};
  constexpr Nanos kPenalties[] = {0, 10 * kMillisecond, kSecond, 30 * kSecond};
  if (isSource(type) || type.input == InputRequirement::kAllowed) {
    processor.schedule.every = kPeriods[random_.below(3)];
    if (!random_.oneIn(3)) processor.schedule.runs = 1 + random_.below(8);
    if (random_.oneIn(10)) {
      processor.schedule.kind = flow::ScheduleKind::kCron;
      processor.schedule.every = 0;
      processor.schedule.cron = "*/5 * * * * ?";
    }
  } else if (random_.oneIn(6)) {
    processor.schedule.every = kPeriods[random_.below(3)];
  } else if (random_.oneIn(6)) {
    processor.schedule.kind = flow::ScheduleKind::kEvent;
  }
  if (random_.oneIn(3)) processor.schedule.runDuration = random_.below(3) * 25 * kMillisecond;
  processor.concurrency = static_cast<std::uint32_t>(1 + random_.below(3));
  processor.penalty = kPenalties[random_.below(4)];
  processor.yield = random_.oneIn(2) ? kSecond : 50 * kMillisecond;
  if (random_.oneIn(15)) processor.state = flow::RunState::kStopped;
  if (random_.oneIn(40)) processor.state = flow::RunState::kDisabled;
}

Result<flow::Processor> FlowGenerator::processor(const ProcessorDescriptor& type) {
  flow::Processor made;
  made.name = name(std::string(type.type));
  made.type = std::string(type.type);
  DrawnProperties drawn = MR_TRY(drawProperties(type, random_));
  made.properties = std::move(drawn.properties);
  settings(made, type);
  if (random_.oneIn(4)) {
    for (const std::string& relationship : drawn.configuration->relationships()) {
      if (random_.oneIn(2)) made.retry.relationships.push_back({relationship, {}});
    }
    made.retry.count = static_cast<std::uint32_t>(1 + random_.below(4));
    made.retry.backoff = random_.oneIn(2) ? flow::Backoff::kPenalize : flow::Backoff::kYield;
    made.retry.maxBackoff = kMinute;
  }
  return made;
}

Result<> FlowGenerator::fill(flow::Group& group, int depth) {
  const std::vector<const ProcessorDescriptor*> types = drawnTypes();
  const std::size_t count = 2 + random_.below(depth == 0 ? 6 : 3);
  std::vector<const ProcessorDescriptor*> chosen;
  if (depth == 0) chosen.push_back(types[number_ % types.size()]);
  if (depth == 0) chosen.push_back(findProcessorType("GenerateFlowFile"));
  // Half of the flows have a way to feed the reader of an archive or of a listing.
  if (depth == 0 && random_.oneIn(4)) {
    chosen.push_back(findProcessorType("MergeContent"));
    chosen.push_back(findProcessorType("UnpackContent"));
  } else if (depth == 0 && random_.oneIn(4)) {
    chosen.push_back(findProcessorType("ListFile"));
    chosen.push_back(findProcessorType("FetchFile"));
  }
  while (chosen.size() < count) chosen.push_back(types[random_.below(types.size())]);
  for (const ProcessorDescriptor* type : chosen)
    group.processors.push_back(MR_TRY(processor(*type)));
  for (std::size_t i = random_.below(3); i > 0; --i) {
    flow::Funnel funnel;
    funnel.name = name("funnel");
    group.funnels.push_back(std::move(funnel));
  }
  for (std::size_t i = depth < 2 ? random_.below(3) : 0; i > 0; --i) {
    flow::Group inner;
    inner.name = name("group/with slash");
    for (std::vector<flow::Port>* ports : {&inner.inputs, &inner.outputs}) {
      for (std::size_t j = 1 + random_.below(2); j > 0; --j) {
        flow::Port port;
        port.name = name("port");
        ports->push_back(std::move(port));
      }
    }
    if (random_.oneIn(3)) inner.maxConcurrentTasks = 1;
    MR_TRY(fill(inner, depth + 1));
    group.groups.push_back(std::move(inner));
  }
  connect(group);
  return Done{};
}

std::vector<FlowGenerator::End> FlowGenerator::sourcesOf(const flow::Group& group) const {
  std::vector<End> ends;
  for (const flow::Processor& p : group.processors)
    ends.push_back({flow::joinPath("", p.name), findProcessorType(p.type), &p});
  for (const flow::Funnel& f : group.funnels) ends.push_back({flow::joinPath("", f.name)});
  for (const flow::Port& p : group.inputs) ends.push_back({flow::joinPath("", p.name)});
  for (const flow::Group& inner : group.groups) {
    for (const flow::Port& p : inner.outputs)
      ends.push_back({flow::joinPath(flow::joinPath("", inner.name), p.name)});
  }
  return ends;
}

std::vector<FlowGenerator::End> FlowGenerator::targetsOf(const flow::Group& group) const {
  std::vector<End> ends;
  for (const flow::Processor& p : group.processors) {
    const ProcessorDescriptor* type = findProcessorType(p.type);
    if (!isSource(*type)) ends.push_back({flow::joinPath("", p.name), type, &p});
  }
  for (const flow::Funnel& f : group.funnels) ends.push_back({flow::joinPath("", f.name)});
  for (const flow::Port& p : group.outputs) ends.push_back({flow::joinPath("", p.name)});
  for (const flow::Group& inner : group.groups) {
    for (const flow::Port& p : inner.inputs)
      ends.push_back({flow::joinPath(flow::joinPath("", inner.name), p.name)});
  }
  return ends;
}

flow::Connection FlowGenerator::connection(const End& from,
                                           const std::vector<std::string>& relationships,
                                           const End& to) {
  constexpr std::uint64_t kCounts[] = {1, 2, 5, 20, 200, 0};
  constexpr std::uint64_t kSizes[] = {1000, 20'000, std::uint64_t{1} << 30};
  flow::Connection made;
  made.from.path = from.path;
  made.to.path = to.path;
  for (const std::string& relationship : relationships)
    made.relationships.push_back({relationship, {}});
  made.backPressure.count = kCounts[random_.below(6)];
  made.backPressure.size = kSizes[random_.below(3)];
  if (random_.oneIn(5)) made.expire = random_.oneIn(2) ? 2 * kSecond : 10 * kMinute;
  constexpr flow::Prioritizer kPrioritizers[] = {
      flow::Prioritizer::kFifo, flow::Prioritizer::kNewestFirst, flow::Prioritizer::kOldestFirst,
      flow::Prioritizer::kPriorityAttribute};
  if (random_.oneIn(4)) made.prioritizers.push_back(kPrioritizers[random_.below(4)]);
  if (random_.oneIn(12)) made.prioritizers.push_back(flow::Prioritizer::kOldestFirst);
  std::sort(made.prioritizers.begin(), made.prioritizers.end());
  made.prioritizers.erase(std::unique(made.prioritizers.begin(), made.prioritizers.end()),
                          made.prioritizers.end());
  constexpr const char* kKeys[] = {"${fileSize:mod(3)}", "${filename}", "one"};
  if (random_.oneIn(5)) made.keyedBy = kKeys[random_.below(3)];
  return made;
}

void FlowGenerator::connect(flow::Group& group) {
  const std::vector<End> sources = sourcesOf(group);
  const std::vector<End> targets = targetsOf(group);
  if (targets.empty()) return;
  std::set<std::pair<std::string, std::string>> used;
  for (const flow::Connection& known : group.connections)
    used.emplace(known.from.path, known.to.path);
  const auto add = [&](const End& from, const std::vector<std::string>& relationships,
                       const End& to) {
    if (from.path == to.path && (from.type == nullptr || grows(*from.type))) return;
    if (!used.emplace(from.path, to.path).second) return;
    group.connections.push_back(connection(from, relationships, to));
  };
  std::set<std::string> fed;
  for (const End& from : sources) {
    if (from.type == nullptr) {
      add(from, {}, targets[random_.below(targets.size())]);
      if (random_.oneIn(4)) add(from, {}, targets[random_.below(targets.size())]);
      continue;
    }
    const auto configuration = configurationOf(*from.type, from.processor->properties);
    std::vector<std::string> together;
    for (const std::string& relationship : configuration->relationships()) {
      if (random_.oneIn(4)) continue;  // auto-terminated
      if (random_.oneIn(4)) {
        together.push_back(relationship);
        continue;
      }
      add(from, {relationship}, targets[random_.below(targets.size())]);
      if (random_.oneIn(4)) add(from, {relationship}, targets[random_.below(targets.size())]);
    }
    if (!together.empty()) add(from, together, targets[random_.below(targets.size())]);
  }
  for (const flow::Connection& made : group.connections) fed.insert(made.to.path);
  // Whoever would wait for ever is fed by somebody.
  for (const End& to : targets) {
    if (fed.contains(to.path)) continue;
    const End& from = sources[random_.below(sources.size())];
    if (from.type == nullptr) {
      add(from, {}, to);
      continue;
    }
    const auto configuration = configurationOf(*from.type, from.processor->properties);
    const auto& relationships = configuration->relationships();
    if (!relationships.empty()) add(from, {relationships[random_.below(relationships.size())]}, to);
  }
}

void FlowGenerator::mend(flow::Group& group) {
  std::set<std::string> sources;
  std::set<std::string> targets;
  for (const End& end : sourcesOf(group)) sources.insert(end.path);
  for (const End& end : targetsOf(group)) targets.insert(end.path);
  std::erase_if(group.connections, [&](const flow::Connection& c) {
    return !sources.contains(c.from.path) || !targets.contains(c.to.path);
  });
  for (flow::Processor& processor : group.processors) {
    const auto configuration =
        configurationOf(*findProcessorType(processor.type), processor.properties);
    const auto& relationships = configuration->relationships();
    const auto gone = [&](const flow::Name& name) {
      return std::find(relationships.begin(), relationships.end(), name.text) ==
             relationships.end();
    };
    std::erase_if(processor.retry.relationships, gone);
    if (processor.retry.relationships.empty()) processor.retry = {};
    const std::string path = flow::joinPath("", processor.name);
    std::set<std::string> connected;
    for (flow::Connection& connection : group.connections) {
      if (connection.from.path != path) continue;
      std::erase_if(connection.relationships, gone);
      for (const flow::Name& name : connection.relationships) connected.insert(name.text);
    }
    std::erase_if(group.connections, [&](const flow::Connection& connection) {
      return connection.from.path == path && connection.relationships.empty();
    });
    processor.autoTerminate.clear();
    for (const std::string& relationship : relationships) {
      if (!connected.contains(relationship) && !hasName(processor.autoTerminate, relationship))
        processor.autoTerminate.push_back({relationship, {}});
    }
  }
  // Nobody may run who needs input and can have none.
  std::set<std::string> fed;
  for (const flow::Connection& connection : group.connections) fed.insert(connection.to.path);
  for (flow::Processor& processor : group.processors) {
    const bool needs = findProcessorType(processor.type)->input == InputRequirement::kRequired;
    if (needs && !fed.contains(flow::joinPath("", processor.name)))
      processor.state = flow::RunState::kStopped;
  }
  for (flow::Group& inner : group.groups) mend(inner);
}

Result<> FlowGenerator::make() {
  flow_ = {};
  flow_.name = "generated";
  flow_.root.name = "generated";
  flow::Service table;
  table.name = "table";
  table.type = "SimpleCsvFileLookupService";
  table.properties = {{"CSV File", "tables/table.csv", {}, {}},
                      {"Lookup Key Column", "key", {}, {}},
                      {"Lookup Value Column", "value", {}, {}}};
  flow_.root.services.push_back(std::move(table));
  for (const auto& [name, type] :
       {std::pair{"cache", "MapCacheServer"}, std::pair{"requests", "StandardHttpContextMap"}}) {
    flow::Service service;
    service.name = name;
    service.type = type;
    flow_.root.services.push_back(std::move(service));
  }
  MR_TRY(fill(flow_.root, 0));
  mend(flow_.root);
  return Done{};
}

std::vector<flow::Group*> FlowGenerator::groups() {
  std::vector<flow::Group*> all{&flow_.root};
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (flow::Group& inner : all[i]->groups) all.push_back(&inner);
  }
  return all;
}

Result<> FlowGenerator::change() {
  std::vector<flow::Group*> all = groups();
  for (std::size_t edits = 1 + random_.below(4); edits > 0; --edits)
    MR_TRY(changeGroup(*all[random_.below(all.size())]));
  mend(flow_.root);
  return Done{};
}

Result<> FlowGenerator::changeGroup(flow::Group& group) {
  const std::vector<const ProcessorDescriptor*> types = drawnTypes();
  auto& processors = group.processors;
  auto& connections = group.connections;
  switch (random_.below(8)) {
    case 0:
      processors.push_back(MR_TRY(processor(*types[random_.below(types.size())])));
      connect(group);
      break;
    case 1:
      if (processors.size() > 1) {
        processors.erase(processors.begin() +
                         static_cast<std::ptrdiff_t>(random_.below(processors.size())));
      }
      break;
    case 2:
      if (!connections.empty()) {
        connections.erase(connections.begin() +
                          static_cast<std::ptrdiff_t>(random_.below(connections.size())));
      }
      break;
    case 3:
      if (!connections.empty()) {
        flow::Connection& changed = connections[random_.below(connections.size())];
        flow::Connection fresh = connection({changed.from.path}, {}, {changed.to.path});
        changed.backPressure = fresh.backPressure;
        changed.expire = fresh.expire;
        changed.prioritizers = fresh.prioritizers;
        changed.keyedBy = fresh.keyedBy;
      }
      break;
    case 4:
      if (!processors.empty()) {
        flow::Processor& changed = processors[random_.below(processors.size())];
        const ProcessorDescriptor& type = *findProcessorType(changed.type);
        changed.properties = MR_TRY(drawProperties(type, random_)).properties;
      }
      break;
    case 5:
      if (!processors.empty()) {
        flow::Processor& changed = processors[random_.below(processors.size())];
        changed.schedule = {};
        settings(changed, *findProcessorType(changed.type));
      }
      break;
    case 6:
      for (flow::Port& port : group.inputs)
        port.state = random_.oneIn(4) ? flow::RunState::kStopped : flow::RunState::kRunning;
      break;
    default:
      connect(group);
      break;
  }
  return Done{};
}

std::string FlowGenerator::yaml() const {
  flow::Flow linked = flow_;
  flow::Findings findings;
  flow::linkFlow(linked, findings);
  return flow::writeFlow(linked);
}

}  // namespace millrace::tests
