// SPDX-License-Identifier: Apache-2.0
// What a Commander does for each operation of C2.
#include "engine/session/drop_flowfiles.h"
#include "minifi-agent/agent_facts.h"
#include "minifi-agent/c2/json_builder.h"
#include "minifi-agent/commander.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace millrace::agent {
namespace {

constexpr std::size_t kMostDescribed = 100;  // bulletins in one answer

/// The one that has this id or path, or, if it is the only one, this name.
template <typename Snapshot>
Result<Snapshot> find(std::vector<Snapshot> all, const std::string& wanted, const char* kind) {
  std::vector<Snapshot> named;
  for (Snapshot& each : all) {
    if (idText(each.id.raw()) == wanted || each.path == wanted) return std::move(each);
    if (each.path.ends_with('/' + wanted)) named.push_back(std::move(each));
  }
  if (named.size() == 1) return std::move(named.front());
  return Error::user(named.empty() ? fmt::format("the flow has no {} '{}'", kind, wanted)
                                   : fmt::format("the flow has {} of {} '{}'; name one by its id",
                                                 named.size(), kind, wanted));
}

/// As Java and C++ call it.
bool isWholeFlow(const std::string& operand) {
  return operand.empty() || operand == "flow" || operand == "FlowController";
}

}  // namespace

Result<> Commander::perform(const ServerWord& word) {
  const Operation& operation = word.operation;
  const bool ofConfiguration = operation.operand == "configuration" || operation.operand.empty();
  if (operation.name == "UPDATE" && ofConfiguration) return update(word);
  if (operation.name == "START" || operation.name == "STOP") return startOrStop(operation);
  if (operation.name == "CLEAR") {
    answer(operation, clear(operation));
  } else if (operation.name == "DESCRIBE") {
    describe(operation);
  } else {
    answer(operation, Error::user(fmt::format("this agent does not {} {}", operation.name,
                                              operation.operand)));
  }
  return Done{};
}

void Commander::answer(const Operation& operation, const Result<>& done) {
  Acknowledgement acknowledgement;
  acknowledgement.operation = operation.id;
  if (!done.ok()) {
    acknowledgement.state = OperationState::kNotApplied;
    acknowledgement.details = done.error().message;
    log_.say(fmt::format("{} {} is not done: {}", operation.name, operation.operand,
                         done.error().message));
  }
  link_->acknowledge(std::move(acknowledgement));
}

Result<> Commander::update(const ServerWord& word) {
  if (!word.flow) {
    answer(word.operation, Error::user(word.refusal));
    return Done{};
  }
  const OfferedFlow& flow = *word.flow;
  const C2State& state = deployments_->state();
  if (state.trial && state.trial->operation == flow.operation) return Done{};
  if (!state.trial && state.good && state.good->flowId == flow.flowId && !nothingRuns_) {
    Acknowledgement same;
    same.operation = flow.operation;
    same.state = OperationState::kNoOperation;
    same.details = "it runs already";
    link_->acknowledge(std::move(same));
    return Done{};
  }
  if (const std::string objection = deployments_->objection(flow); !objection.empty()) {
    answer(word.operation, Error::user(objection));
    return Done{};
  }
  // Judged before it is kept: most of what is wrong with a flow costs nothing.
  if (const auto read = running_.read(flow.bytes, "the flow " + flow.flowId, true); !read.ok()) {
    answer(word.operation, read.error());
    return Done{};
  }
  if (const auto kept = deployments_->begin(flow); !kept.ok()) {
    answer(word.operation, kept.error());
    return Done{};
  }
  log_.say(fmt::format("the flow {} is on trial", flow.flowId));
  return runWhatShould();
}

