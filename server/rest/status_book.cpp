// SPDX-License-Identifier: Apache-2.0
#include "server/rest/status_book.h"

#include "engine/flow/elements.h"
#include "server/rest/fill_forecast.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <set>

namespace millrace::server {
namespace {

constexpr std::size_t kMarks = 30;
constexpr Nanos kNever = std::numeric_limits<Nanos>::max();
constexpr Millis kBulletinWindow = 5 * kMinute / kMillisecond;

std::string_view stateOf(const engine::ComponentSnapshot& component) {
  if (component.state == engine::ComponentState::kDisabled) return "disabled";
  if (component.state == engine::ComponentState::kStopping) return "stopping";
  if (!component.invalid.empty()) return "invalid";
  return component.state == engine::ComponentState::kRunning ? "running" : "stopped";
}

Json latencyJson(const std::optional<engine::LatencyHistogram::Figures>& figures) {
  if (!figures) return {};
  return {{"p50", figures->p50}, {"p99", figures->p99}};
}

Json sentence(std::string_view severity, const std::string& message) {
  return {{"severity", severity}, {"message", message}, {"property", ""}};
}

/// The groups of a flow: each with the ids of those around it, itself included.
std::map<std::string, std::set<std::string>> waysOf(const flow::Flow& flow) {
  std::map<std::string, std::set<std::string>> ways;
  const std::string root = idText(flow::ElementId(0));
  ways[root] = {root};
  flow::forEachElement(flow, [&](flow::ElementKind kind, const std::string&,
                                 const flow::Element& element, const flow::Group& owner) {
    if (kind != flow::ElementKind::kGroup) return;
    const bool atRoot = &owner == &flow.root;
    std::set<std::string> way = ways[atRoot ? root : idText(owner.id)];
    way.insert(idText(element.id));
    ways[idText(element.id)] = std::move(way);
  });
  return ways;
}

}  // namespace

StatusBook::Totals StatusBook::totalsOf(const engine::ComponentSnapshot& component) {
  return {component.in,        component.out,          component.inBytes,  component.outBytes,
          component.bytesRead, component.bytesWritten, component.triggers, component.busy};
}

void StatusBook::mark() {
  const Nanos now = clock_.monotonic();
  {
    MutexLock lock(mutex_);
    if (!marks_.empty() && now - marks_.back().at < kMark) return;
  }
  Mark mark;
  mark.at = now;
  for (const auto& component : controller_.components())
    mark.totals[component.id] = totalsOf(component);
  for (const auto& connection : controller_.connections())
    mark.held[connection.id] = {connection.queue.count, connection.queue.bytes};
  MutexLock lock(mutex_);
  marks_.push_back(std::move(mark));
  if (marks_.size() > kMarks) marks_.pop_front();
}

std::map<ComponentId, StatusBook::Totals> StatusBook::windowStart() const {
  MutexLock lock(mutex_);
  // With few marks the window begins at the start.
  return marks_.size() < kMarks ? std::map<ComponentId, Totals>() : marks_.front().totals;
}

std::map<ConnectionId, Millis> StatusBook::fillTimes(
    const std::map<ConnectionId, engine::ConnectionSnapshot>& now,
    const std::map<ConnectionId, flow::BackPressure>& limits) const {
  std::map<ConnectionId, Millis> times;
  const Nanos at = clock_.monotonic();
  MutexLock lock(mutex_);
  std::vector<FillSample> counts;
  std::vector<FillSample> bytes;
  for (const auto& [id, limit] : limits) {
    const auto present = now.find(id);
    if (present == now.end()) continue;
    // Most hold what they held, and cost nothing here.
    if (present->second.queue.count == 0 || marks_.empty()) continue;
    counts.clear();
    bytes.clear();
    for (const Mark& mark : marks_) {
      const auto held = mark.held.find(id);
      if (held == mark.held.end() || mark.at >= at) continue;
      counts.push_back({mark.at, held->second.count});
      bytes.push_back({mark.at, held->second.bytes});
    }
    counts.push_back({at, present->second.queue.count});
    bytes.push_back({at, present->second.queue.bytes});
    const auto byCount = timeUntil(counts, limit.count);
    const auto byBytes = timeUntil(bytes, limit.size);
    const Nanos soonest = std::min(byCount.value_or(kNever), byBytes.value_or(kNever));
    if (soonest != kNever) times[id] = soonest / kMillisecond;
  }
  return times;
}

std::vector<StatusEntry> StatusBook::entries() const {
  const auto state = flow_.state();
  const auto before = windowStart();
  std::map<ComponentId, engine::ComponentSnapshot> components;
  for (auto& component : controller_.components()) {
    const ComponentId id = component.id;
    components.emplace(id, std::move(component));
  }
  std::map<ComponentId, engine::ComponentLatencies> latencies;
  for (auto& each : controller_.latencies()) latencies.emplace(each.id, each);
  std::map<ConnectionId, engine::ConnectionSnapshot> connections;
  for (auto& connection : controller_.connections()) connections.emplace(connection.id, connection);
  std::map<ConnectionId, flow::BackPressure> limits;
  flow::forEachElement(state->flow, [&](flow::ElementKind kind, const std::string&,
                                        const flow::Element& element, const flow::Group&) {
    if (kind == flow::ElementKind::kConnection)
      limits[ConnectionId(element.id.raw())] =
          static_cast<const flow::Connection&>(element).backPressure;
  });
  const auto fillTimes = this->fillTimes(connections, limits);
  std::map<std::string, std::vector<const flow::Finding*>> findings;
  for (const flow::Finding& finding : state->findings)
    findings[finding.component].push_back(&finding);
  std::map<ComponentId, std::uint64_t> bulletins;
  for (const engine::Bulletin& bulletin : controller_.bulletins().since()) {
    if (bulletin.time >= clock_.wall() - kBulletinWindow) ++bulletins[bulletin.component];
  }
  const auto serviceProblems = controller_.serviceProblems();
  std::vector<StatusEntry> entries;
  flow::forEachElement(state->flow, [&](flow::ElementKind kind, const std::string& path,
                                        const flow::Element& element, const flow::Group& owner) {
    StatusEntry entry;
    entry.id = idText(element.id);
    entry.group = idText(&owner == &state->flow.root ? flow::ElementId(0) : owner.id);
    Json json;
    json["id"] = entry.id;
    Json said = Json::array();
    if (const auto found = findings.find(path); found != findings.end()) {
      for (const Json& finding : findingsToJson([&] {
             flow::Findings list;
             for (const flow::Finding* each : found->second) list.push_back(*each);
             return list;
           }()))
        said.push_back(finding);
    }
    if (kind == flow::ElementKind::kConnection) {
      const auto& connection = static_cast<const flow::Connection&>(element);
      const auto found = connections.find(ConnectionId(element.id.raw()));
      const engine::QueueStatus queue =
          found == connections.end() ? engine::QueueStatus() : found->second.queue;
      const auto shareOf = [](std::uint64_t value, std::uint64_t most) {
        return most == 0 ? 0.0 : static_cast<double>(value) / static_cast<double>(most);
      };
      json["count"] = queue.count;
      json["bytes"] = queue.bytes;
      json["held"] = queue.held;
      json["share"] = std::min(1.0, std::max(shareOf(queue.count, connection.backPressure.count),
                                             shareOf(queue.bytes, connection.backPressure.size)));
      const auto fills = fillTimes.find(ConnectionId(element.id.raw()));
      json["timeToFull"] = fills == fillTimes.end() ? Json() : Json(fills->second);
      json["findings"] = std::move(said);
      entry.isConnection = true;
    } else if (kind == flow::ElementKind::kService) {
      const auto& service = static_cast<const flow::Service&>(element);
      const auto problem = serviceProblems.find(path);
      const bool invalid = service.enabled && problem != serviceProblems.end();
      json["state"] = !service.enabled ? "disabled" : invalid ? "invalid" : "enabled";
      if (invalid && said.empty()) said.push_back(sentence("error", problem->second));
      json["findings"] = std::move(said);
    } else {
      const auto found = components.find(ComponentId(element.id.raw()));
      if (found == components.end()) return;  // a label, a group
      const engine::ComponentSnapshot& component = found->second;
      const Totals total = totalsOf(component);
      const auto start = before.find(component.id);
      const Totals since = start == before.end() ? Totals() : start->second;
      if (!component.invalid.empty() && said.empty())
        said.push_back(sentence("error", component.invalid));
      if (!component.startProblem.empty())
        said.push_back(sentence("error", component.startProblem));
      json["state"] = stateOf(component);
      // A component that was made anew counts from its own beginning.
      const auto part = [](auto now, auto then) { return now < then ? now : now - then; };
      json["in"] = part(total.in, since.in);
      json["out"] = part(total.out, since.out);
      json["bytesIn"] = part(total.inBytes, since.inBytes);
      json["bytesOut"] = part(total.outBytes, since.outBytes);
      json["read"] = part(total.read, since.read);
      json["written"] = part(total.written, since.written);
      json["tasks"] = part(total.tasks, since.tasks);
      json["busyNanos"] = part(total.busy, since.busy);
      json["totalIn"] = total.in;
      json["totalOut"] = total.out;
      json["totalBytesIn"] = total.inBytes;
      json["totalBytesOut"] = total.outBytes;
      json["totalRead"] = total.read;
      json["totalWritten"] = total.written;
      json["totalTasks"] = total.tasks;
      json["totalBusyNanos"] = total.busy;
      const engine::ComponentLatencies& latency = latencies[component.id];
      json["queueingNanos"] = latencyJson(latency.queueing);
      json["processingNanos"] = latencyJson(latency.processing);
      json["activeThreads"] = component.activeThreads;
      json["bulletins"] = bulletins[component.id];
      json["findings"] = std::move(said);
    }
    entry.json = jsonText(json);
    entries.push_back(std::move(entry));
  });
  return entries;
}

std::string StatusBook::statusJson(const std::vector<StatusEntry>& entries,
                                   const std::string& group) const {
  const auto state = flow_.state();
  std::map<std::string, std::set<std::string>> ways;
  if (!group.empty()) ways = waysOf(state->flow);
  std::string components;
  std::string connections;
  for (const StatusEntry& entry : entries) {
    if (!group.empty() && !ways[entry.group].contains(group)) continue;
    std::string& list = entry.isConnection ? connections : components;
    if (!list.empty()) list += ',';
    list += entry.json;
  }
  return fmt::format(R"({{"revision":{},"at":{},"components":[{}],"connections":[{}]}})",
                     state->revision, clock_.wall(), components, connections);
}

}  // namespace millrace::server
