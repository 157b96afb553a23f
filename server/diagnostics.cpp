// SPDX-License-Identifier: Apache-2.0
#include "server/diagnostics.h"

#include "server/build_info.h"
#include "server/process_facts.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace millrace::server {
namespace {

using Json = nlohmann::ordered_json;

struct Size {
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
};

/// What is gone again while it is listed does not count.
void addUp(FileSystem& files, const std::string& path, int deep, Size& size) {
  constexpr int kDeepest = 8;
  const auto info = files.info(path);
  if (!info.ok()) return;
  if (info->kind != FileKind::kDirectory) {
    size.bytes += info->size;
    ++size.files;
    return;
  }
  const auto entries = files.list(path);
  if (!entries.ok() || deep == kDeepest) return;
  for (const DirectoryEntry& entry : *entries)
    addUp(files, path + "/" + entry.name, deep + 1, size);
}

Json dataOf(FileSystem& files, const std::string& path) {
  Json json;
  json["path"] = path;
  json["freeBytes"] = files.freeBytes(path).valueOr(0);
  json["parts"] = Json::array();
  auto entries = files.list(path).valueOr({});
  std::sort(entries.begin(), entries.end(),
            [](const DirectoryEntry& a, const DirectoryEntry& b) { return a.name < b.name; });
  for (const DirectoryEntry& entry : entries) {
    Size size;
    addUp(files, path + "/" + entry.name, 0, size);
    Json part;
    part["name"] = entry.name;
    part["bytes"] = size.bytes;
    part["files"] = size.files;
    json["parts"].push_back(std::move(part));
  }
  return json;
}

Json processOf() {
  const ProcessFacts facts = processFacts();
  Json json;
  json["pid"] = facts.pid;
  json["residentBytes"] = facts.residentBytes;
  json["mostResidentBytes"] = facts.mostResidentBytes;
  json["threads"] = facts.threads;
  json["openFiles"] = facts.openFiles;
  json["mostOpenFiles"] = facts.mostOpenFiles;
  json["cpuSeconds"] = facts.cpuSeconds;
  return json;
}

Json journalOf(FlowHost& host) {
  GroupCommit& commits = host.store().commits();
  Json json;
  json["lastCommit"] = commits.last().raw();
  json["durableCommit"] = commits.durable().raw();
  json["flowFilesWritten"] = commits.flowFilesWritten();
  json["effectsPending"] = commits.effectsPending();
  json["failed"] = commits.failed();
  return json;
}

Json flowOf(const engine::FlowController& controller) {
  std::uint64_t running = 0;
  std::uint64_t invalid = 0;
  std::uint64_t active = 0;
  const auto components = controller.components();
  for (const auto& each : components) {
    running += each.state == engine::ComponentState::kRunning ? 1 : 0;
    invalid += each.invalid.empty() ? 0 : 1;
    active += each.activeThreads;
  }
  std::uint64_t flowFiles = 0;
  std::uint64_t bytes = 0;
  std::uint64_t parked = 0;
  const auto connections = controller.connections();
  for (const auto& each : connections) {
    flowFiles += each.queue.count;
    bytes += each.queue.bytes;
    parked += each.parked ? each.queue.count : 0;
  }
  Json json;
  json["components"] = components.size();
  json["running"] = running;
  json["invalid"] = invalid;
  json["activeThreads"] = active;
  json["hanging"] = controller.hanging();
  json["connections"] = connections.size();
  json["queuedFlowFiles"] = flowFiles;
  json["queuedBytes"] = bytes;
  json["parkedFlowFiles"] = parked;
  return json;
}

Json logOf(const log::LogOverview& log) {
  std::uint64_t topics = 0;
  std::uint64_t partitions = 0;
  std::uint64_t bytes = 0;
  for (const log::TopicFigures& topic : log.topics()) {
    ++topics;
    partitions += topic.partitions.size();
    for (const log::PartitionFigures& each : topic.partitions) bytes += each.bytes;
  }
  log::Offset lag = 0;
  const auto groups = log.groups();
  for (const log::GroupFigures& group : groups) lag += group.lag();
  Json json;
  json["topics"] = topics;
  json["partitions"] = partitions;
  json["bytes"] = bytes;
  json["groups"] = groups.size();
  json["lag"] = lag;
  return json;
}

}  // namespace

nlohmann::ordered_json diagnosticsOf(const DiagnosticsParts& parts) {
  Json json;
  json["program"] = Json::parse(versionJson());
  json["at"] = parts.host.clock().wall();
  json["startedAt"] = parts.startedAt;
  json["uptimeSeconds"] = (parts.host.clock().monotonic() - parts.startedOn) / kSecond;
  json["healthy"] = !parts.host.failed();
  json["process"] = processOf();
  json["data"] = dataOf(parts.files, parts.data);
  json["journal"] = journalOf(parts.host);
  json["flow"] = flowOf(parts.host.controller());
  json["log"] = parts.host.log() == nullptr ? Json() : logOf(parts.host.log()->overview());
  return json;
}

}  // namespace millrace::server