Result<> Commander::startOrStop(const Operation& operation) {
  if (deployments_->state().trial) {
    answer(operation, Error::user("a flow is on trial; ask again when that has ended"));
    return Done{};
  }
  const bool start = operation.name == "START";
  engine::FlowController& controller = running_.host().controller();
  std::vector<engine::ComponentSnapshot> concerned = controller.components();
  RunStates states = deployments_->state().states;
  std::string component = operation.argument({"processorId"});
  if (component.empty() && operation.operand != "processor") component = operation.operand;
  if (isWholeFlow(component)) {
    states = RunStates{!start, {}};
  } else {
    auto found = find(std::move(concerned), component, "component");
    if (!found.ok()) {
      answer(operation, found.error());
      return Done{};
    }
    states.components[found->path] = start;
    concerned = {std::move(*found)};
  }
  auto done = make(RunningFlow::with(flow_, states));
  if (done.ok()) done = deployments_->setStates(std::move(states));
  for (const engine::ComponentSnapshot& each : concerned) {
    if (!start || !done.ok()) break;
    done = controller.startAgain(each.id);  // one that did not start the last time
  }
  answer(operation, done);
  return Done{};
}

Result<> Commander::clear(const Operation& operation) {
  AgentHost& host = running_.host();
  const std::string wanted = operation.argument({"connection", "connectionId", "id"});
  if (operation.operand != "connection" || wanted.empty()) {
    return Error::user(
        fmt::format("this agent clears connections, which the operand and the "
                    "argument 'connection' name, not '{}'",
                    operation.operand));
  }
  const auto found = MR_TRY(find(host.controller().connections(), wanted, "connection"));
  const auto queue =
      found.parked ? host.controller().parked(found.id) : host.controller().queue(found.id);
  if (queue == nullptr) return Error::user("the connection is gone");
  const auto dropped = MR_TRY(engine::dropAll(host.store(), queue, ComponentId()));
  log_.say(
      fmt::format("{}: {} FlowFiles were dropped, as the server asked", found.path, dropped.count));
  return Done{};
}

void Commander::describe(const Operation& operation) {
  const std::string& what = operation.operand;
  JsonBuilder json;
  std::string member = what;
  if (what == "manifest") {
    member = "agentInfo";
    json.open('{').member("identifier", options_.c2.agent);
    json.key("agentManifest").raw(manifest_).close('}');
  } else if (what == "configuration") {
    json.raw(settingsJson());
  } else if (what == "logs") {
    json.open('[');
    for (const std::string& line : log_.lines()) json.value(line);
    json.close(']');
  } else if (what == "bulletins") {
    auto all = bulletinFacts(running_.host(), 0, engine::Bulletins::kKept);
    if (all.size() > kMostDescribed)
      all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(kMostDescribed));
    json.raw(writeBulletins(all));
  } else {
    answer(operation, Error::user(fmt::format("this agent does not DESCRIBE {}", what)));
    return;
  }
  Acknowledgement acknowledgement;
  acknowledgement.operation = operation.id;
  acknowledgement.answer.emplace_back(member, json.text());
  link_->acknowledge(std::move(acknowledgement));
}

/// No secret is in it.
std::string Commander::settingsJson() const {
  constexpr const char* kDurabilities[] = {"power", "process", "none"};
  const AgentHostOptions& host = running_.options();
  const C2State& state = deployments_->state();
  JsonBuilder json;
  json.open('{').member("config", options_.ownName).member("data", host.data);
  json.member("durability", kDurabilities[static_cast<std::size_t>(host.durability)]);
  json.member("provenance", host.provenance).member("workers", host.workers);
  json.member("diskBudget", host.diskBudget.bytes);
  json.member("diskBudgetDrop", host.diskBudget.dropsNewest ? "newest" : "oldest");
  json.member("queueMemory", host.queueMemory).member("drain", host.drain / kMillisecond);
  json.member("siteToSite", host.siteToSite ? host.siteToSite->at.host : std::string());
  json.member("server", options_.c2.url).member("class", options_.c2.agentClass);
  json.member("heartbeat", options_.c2.period / kMillisecond);
  json.member("trial", options_.c2.trial / kMillisecond).member("key", options_.c2.key);
  json.member("flowId", state.good ? state.good->flowId : std::string());
  json.member("serial", state.serial).close('}');
  return json.text();
}

}  // namespace millrace::agent
