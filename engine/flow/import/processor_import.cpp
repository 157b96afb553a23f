// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/import/processor_import.h"

#include "engine/flow/import/property_import.h"
#include "engine/flow/import/run_states.h"
#include "engine/flow/import/type_import.h"
#include "engine/flow/paths.h"
#include "engine/flow/yaml_components.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::flow {
namespace {

void readRetry(SourceObject& source, const ComponentInfo* info, Processor& processor,
               ImportReport& report) {
  Retry retry;
  retry.relationships =
      relationshipsOf(source.texts({"retriedRelationships"}), info, processor.properties, source,
                      "retriedRelationships", Unknown::kDrop, report);
  source.number({"retryCount"}, 0, retry.count);
  const std::string backoff = source.text({"backoffMechanism"});
  if (backoff == "YIELD_PROCESSOR") retry.backoff = Backoff::kYield;
  if (!backoff.empty() && backoff != "YIELD_PROCESSOR" && backoff != "PENALIZE_FLOWFILE")
    report.loss(source.at(), source.component(),
                fmt::format("there is no back-off '{}'; it became penalize", backoff));
  source.duration({"maxBackoffPeriod"}, retry.maxBackoff);
  if (!retry.relationships.empty()) processor.retry = std::move(retry);
}

void readSchedule(SourceObject& source, Processor& processor, const ImportContext& context) {
  Schedule& schedule = processor.schedule;
  const Keys periodKeys = {"scheduling period", "schedulingPeriod"};
  std::string strategy = source.text({"scheduling strategy", "schedulingStrategy"});
  std::transform(strategy.begin(), strategy.end(), strategy.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c; });
  if (source.text({"executionNode"}) == "PRIMARY" || strategy == "PRIMARY_NODE_ONLY")
    processor.execution = Execution::kPrimary;
  if (strategy.empty() || strategy == "TIMER_DRIVEN" || strategy == "PRIMARY_NODE_ONLY") {
    if (context.origin == Origin::kMiNiFi) schedule.every = kSecond;
    source.duration(periodKeys, schedule.every);
  } else if (strategy == "EVENT_DRIVEN") {
    source.ignore(periodKeys);
    schedule.kind = ScheduleKind::kEvent;
  } else {
    schedule.kind = ScheduleKind::kCron;
    schedule.cron = source.text(periodKeys);
    // MiNiFi takes every strategy that it does not know for a cron schedule; NiFi refuses it.
    const bool known = strategy == "CRON_DRIVEN" || context.origin == Origin::kMiNiFi;
    if (schedule.cron.empty() || !known) {
      source.wrong(source.node(), fmt::format("the schedule '{}' has no meaning", strategy),
                   "write TIMER_DRIVEN, EVENT_DRIVEN, or CRON_DRIVEN with a period");
    } else if (!looksLikeCron(schedule.cron)) {
      source.wrong(source.node(), fmt::format("'{}' is no cron schedule", schedule.cron),
                   "write six or seven fields, seconds first");
    }
  }
  std::uint64_t nanos = 0;
  std::uint64_t millis = 0;
  source.number({"run duration nanos"}, nanos);
  source.number({"runDurationMillis"}, millis);
  constexpr std::uint64_t kMost = static_cast<std::uint64_t>(60 * kMinute);
  nanos = std::min(nanos, kMost) + std::min(millis, kMost / 1'000'000) * 1'000'000;
  if (nanos > 0) schedule.runDuration = static_cast<Nanos>(nanos);
}

// MiNiFi's C++ agent hands on each line by itself unless told otherwise; NiFi and the Java agent
// hand on all of them together, and know nothing of delimiters.
void readTailing(SourceObject& source, Processor& processor) {
  constexpr std::string_view kMode = "Result Mode";
  const YamlNode* properties = source.find({"Properties", "properties"});
  const bool delimits = properties != nullptr && properties->isMap() &&
                        properties->find("Input Delimiter") != nullptr;
  const std::string type = source.text({"class", "type"});
  const bool native =  // only that agent has names without a package
      type.find(".minifi.") != std::string::npos || type.find('.') == std::string::npos;
  const bool told =
      properties != nullptr && properties->isMap() && properties->find(kMode) != nullptr;
  if (told || !(delimits || native)) return;
  processor.properties.push_back(
      {std::string(kMode), "Flow file per delimiter", source.at(), source.at()});
}

