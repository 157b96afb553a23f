// SPDX-License-Identifier: Apache-2.0
// The side of AgentRegistry that agents talk to: heartbeats, acknowledgements, flows.
#include "server/agents/agent_registry.h"
#include "server/agents/agent_tokens.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::server {
namespace {

constexpr std::size_t kMostCommands = 5;  // in one answer
constexpr std::size_t kMostBulletins = 100;
constexpr std::size_t kMostDetails = 4096;
constexpr std::size_t kMostAnswers = 200;

constexpr const char* kOthers = "this is another agent's";

constexpr std::string_view kOrderPrefix = "order-";
constexpr std::string_view kUpdatePrefix = "flow-";
constexpr std::string_view kManifestPrefix = "manifest-";

/// An acknowledgement names nothing but the operation, so that this one must name the agent.
std::string namedId(std::string_view prefix, std::string_view agent) {
  std::string id(prefix);
  for (const char c : agent) id += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return id;
}

std::string updateId(std::uint64_t serial, std::string_view agent) {
  return namedId(fmt::format("{}{}-", kUpdatePrefix, serial), agent);
}

std::optional<std::uint64_t> numberIn(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  std::uint64_t number = 0;
  std::size_t digits = 0;
  for (const char c : text.substr(prefix.size(), 19)) {
    if (c < '0' || c > '9') break;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
    ++digits;
  }
  return digits == 0 ? std::nullopt : std::optional(number);
}

std::string shortened(std::string text) {
  if (text.size() > kMostDetails) text.resize(kMostDetails);
  return text;
}

/// What makes a record worth writing: all but when the agent was last seen.
bool sameButForTime(Agent one, const Agent& other) {
  one.lastSeen = other.lastSeen;
  return one == other;
}

}  // namespace

std::optional<AgentCaller> AgentRegistry::admit(std::string_view token,
                                                std::string_view certificate, bool trusted) const {
  if (!certificate.empty()) return AgentCaller{fmt::format("certificate {}", certificate)};
  MutexLock lock(mutex_);
  if (!token.empty()) {
    const std::string digest = digestOfToken(token);
    for (const Enrolment& each : fleet_.enrolments) {
      if (each.digest == digest)
        return AgentCaller{"token " + each.id, each.agent, each.agentClass};
    }
    return std::nullopt;
  }
  if (trusted && fleet_.enrolments.empty()) return AgentCaller{""};
  return std::nullopt;
}

std::optional<Refused> AgentRegistry::refusal(const AgentCaller& caller,
                                              const AgentReport& report) const {
  if (const std::string wrong = wrongAgentName(report.agent); !wrong.empty())
    return Refused{400, wrong};
  if (const std::string wrong = wrongAgentName(report.agentClass);
      !report.agentClass.empty() && !wrong.empty())
    return Refused{400, wrong};
  if (!caller.agent.empty() && caller.agent != report.agent) {
    return Refused{403, fmt::format("this token is for the agent '{}', not for '{}'", caller.agent,
                                    report.agent)};
  }
  const auto known = fleet_.agents.find(report.agent);
  if (known == fleet_.agents.end()) {
    if (fleet_.agents.size() < kMostAgents) return std::nullopt;
    return Refused{409, "there are too many agents; forget those that are gone"};
  }
  const std::string& first = known->second.credential;
  if (first == caller.credential || first.empty()) return std::nullopt;
  return Refused{403, fmt::format("the agent '{}' is known by another token or certificate; enrol "
                                  "it by its name, or forget it",
                                  report.agent)};
}

void AgentRegistry::takeIn(AgentReport& report, Agent& agent, Live& live) {
  agent.id = report.agent;
  agent.agentClass = report.agentClass;
  if (!report.kind.empty()) agent.kind = report.kind;
  if (!report.version.empty()) agent.version = report.version;
  agent.flowId = report.flowId;
  agent.lastSeen = clock_.wall();
  if (agent.firstSeen == 0) agent.firstSeen = agent.lastSeen;
  const Nanos now = clock_.monotonic();
  if (live.seen) live.gap = now - *live.seen;
  live.seen = now;
  live.status = std::move(report.status);
  if (!report.manifest.empty()) live.manifest = std::move(report.manifest);
  for (std::string& each : report.bulletins) {
    const bool told =
        std::find(live.bulletins.begin(), live.bulletins.end(), each) != live.bulletins.end();
    if (!told) live.bulletins.push_back(std::move(each));
    if (live.bulletins.size() > kMostBulletins) live.bulletins.pop_front();
  }
}

