// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/import/connection_import.h"

#include "engine/flow/import/processor_import.h"
#include "engine/flow/import/type_import.h"
#include "engine/flow/paths.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::flow {
namespace {

constexpr BackPressure kMiNiFiLimits{2000, std::uint64_t{100} << 20};

struct PrioritizerName {
  std::string_view className;
  Prioritizer prioritizer;
};
constexpr PrioritizerName kPrioritizerNames[] = {
    {"FirstInFirstOutPrioritizer", Prioritizer::kFifo},
    {"NewestFlowFileFirstPrioritizer", Prioritizer::kNewestFirst},
    {"OldestFlowFileFirstPrioritizer", Prioritizer::kOldestFirst},
    {"PriorityAttributePrioritizer", Prioritizer::kPriorityAttribute},
};

class ConnectionImport {
 public:
  explicit ConnectionImport(ImportSite& site) : site_(site) {}

  void read(SourceObject& source) {
    Connection connection;
    connection.name = source.text({"name"});
    source.belongsTo(joinPath(site_.places.path(), connection.name));
    readElement(source, connection, connection.name, site_);
    if (connection.name == source.text({"id", "identifier"})) connection.name.clear();
    std::replace_if(
        connection.name.begin(), connection.name.end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    const Place* from = endOf(source, "source", "leads from");
    const Place* to = endOf(source, "destination", "leads to");
    if (from == nullptr || to == nullptr) return;
    connection.from = {from->path, {}, {}, source.at()};
    connection.to = {to->path, {}, {}, source.at()};
    source.belongsTo(connectionPath(site_.places.path(), connection));
    readRelationships(source, connection, *from);
    readQueue(source, connection);
    readDrawing(source, connection);
    source.lose("swap threshold", "one memory budget holds for all queues", {"0"});
    source.lose("drop empty", "drop them with RouteOnAttribute on ${fileSize:equals(0)}",
                {"false"});
    source.lose("loadBalanceStrategy", "there is one node", {"DO_NOT_LOAD_BALANCE"});
    source.lose("partitioningAttribute", "'keyed-by' keeps what belongs together in order");
    source.lose("loadBalanceCompression", "there is one node", {"DO_NOT_COMPRESS"});
    source.loseTheRest();
    add(source, std::move(connection));
  }

 private:
  const Place* endOf(SourceObject& source, const std::string& side, std::string_view verb) {
    Ids ids;
    std::string name;
    const YamlNode* node = source.find({side});
    if (node != nullptr && node->isMap()) {
      SourceObject end(*node, source.path() + "." + side, site_.context.report);
      ids.id = end.text({"id"});
      ids.instance = end.text({"instanceIdentifier"});
      ids.group = end.text({"groupId"});
      name = end.text({"name"});
    } else {
      ids.id = source.text({side + " id"});
      name = source.text({side + " name"});
    }
    const Place* place = site_.places.find(ids);
    if (place == nullptr && ids.id.empty()) {
      place = site_.places.findName(name);
      if (place == nullptr) place = site_.places.find({name, {}, {}});
    }
    if (place == nullptr)
      source.wrong(node == nullptr ? source.node() : *node,
                   name.empty() && ids.id.empty()
                       ? fmt::format("the connection has no {}", side)
                       : fmt::format("the connection {} '{}', which is not in its group or a port "
                                     "of a group in it",
                                     verb, ids.id.empty() ? name : ids.id),
                   "correct the file");
    return place;
  }

  void readRelationships(SourceObject& source, Connection& connection, const Place& from) {
    std::vector<std::string> written = source.texts(
        {"selectedRelationships", "source relationship names", "source relationship name"});
    std::erase(written, "");
    source.ignore({"source relationship name"});
    if (from.processor == kNoProcessor)
      return;  // ports and funnels have no relationships to choose
    const Processor& processor = site_.group.processors[from.processor];
    const ComponentInfo* info =
        processor.unsupported ? nullptr : site_.context.catalog.find(processor.type);
    if (written.empty()) {
      source.wrong(source.node(), "the connection names no relationship of the processor",
                   "add 'source relationship names'");
      return;
    }
    connection.relationships =
        relationshipsOf(written, info, processor.properties, source, "relationships",
                        Unknown::kKeep, site_.context.report);
  }

  void readQueue(SourceObject& source, Connection& connection) {
    if (site_.context.origin == Origin::kMiNiFi) connection.backPressure = kMiNiFiLimits;
    source.number({"max work queue size", "backPressureObjectThreshold"},
                  connection.backPressure.count);
    source.size({"max work queue data size", "backPressureDataSizeThreshold"},
                connection.backPressure.size);
    source.duration({"flowfile expiration", "flowFileExpiration"}, connection.expire);
    for (const std::string& name : source.texts({"prioritizers", "queue prioritizer class"})) {
      const std::string simple = simpleName(name);
      const auto* known = std::find_if(
          std::begin(kPrioritizerNames), std::end(kPrioritizerNames),
          [&](const PrioritizerName& candidate) { return candidate.className == simple; });
      if (known != std::end(kPrioritizerNames))
        connection.prioritizers.push_back(known->prioritizer);
      else if (!simple.empty())
        site_.context.report.loss(
            source.at(), source.component(),
            fmt::format("there is no prioritizer '{}'; it was left out", simple),
            "choose one of fifo, newest first, oldest first, priority attribute");
    }
  }

  static void readDrawing(SourceObject& source, Connection& connection) {
    for (SourceObject& bend : source.objects({"bends"})) {
      std::optional<double> x;
      std::optional<double> y;
      bend.decimal({"x"}, x);
      bend.decimal({"y"}, y);
      if (x && y) connection.layout.bends.push_back({*x, *y});
    }
    std::optional<double> label;
    std::optional<double> z;
    source.decimal({"labelIndex"}, label);
    source.decimal({"zIndex"}, z);
    if (label && !connection.layout.bends.empty())
      connection.layout.labelAt = static_cast<std::int64_t>(*label);
    if (z && *z != 0) connection.layout.z = static_cast<std::int64_t>(*z);
  }

  // Two connections with the same ends and relationships carry everything twice. A flow file tells
  // connections apart by these, so the second one goes through a funnel.
  void add(SourceObject& source, Connection connection) {
    auto& connections = site_.group.connections;
    if (!seen_.insert(connectionPath({}, connection)).second) {
      Funnel& funnel = site_.group.funnels.emplace_back();
      funnel.name = site_.places.claim(source, {}, "Second way");
      funnel.at = source.at();
      Connection rest;
      rest.at = source.at();
      rest.from = {escapeName(funnel.name), {}, {}, source.at()};
      rest.to = connection.to;
      connection.to.path = rest.from.path;
      site_.context.report.loss(
          source.at(), source.component(),
          fmt::format(
              "the same connection is there twice; this one goes through the funnel '{}' now",
              funnel.name));
      connections.push_back(std::move(rest));
    }
    connections.push_back(std::move(connection));
  }

  ImportSite& site_;
  std::unordered_set<std::string> seen_;
};

// 'event' needs something to wait for.
void checkEvents(ImportSite& site) {
  std::unordered_set<std::string> fed;
  for (const Connection& connection : site.group.connections) fed.insert(connection.to.path);
  for (Processor& processor : site.group.processors) {
    if (processor.schedule.kind != ScheduleKind::kEvent) continue;
    if (fed.contains(escapeName(processor.name))) continue;
    processor.schedule.kind = ScheduleKind::kEvery;
    site.context.report.loss(
        processor.at, joinPath(site.places.path(), processor.name),
        "it was event driven and nothing leads to it; it runs as often as it can now",
        "write 'every: …'");
  }
}

}  // namespace

void readConnections(SourceObject& groupSource, ImportSite& site) {
  ConnectionImport import(site);
  for (SourceObject& source : groupSource.objects({"connections", "Connections"}))
    import.read(source);
  checkEvents(site);
}

}  // namespace millrace::flow