void readProcessor(SourceObject& source, ImportSite& site) {
  Group& group = site.group;
  ImportReport& report = site.context.report;
  const std::string original = source.text({"name"});
  const std::string kind = simpleName(source.text({"class", "type"}));
  Processor& processor = group.processors.emplace_back();
  readElement(source, processor,
              site.places.claim(source, original, kind.empty() ? "Processor" : kind), site);
  const Ids ids = readIds(source);
  site.places.add(ids, original, {escapeName(processor.name), group.processors.size() - 1});
  const ImportedType type = readType(source, ComponentKind::kProcessor, site.context);
  processor.type = type.name;
  processor.unsupported = type.info == nullptr;
  processor.properties = readProperties(source, type.info, processor.name, site);
  if (type.name == "TailFile") readTailing(source, processor);
  processor.autoTerminate = relationshipsOf(
      source.texts({"auto-terminated relationships list", "autoTerminatedRelationships"}),
      type.info, processor.properties, source, "auto-terminate", Unknown::kDrop, report);
  readRetry(source, type.info, processor, report);
  readSchedule(source, processor, site.context);
  source.number({"max concurrent tasks", "concurrentlySchedulableTaskCount"}, 1,
                processor.concurrency);
  source.duration({"penalization period", "penaltyDuration"}, processor.penalty);
  source.duration({"yield period", "yieldDuration"}, processor.yield);
  processor.bulletinLevel = readBulletinLevel(source, site.context);
  processor.state = readRunState(source, site.context);
  readStyle(source, processor.layout);
  source.ignore({"bundle"});
  for (const std::string_view key : {"annotationData", "annotation data"})
    source.lose(key, "write its rules as properties");
  source.loseTheRest();
}

struct NamedService {
  SourceObject source;
  std::string name;
};

void readService(NamedService& named, ImportSite& site) {
  SourceObject& source = named.source;
  Service& service = site.group.services.emplace_back();
  source.ignore({"name"});
  readElement(source, service, named.name, site);
  const ImportedType type = readType(source, ComponentKind::kService, site.context);
  service.type = type.name;
  service.unsupported = type.info == nullptr;
  service.properties = readProperties(source, type.info, service.name, site);
  service.bulletinLevel = readBulletinLevel(source, site.context);
  service.enabled = readEnabled(source, site.context);
  source.ignore({"bundle", "controllerServiceApis"});
  for (const std::string_view key : {"annotationData", "annotation data"})
    source.lose(key, "write its settings as properties");
  source.loseTheRest();
}

bool isHexadecimal(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
}

}  // namespace

Ids readIds(SourceObject& source) {
  Ids ids;
  ids.id = source.text({"identifier", "id"});
  ids.instance = source.text({"instanceIdentifier"});
  ids.group = source.text({"groupIdentifier"});
  source.ignore({"componentType", "id", "identifier"});
  return ids;
}

void readElement(SourceObject& source, Element& element, std::string name, ImportSite& site) {
  source.belongsTo(joinPath(site.places.path(), name));
  element.name = std::move(name);
  element.at = source.at();
  element.comment = source.text({"comments", "comment", "description"});
  readIds(source);
  if (auto position = source.object({"position"})) {
    std::optional<double> x;
    std::optional<double> y;
    position->belongsTo(source.component());
    position->decimal({"x"}, x);
    position->decimal({"y"}, y);
    position->loseTheRest();
    if (x && y) element.layout.at = Point{*x, *y};
  }
}