Answered<std::vector<Command>> AgentRegistry::heartbeat(const AgentCaller& caller,
                                                        AgentReport report) {
  if (!caller.agentClass.empty()) report.agentClass = caller.agentClass;
  MutexLock lock(mutex_);
  if (auto refused = refusal(caller, report)) return *std::move(refused);
  const auto known = fleet_.agents.find(report.agent);
  const Agent before = known == fleet_.agents.end() ? Agent{} : known->second;
  Agent agent = before;
  agent.credential = caller.credential;
  Live& live = live_[report.agent];
  takeIn(report, agent, live);
  // That it runs what it should says the same as an acknowledgement.
  if (const Deployment* wanted = fleet_.wantedBy(agent);
      wanted != nullptr && agent.flowId == fleet_.flowIdOf(wanted->serial) &&
      (agent.serial != wanted->serial || agent.outcome == Outcome::kNone)) {
    OrderReport applied;
    applied.outcome = Outcome::kApplied;
    settle(agent, wanted->serial, applied);
  }
  bool lost = false;
  std::vector<Command> commands = commandsFor(agent, live, lost);
  if (!lost && sameButForTime(before, agent)) {
    fleet_.agents[agent.id] = agent;
    return commands;
  }
  Fleet next = fleet_;
  next.agents[agent.id] = agent;
  if (const auto kept = keep(std::move(next)); !kept.ok())
    return Refused{503, kept.error().message};
  return commands;
}

std::vector<Command> AgentRegistry::commandsFor(const Agent& agent, Live& live, bool& lost) {
  const Nanos now = clock_.monotonic();
  std::vector<Command> commands;
  for (Order& order : fleet_.orders) {
    if (order.agent != agent.id || !order.isOpen() || commands.size() == kMostCommands) continue;
    if (order.state == OrderState::kSent && now - order.sentAt < kSendAgain) continue;
    if (order.times == kMostTimes) {
      lost = true;
      order.state = OrderState::kLost;
      order.details = fmt::format("sent {} times and never acknowledged", kMostTimes);
      order.endedAt = clock_.wall();
      continue;
    }
    order.state = OrderState::kSent;
    order.sentAt = now;
    ++order.times;
    commands.push_back({fmt::format("{}{}", kOrderPrefix, order.number), order.operation,
                        order.operand, order.arguments});
  }
  if (live.manifest.empty() && !live.askedManifest) {
    live.askedManifest = true;
    commands.push_back({namedId(kManifestPrefix, agent.id), "DESCRIBE", "manifest", {}});
  }
  addUpdate(agent, live, commands);
  return commands;
}

void AgentRegistry::addUpdate(const Agent& agent, Live& live,
                              std::vector<Command>& commands) const {
  const Deployment* const wanted = fleet_.wantedBy(agent);
  if (wanted == nullptr) return;
  const std::string flowId = fleet_.flowIdOf(wanted->serial);
  const bool told = agent.serial == wanted->serial && agent.outcome != Outcome::kNone;
  // Ours says truly what it runs: one that lost its flow gets it again.
  const bool lost = told && agent.outcome == Outcome::kApplied && agent.kind == "millrace" &&
                    agent.flowId != flowId;
  if (told && !lost) return;
  const Nanos now = clock_.monotonic();
  if (live.sentSerial != wanted->serial) {
    live.sentSerial = wanted->serial;
    live.times = 0;
  }
  if (live.times != 0 && now - live.sentAt < kSendAgain) return;
  live.sentAt = now;
  ++live.times;
  commands.push_back({updateId(wanted->serial, agent.id),
                      "UPDATE",
                      "configuration",
                      {{"flowId", flowId}, {"persist", "true"}}});
}

void AgentRegistry::settle(Agent& agent, std::uint64_t serial, const OrderReport& report) const {
  agent.serial = serial;
  agent.outcome = report.outcome;
  agent.details = shortened(report.details);
  agent.outcomeAt = clock_.wall();
}

