// SPDX-License-Identifier: Apache-2.0
#include "server/rest/status_book.h"

#include "engine/flow/elements.h"
#include "server/rest/fill_forecast.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <concepts>
#include <limits>
#include <set>
#include <unordered_map>

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

/// The members of an object, written straight into its text: of ten thousand components a tree of
/// JSON takes five times as long. Names and words need no escapes.
class Members {
 public:
  explicit Members(std::string_view id) {
    constexpr std::size_t kUsual = 640;
    text_.reserve(kUsual);
    text_ += R"({"id":")";
    text_ += id;
    text_ += '"';
  }
  template <std::integral Number>
  Members& add(std::string_view name, Number number) {
    const fmt::format_int digits(number);
    return json(name, {digits.data(), digits.size()});
  }
  Members& word(std::string_view name, std::string_view word) {
    json(name, R"(")");
    text_ += word;
    text_ += '"';
    return *this;
  }
  Members& json(std::string_view name, std::string_view json) {
    text_ += R"(,")";
    text_ += name;
    text_ += R"(":)";
    text_ += json;
    return *this;
  }
  void latency(std::string_view name,
               const std::optional<engine::LatencyHistogram::Figures>& figures) {
    json(name, figures ? fmt::format(R"({{"p50":{},"p99":{}}})", figures->p50, figures->p99)
                       : std::string("null"));
  }
  void findings(const Json& said) { json("findings", said.empty() ? "[]" : jsonText(said)); }
  std::string end() && {
    text_ += '}';
    return std::move(text_);
  }

 private:
  std::string text_;
};

template <typename Each>
auto byId(const std::vector<Each>& list) {
  std::unordered_map<decltype(Each::id), const Each*> found;
  found.reserve(list.size());
  for (const Each& each : list) found.emplace(each.id, &each);
  return found;
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
    if (!marks_.empty() && now - marks_.back()->at < kMark) return;
  }
  auto mark = std::make_shared<Mark>();
  mark->at = now;
  for (const auto& component : controller_.components())
    mark->totals[component.id] = totalsOf(component);
  for (const auto& connection : controller_.connections())
    mark->held[connection.id] = {connection.queue.count, connection.queue.bytes};
  MutexLock lock(mutex_);
  marks_.push_back(std::move(mark));
  if (marks_.size() > kMarks) marks_.pop_front();
}

std::shared_ptr<const StatusBook::Mark> StatusBook::windowStart() const {
  MutexLock lock(mutex_);
  // With few marks the window begins at the start.
  return marks_.size() < kMarks ? std::make_shared<const Mark>() : marks_.front();
}

std::optional<Millis> StatusBook::fillTime(ConnectionId id, const engine::QueueStatus& queue,
                                           const flow::BackPressure& limit) const {
  // Most hold what they held, and cost nothing here.
  if (queue.count == 0) return std::nullopt;
  const Nanos at = clock_.monotonic();
  std::vector<FillSample> counts;
  std::vector<FillSample> bytes;
  {
    MutexLock lock(mutex_);
    if (marks_.empty()) return std::nullopt;
    for (const auto& mark : marks_) {
      const auto held = mark->held.find(id);
      if (held == mark->held.end() || mark->at >= at) continue;
      counts.push_back({mark->at, held->second.count});
      bytes.push_back({mark->at, held->second.bytes});
    }
  }
  counts.push_back({at, queue.count});
  bytes.push_back({at, queue.bytes});
  const auto byCount = timeUntil(counts, limit.count);
  const auto byBytes = timeUntil(bytes, limit.size);
  const Nanos soonest = std::min(byCount.value_or(kNever), byBytes.value_or(kNever));
  return soonest == kNever ? std::nullopt : std::optional<Millis>(soonest / kMillisecond);
}