void readStyle(SourceObject& source, Layout& layout) {
  auto style = source.object({"style"});
  if (!style) return;
  style->belongsTo(source.component());
  std::string colour = style->text({"background-color"});
  if (colour.starts_with('#')) colour.erase(0, 1);
  if (colour.size() == 6 && isHexadecimal(colour))
    layout.colour = colour;
  else
    style->lose("background-color", "a colour is six hexadecimal digits here");
  std::string size = style->text({"font-size"});
  if (size.ends_with("px")) size.resize(size.size() - 2);
  if (!size.empty() && size.size() < 5 && isHexadecimal(size) &&
      size.find_first_not_of("0123456789") == std::string::npos)
    layout.fontSize = std::stod(size);
  else
    style->lose("font-size", "a size is a number of pixels here");
  style->loseTheRest();
}

void readServices(SourceObject& groupSource, ImportSite& site) {
  std::vector<NamedService> services;
  for (SourceObject& source : groupSource.objects({"controllerServices", "Controller Services"})) {
    const std::string original = source.text({"name"});
    const std::string name =
        site.places.claim(source, original, simpleName(source.text({"class", "type"})) + " service",
                          site.around.serviceNames);
    const Ids ids = readIds(source);
    auto& known = site.around.services;
    for (const std::string& id : {original, ids.id, ids.instance}) {
      if (!id.empty()) known.insert_or_assign(id, name);
    }
    site.around.serviceNames.insert(name);
    services.push_back({std::move(source), name});
  }
  for (NamedService& named : services) readService(named, site);
}

void readProcessors(SourceObject& groupSource, ImportSite& site) {
  for (SourceObject& source : groupSource.objects({"processors", "Processors"}))
    readProcessor(source, site);
}

void readPorts(SourceObject& groupSource, ImportSite& site, GroupPlaces* outer,
               const Ids& groupIds) {
  const auto read = [&](std::vector<SourceObject> sources, std::vector<Port>& ports,
                        const char* fallback) {
    for (SourceObject& source : sources) {
      const std::string original = source.text({"name"});
      Port& port = ports.emplace_back();
      readElement(source, port, site.places.claim(source, original, fallback), site);
      Ids ids = readIds(source);
      source.number({"max concurrent tasks", "concurrentlySchedulableTaskCount"}, 1,
                    port.concurrency);
      source.boolean({"allowRemoteAccess"}, port.remoteAccess);
      port.state = readRunState(source, site.context);
      source.ignore({"type"});
      source.lose("portFunction", "write what shall follow a failure into the flow", {"STANDARD"});
      source.loseTheRest();
      site.places.add(ids, original, {escapeName(port.name)});
      if (outer == nullptr) continue;
      if (ids.group.empty()) ids.group = groupIds.id;
      outer->add(ids, {}, {escapeName(site.group.name) + "/" + escapeName(port.name)});
    }
  };
  read(groupSource.objects({"inputPorts", "Input Ports"}), site.group.inputs, "in");
  read(groupSource.objects({"outputPorts", "Output Ports"}), site.group.outputs, "out");
}

void readFunnels(SourceObject& groupSource, ImportSite& site) {
  for (SourceObject& source : groupSource.objects({"funnels", "Funnels"})) {
    const std::string original = source.text({"name"});
    Funnel& funnel = site.group.funnels.emplace_back();
    readElement(source, funnel, site.places.claim(source, original, "Funnel"), site);
    site.places.add(readIds(source), original, {escapeName(funnel.name)});
    source.loseTheRest();
  }
}

void readLabels(SourceObject& groupSource, ImportSite& site) {
  for (SourceObject& source : groupSource.objects({"labels"})) {
    Label& label = site.group.labels.emplace_back();
    readElement(source, label, site.places.claim(source, source.text({"name"}), "Label"), site);
    label.text = source.text({"label"});
    std::optional<double> width;
    std::optional<double> height;
    std::optional<double> z;
    source.decimal({"width"}, width);
    source.decimal({"height"}, height);
    source.decimal({"zIndex"}, z);
    if (width && height) label.layout.size = Point{*width, *height};
    if (z && *z != 0) label.layout.z = static_cast<std::int64_t>(*z);
    readStyle(source, label.layout);
    source.loseTheRest();
  }
}

}  // namespace millrace::flow