Answered<Done> AgentRegistry::acknowledge(const AgentCaller& caller, const OrderReport& report) {
  std::string trouble;
  const auto answer = [&]() -> Answered<Done> {
    MutexLock lock(mutex_);
    if (report.operationId.starts_with(kUpdatePrefix))
      return acknowledgeFlow(caller, report, trouble);
    if (report.operationId.starts_with(kManifestPrefix)) {
      for (const auto& [id, agent] : fleet_.agents) {
        if (namedId(kManifestPrefix, id) != report.operationId) continue;
        if (agent.credential != caller.credential) return Refused{403, kOthers};
        if (!report.manifest.empty()) live_[id].manifest = report.manifest;
        return Done{};
      }
    }
    return acknowledgeOrder(caller, report);
  }();
  if (!trouble.empty() && onTrouble_) onTrouble_(trouble);
  return answer;
}

Answered<Done> AgentRegistry::acknowledgeFlow(const AgentCaller& caller, const OrderReport& report,
                                              std::string& trouble) {
  const auto serial = numberIn(report.operationId, kUpdatePrefix);
  Fleet next = fleet_;
  for (auto& [id, agent] : next.agents) {
    if (!serial || updateId(*serial, id) != report.operationId) continue;
    if (agent.credential != caller.credential) return Refused{403, kOthers};
    const bool old = *serial < agent.serial;
    const bool same = *serial == agent.serial && agent.outcome == report.outcome;
    if (old || same || *serial > next.lastSerial) return Done{};
    settle(agent, *serial, report);
    const Deployment* const deployment = next.find(*serial);
    const std::string target =
        deployment == nullptr
            ? std::string("another target")
            : fmt::format("the {} '{}'", nameOf(deployment->target.kind), deployment->target.name);
    const std::string why = agent.details.empty() ? "it did not say why" : agent.details;
    if (const auto kept = keep(std::move(next)); !kept.ok())
      return Refused{503, kept.error().message};
    if (report.outcome == Outcome::kRefused) {
      trouble = fmt::format("the agent '{}' does not run the flow {} of {}: {}", id, *serial,
                            target, why);
    }
    return Done{};
  }
  return Refused{404, fmt::format("there is no operation '{}'", report.operationId)};
}

Answered<Done> AgentRegistry::acknowledgeOrder(const AgentCaller& caller,
                                               const OrderReport& report) {
  Fleet next = fleet_;
  const auto number = numberIn(report.operationId, kOrderPrefix);
  const auto order = std::find_if(next.orders.begin(), next.orders.end(), [&](const Order& each) {
    return number && each.number == *number;
  });
  if (order == next.orders.end())
    return Refused{404, fmt::format("there is no operation '{}'", report.operationId)};
  const auto agent = next.agents.find(order->agent);
  if (agent == next.agents.end() || agent->second.credential != caller.credential)
    return Refused{403, kOthers};
  if (!order->isOpen()) return Done{};
  order->state = report.outcome == Outcome::kRefused ? OrderState::kFailed : OrderState::kDone;
  order->details = shortened(report.details);
  order->endedAt = clock_.wall();
  if (!report.manifest.empty()) live_[order->agent].manifest = report.manifest;
  if (!report.answer.empty()) answers_[order->number] = report.answer;
  while (answers_.size() > kMostAnswers) answers_.erase(answers_.begin());
  if (const auto kept = keep(std::move(next)); !kept.ok())
    return Refused{503, kept.error().message};
  return Done{};
}

Answered<SignedFlow> AgentRegistry::flow(const AgentCaller& caller, std::string_view flowId) const {
  MutexLock lock(mutex_);
  const auto serial = fleet_.serialOf(flowId);
  const Deployment* const deployment = serial ? fleet_.find(*serial) : nullptr;
  if (deployment == nullptr) return Refused{404, fmt::format("there is no flow '{}'", flowId)};
  const FleetTarget& target = deployment->target;
  const bool others =
      (!caller.agent.empty() && target.kind == TargetKind::kAgent && target.name != caller.agent) ||
      (!caller.agentClass.empty() && target.kind == TargetKind::kClass &&
       target.name != caller.agentClass);
  if (others) return Refused{403, "this flow is for another agent or class"};
  auto bytes = files_.readAll(flowPath(*serial), kMostFlowBytes);
  if (!bytes.ok()) return Refused{503, bytes.error().message};
  SignedFlow result;
  result.serial = *serial;
  result.kind = target.kind;
  result.signature = signer_.sign(*serial, nameOf(target.kind), target.name, *bytes);
  result.bytes = std::move(*bytes);
  return result;
}

}  // namespace millrace::server
