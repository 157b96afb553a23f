// SPDX-License-Identifier: Apache-2.0
#include "server/agents/agent_registry.h"

#include "server/agents/agent_tokens.h"
#include "server/agents/fleet_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace millrace::server {
namespace {

constexpr std::uint64_t kMostRegistryBytes = 256ULL << 20;
constexpr std::size_t kMostEnrolments = 10000;
constexpr std::size_t kMostOpenOrders = 100;   // of one agent
constexpr std::size_t kKeptEnded = 20;         // orders of one agent
constexpr std::size_t kKeptDeployments = 100;  // beside each target's latest

Refused ofDisk(const Error& error) { return {503, error.message}; }

Refused noAgent(const std::string& id) {
  return {404, fmt::format("there is no agent '{}'; GET /api/v1/agents lists them", id)};
}

}  // namespace

AgentRegistry::AgentRegistry(FileSystem& files, const Clock& clock, std::string data,
                             FlowSigner signer, std::function<void(const std::string&)> onTrouble)
    : files_(files),
      clock_(clock),
      folder_(std::move(data) + "/agents"),
      signer_(std::move(signer)),
      onTrouble_(std::move(onTrouble)) {}

Result<std::unique_ptr<AgentRegistry>> AgentRegistry::open(
    FileSystem& files, const Clock& clock, std::string data,
    std::function<void(const std::string&)> onTrouble) {
  const std::string folder = data + "/agents";
  MR_TRY(files.createDirectories(folder + "/flows"));
  MR_TRY(files.setPermissions(folder, 0700));
  MR_TRY(files.syncDirectory(data));
  MR_TRY(files.syncDirectory(folder));
  FlowSigner signer = MR_TRY(FlowSigner::open(files, folder + "/signing.key"));
  std::unique_ptr<AgentRegistry> registry(
      new AgentRegistry(files, clock, std::move(data), std::move(signer), std::move(onTrouble)));
  MutexLock lock(registry->mutex_);
  MR_TRY(registry->load());
  return registry;
}

Result<> AgentRegistry::load() {
  const std::string path = folder_ + "/registry";
  if (files_.exists(path)) {
    fleet_ = MR_TRY(fleetFromText(MR_TRY(files_.readAll(path, kMostRegistryBytes)), path));
  } else {
    Fleet fresh;
    fresh.id = freshFleetId();
    MR_TRY(keep(std::move(fresh)));
  }
  removeUnnamedFlows();
  return Done{};
}

Result<> AgentRegistry::keep(Fleet next) {
  MR_TRY(files_.replaceAll(folder_ + "/registry", fleetToText(next)));
  fleet_ = std::move(next);
  return Done{};
}

std::string AgentRegistry::flowPath(std::uint64_t serial) const {
  return fmt::format("{}/flows/{}", folder_, serial);
}

/// Each target keeps its latest deployment, each agent its latest orders.
void AgentRegistry::prune(Fleet& fleet) {
  std::set<std::pair<TargetKind, std::string>> seen;
  std::size_t older = 0;
  std::vector<Deployment> kept;
  for (auto each = fleet.deployments.rbegin(); each != fleet.deployments.rend(); ++each) {
    if (seen.insert({each->target.kind, each->target.name}).second || ++older <= kKeptDeployments)
      kept.push_back(*each);
  }
  fleet.deployments.assign(kept.rbegin(), kept.rend());
  std::map<std::string, std::size_t> ended;
  std::vector<Order> orders;
  for (auto each = fleet.orders.rbegin(); each != fleet.orders.rend(); ++each) {
    if (each->isOpen() || ++ended[each->agent] <= kKeptEnded) orders.push_back(*each);
  }
  fleet.orders.assign(orders.rbegin(), orders.rend());
}

/// Of a deployment that was never kept, or is forgotten. What cannot be removed does no harm.
void AgentRegistry::removeUnnamedFlows() {
  const auto entries = files_.list(folder_ + "/flows");
  if (!entries.ok()) return;
  for (const DirectoryEntry& entry : *entries) {
    const bool named = std::any_of(
        fleet_.deployments.begin(), fleet_.deployments.end(),
        [&](const Deployment& each) { return entry.name == std::to_string(each.serial); });
    if (named) continue;
    const auto removed = files_.remove(folder_ + "/flows/" + entry.name);
    static_cast<void>(removed.ok());
  }
}

std::vector<AgentView> AgentRegistry::agents() const {
  MutexLock lock(mutex_);
  std::vector<AgentView> all;
  for (const auto& [id, agent] : fleet_.agents) all.push_back(view(agent));
  return all;
}

std::optional<AgentView> AgentRegistry::agent(const std::string& id) const {
  MutexLock lock(mutex_);
  const auto found = fleet_.agents.find(id);
  return found == fleet_.agents.end() ? std::nullopt : std::optional(view(found->second));
}

Fleet AgentRegistry::fleet() const {
  MutexLock lock(mutex_);
  return fleet_;
}