std::vector<StatusEntry> StatusBook::entries() const {
  const auto state = flow_.state();
  const auto start = windowStart();
  const auto componentList = controller_.components();
  const auto components = byId(componentList);
  const auto latencyList = controller_.latencies();
  const auto latencies = byId(latencyList);
  const auto connectionList = controller_.connections();
  const auto connections = byId(connectionList);
  std::map<std::string, std::vector<const flow::Finding*>> findings;
  for (const flow::Finding& finding : state->findings)
    findings[finding.component].push_back(&finding);
  std::map<ComponentId, std::uint64_t> bulletins;
  for (const engine::Bulletin& bulletin : controller_.bulletins().since()) {
    if (bulletin.time >= clock_.wall() - kBulletinWindow) ++bulletins[bulletin.component];
  }
  const auto serviceProblems = controller_.serviceProblems();
  std::vector<StatusEntry> entries;
  entries.reserve(componentList.size() + connectionList.size());
  flow::forEachElement(state->flow, [&](flow::ElementKind kind, const std::string& path,
                                        const flow::Element& element, const flow::Group& owner) {
    StatusEntry entry;
    entry.id = idText(element.id);
    Members json(entry.id);
    Json said = Json::array();
    if (const auto found = findings.find(path); found != findings.end()) {
      flow::Findings list;
      for (const flow::Finding* each : found->second) list.push_back(*each);
      for (const Json& finding : findingsToJson(list)) said.push_back(finding);
    }
    if (kind == flow::ElementKind::kConnection) {
      const auto& connection = static_cast<const flow::Connection&>(element);
      const auto found = connections.find(ConnectionId(element.id.raw()));
      const engine::QueueStatus queue =
          found == connections.end() ? engine::QueueStatus() : found->second->queue;
      const auto shareOf = [](std::uint64_t value, std::uint64_t most) {
        return most == 0 ? 0.0 : static_cast<double>(value) / static_cast<double>(most);
      };
      json.add("count", queue.count).add("bytes", queue.bytes).add("held", queue.held);
      const double share =
          std::min(1.0, std::max(shareOf(queue.count, connection.backPressure.count),
                                 shareOf(queue.bytes, connection.backPressure.size)));
      json.json("share", fmt::format("{}", share));
      const auto full = fillTime(ConnectionId(element.id.raw()), queue, connection.backPressure);
      json.json("timeToFull", full ? std::to_string(*full) : "null");
      entry.isConnection = true;
    } else if (kind == flow::ElementKind::kService) {
      const auto& service = static_cast<const flow::Service&>(element);
      const auto problem = serviceProblems.find(path);
      const bool invalid = service.enabled && problem != serviceProblems.end();
      json.word("state", !service.enabled ? "disabled" : invalid ? "invalid" : "enabled");
      if (invalid && said.empty()) said.push_back(sentence("error", problem->second));
    } else {
      const auto found = components.find(ComponentId(element.id.raw()));
      if (found == components.end()) return;  // a label, a group
      const engine::ComponentSnapshot& component = *found->second;
      const Totals total = totalsOf(component);
      const auto then = start->totals.find(component.id);
      const Totals since = then == start->totals.end() ? Totals() : then->second;
      if (!component.invalid.empty() && said.empty())
        said.push_back(sentence("error", component.invalid));
      if (!component.startProblem.empty())
        said.push_back(sentence("error", component.startProblem));
      json.word("state", stateOf(component));
      // A component that was made anew counts from its own beginning.
      const auto part = [](auto now, auto before) { return now < before ? now : now - before; };
      json.add("in", part(total.in, since.in))
          .add("out", part(total.out, since.out))
          .add("bytesIn", part(total.inBytes, since.inBytes))
          .add("bytesOut", part(total.outBytes, since.outBytes))
          .add("read", part(total.read, since.read))
          .add("written", part(total.written, since.written))
          .add("tasks", part(total.tasks, since.tasks))
          .add("busyNanos", part(total.busy, since.busy))
          .add("totalIn", total.in)
          .add("totalOut", total.out)
          .add("totalBytesIn", total.inBytes)
          .add("totalBytesOut", total.outBytes)
          .add("totalRead", total.read)
          .add("totalWritten", total.written)
          .add("totalTasks", total.tasks)
          .add("totalBusyNanos", total.busy);
      const auto latency = latencies.find(component.id);
      const bool isKnown = latency != latencies.end();
      json.latency("queueingNanos", isKnown ? latency->second->queueing : std::nullopt);
      json.latency("processingNanos", isKnown ? latency->second->processing : std::nullopt);
      const auto complaints = bulletins.find(component.id);
      json.add("activeThreads", component.activeThreads)
          .add("bulletins", complaints == bulletins.end() ? 0 : complaints->second);
    }
    json.findings(said);
    entry.group = idText(&owner == &state->flow.root ? flow::ElementId(0) : owner.id);
    entry.json = std::move(json).end();
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