AgentView AgentRegistry::view(const Agent& agent) const {
  constexpr Nanos kLeast = 90 * kSecond;
  AgentView result;
  result.agent = agent;
  if (const Deployment* wanted = fleet_.wantedBy(agent); wanted != nullptr) {
    result.wanted = wanted->serial;
    result.wantedFlow = fleet_.flowIdOf(wanted->serial);
  }
  const auto live = live_.find(agent.id);
  if (live == live_.end()) return result;
  result.online = live->second.seen.has_value() &&
                  clock_.monotonic() - *live->second.seen < std::max(kLeast, 3 * live->second.gap);
  result.status = live->second.status;
  result.manifest = live->second.manifest;
  result.bulletins.assign(live->second.bulletins.begin(), live->second.bulletins.end());
  return result;
}

Answered<std::string> AgentRegistry::enrol(const std::string& agent, const std::string& agentClass,
                                           const std::string& by) {
  for (const std::string& name : {agent, agentClass}) {
    if (const std::string wrong = wrongAgentName(name); !name.empty() && !wrong.empty())
      return Refused{400, wrong};
  }
  MutexLock lock(mutex_);
  Fleet next = fleet_;
  if (next.enrolments.size() >= kMostEnrolments)
    return Refused{409, "there are too many enrolments; withdraw some"};
  const AgentToken token = freshAgentToken();
  next.enrolments.push_back({token.id, token.digest, agent, agentClass, clock_.wall(), by});
  // An agent that is enrolled by its name shows from now on what it is given here.
  if (const auto known = next.agents.find(agent); known != next.agents.end())
    known->second.credential = "token " + token.id;
  if (const auto kept = keep(std::move(next)); !kept.ok()) return ofDisk(kept.error());
  return token.text;
}

Answered<Done> AgentRegistry::withdraw(const std::string& enrolment) {
  MutexLock lock(mutex_);
  Fleet next = fleet_;
  const auto gone =
      std::erase_if(next.enrolments, [&](const Enrolment& each) { return each.id == enrolment; });
  if (gone == 0) return Refused{404, fmt::format("there is no enrolment '{}'", enrolment)};
  if (const auto kept = keep(std::move(next)); !kept.ok()) return ofDisk(kept.error());
  return Done{};
}

Answered<Deployment> AgentRegistry::deploy(const FleetTarget& target, std::string_view flow,
                                           const std::string& by) {
  if (const std::string wrong = wrongAgentName(target.name); !wrong.empty())
    return Refused{400, wrong};
  if (flow.empty() || flow.size() > kMostFlowBytes) {
    return Refused{
        400, fmt::format("a flow has 1 to {} bytes; send its text as the body", kMostFlowBytes)};
  }
  MutexLock lock(mutex_);
  if (target.kind == TargetKind::kAgent && !fleet_.agents.contains(target.name))
    return noAgent(target.name);
  Fleet next = fleet_;
  const Deployment made{++next.lastSerial, target, flow.size(), clock_.wall(), by};
  next.deployments.push_back(made);
  prune(next);
  if (const auto written = files_.replaceAll(flowPath(made.serial), flow); !written.ok())
    return ofDisk(written.error());
  if (const auto kept = keep(std::move(next)); !kept.ok()) return ofDisk(kept.error());
  removeUnnamedFlows();
  return made;
}

Answered<Order> AgentRegistry::ask(const std::string& agent, const std::string& operation,
                                   const std::string& operand, const OrderArguments& arguments,
                                   const std::string& by) {
  MutexLock lock(mutex_);
  if (!fleet_.agents.contains(agent)) return noAgent(agent);
  const auto open = std::count_if(fleet_.orders.begin(), fleet_.orders.end(),
                                  [&](const Order& o) { return o.agent == agent && o.isOpen(); });
  if (static_cast<std::size_t>(open) >= kMostOpenOrders) {
    return Refused{
        409, fmt::format("{} orders wait for '{}' already; look whether it reports", open, agent)};
  }
  Fleet next = fleet_;
  Order order;
  order.number = ++next.lastOrder;
  order.agent = agent;
  order.operation = operation;
  order.operand = operand;
  order.arguments = arguments;
  order.at = clock_.wall();
  order.by = by;
  next.orders.push_back(order);
  prune(next);
  if (const auto kept = keep(std::move(next)); !kept.ok()) return ofDisk(kept.error());
  return order;
}

std::optional<Order> AgentRegistry::order(std::uint64_t number) const {
  MutexLock lock(mutex_);
  for (const Order& each : fleet_.orders) {
    if (each.number != number) continue;
    Order found = each;
    if (const auto answer = answers_.find(number); answer != answers_.end())
      found.answer = answer->second;
    return found;
  }
  return std::nullopt;
}

Answered<Done> AgentRegistry::forget(const std::string& agent) {
  MutexLock lock(mutex_);
  Fleet next = fleet_;
  if (next.agents.erase(agent) == 0) return noAgent(agent);
  std::erase_if(next.orders, [&](const Order& each) { return each.agent == agent; });
  std::erase_if(next.deployments, [&](const Deployment& each) {
    return each.target == FleetTarget{TargetKind::kAgent, agent};
  });
  if (const auto kept = keep(std::move(next)); !kept.ok()) return ofDisk(kept.error());
  live_.erase(agent);
  removeUnnamedFlows();
  return Done{};
}

Result<> AgentRegistry::close() {
  MutexLock lock(mutex_);
  return keep(fleet_);
}

}  // namespace millrace::server
