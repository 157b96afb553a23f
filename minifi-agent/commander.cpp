// SPDX-License-Identifier: Apache-2.0
#include "minifi-agent/commander.h"

#include "minifi-agent/agent_facts.h"
#include "minifi-agent/c2/device_facts.h"
#include "minifi-agent/c2/manifest.h"
#include "processors/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace millrace::agent {
namespace {

constexpr std::size_t kMostBulletins = 50;  // in one heartbeat

}  // namespace

Commander::Commander(FileSystem& files, AgentLog& log, RunningFlow& flow, CommanderOptions options)
    : files_(files),
      log_(log),
      running_(flow),
      options_(std::move(options)),
      device_(readDeviceFacts(files)),
      manifest_(writeManifest(options_.version, device_.architecture, builtinProcessors(),
                              builtinServices())) {}

Commander::~Commander() = default;

Result<std::unique_ptr<Commander>> Commander::open(FileSystem& files, AgentLog& log,
                                                   RunningFlow& flow, CommanderOptions options) {
  std::unique_ptr<Commander> made(new Commander(files, log, flow, std::move(options)));
  C2Settings& c2 = made->options_.c2;
  made->deployments_ = MR_TRY(
      Deployments::open(files, flow.options().data, TrialTerms{c2.key, c2.period, c2.trial}));
  if (c2.agent.empty()) {
    c2.agent =
        MR_TRY(made->deployments_->agentName(made->device_.hostname, Random::fromEntropy().next()));
  }
  return made;
}

Result<> Commander::start() {
  MR_TRY(runWhatShould());
  AgentHost& host = running_.host();
  begun_ = host.clock().monotonic();
  channel_ = MR_TRY(makeC2Channel(host.network(), host.clock(), files_, options_.c2));
  C2Link::Hooks hooks;
  hooks.heartbeat = [this](bool full, const std::string& address, std::uint64_t after) {
    return heartbeat(full, address, after);
  };
  hooks.isOnTrial = [this] {
    MutexLock lock(mutex_);
    return !trialFlowId_.empty();
  };
  hooks.hear = [this](ServerWord word) { take(std::move(word)); };
  hooks.say = [this](const std::string& line) { log_.say(line); };
  link_ = std::make_unique<C2Link>(host.clock(), *channel_, options_.c2, Random::fromEntropy(),
                                   std::move(hooks));
  if (const auto& trial = deployments_->state().trial) link_->expect(trial->operation);
  report();
  link_->start();
  log_.say(fmt::format("reports to {} as '{}'", options_.c2.url, options_.c2.agent));
  return Done{};
}

bool Commander::stop() { return link_ == nullptr || link_->stop(2 * kSecond); }

/// What should run, or what comes after it when that cannot.
Result<> Commander::runWhatShould() {
  for (;;) {
    std::string trouble;
    const Deployments::Choice choice = deployments_->choose(trouble);
    if (!trouble.empty()) log_.say(trouble + "; what comes after it runs");
    const auto done = run(choice);
    const bool isTrial = choice.which == Deployments::Which::kTrial;
    if (done.ok()) {
      if (isTrial) deployments_->started(running_.host().clock().monotonic());
      noteWhatRuns();
      return Done{};
    }
    // A directory that cannot be opened is no fault of the flow.
    if (!running_.isOpen() && done.error().fault != Fault::kUser) return done;
    log_.say(done.error().message);
    if (!isTrial) {
      MR_TRY(runNothing());
      log_.say("nothing runs until the server gives a flow");
      nothingRuns_ = true;
      noteWhatRuns();
      return Done{};
    }
    tell(deployments_->giveUp(done.error().message));
    log_.say(fmt::format("the flow {} is given up for the one before it", choice.flowId));
    report();
  }
}

Result<> Commander::run(const Deployments::Choice& choice) {
  const bool own = choice.which == Deployments::Which::kOwn;
  const bool isTrial = choice.which == Deployments::Which::kTrial;
  nothingRuns_ = false;
  ownText_.clear();
  flow::Flow flow;
  if (!own || !options_.ownName.empty()) {
    std::string text = own ? MR_TRY(options_.own()) : choice.bytes;
    if (own) ownText_ = text;
    flow = MR_TRY(running_.read(std::move(text),
                                own ? options_.ownName : "the flow " + choice.flowId, isTrial));
  }
  MR_TRY(make(isTrial ? flow : RunningFlow::with(flow, deployments_->state().states)));
  flow_ = std::move(flow);
  const std::string problems = running_.problems();
  if (isTrial && !problems.empty()) return Error::user(problems);
  return Done{};
}

Result<> Commander::make(const flow::Flow& flow) {
  if (running_.isOpen()) return running_.exchange(flow);
  MR_TRY(running_.open(flow));
  // A component that does not start is a bulletin, and no reason to stop the others.
  if (const auto done = running_.host().start(); !done.ok()) log_.say(done.error().message);
  return Done{};
}

Result<> Commander::runNothing() {
  flow_ = flow::Flow();
  return make(flow_);
}

void Commander::noteWhatRuns() {
  const C2State& state = deployments_->state();
  MutexLock lock(mutex_);
  flowId_ = state.good && !nothingRuns_ ? state.good->flowId : std::string();
  trialFlowId_ = state.trial ? state.trial->flow.flowId : std::string();
}

Result<> Commander::lookAgain() {
  if (options_.ownName.empty()) return Done{};
  const C2State& state = deployments_->state();
  if (state.good || state.trial) {
    log_.say(options_.ownName + ": not taken over: the flow of the server runs");
    return Done{};
  }
  auto text = options_.own();
  if (!text.ok()) {
    log_.say(text.error().message + "; what runs goes on");
    return Done{};
  }
  if (*text == ownText_) return Done{};
  ownText_ = *text;
  auto flow = running_.read(std::move(*text), options_.ownName, false);
  const auto done =
      flow.ok() ? make(RunningFlow::with(*flow, state.states)) : Result<>(std::move(flow).error());
  if (done.ok()) flow_ = std::move(*flow);
  log_.say(done.ok() ? options_.ownName + ": taken over"
                     : fmt::format("{}: not taken over, what runs goes on: {}", options_.ownName,
                                   done.error().message));
  return Done{};
}

Nanos Commander::patience() const {
  const auto deadline = deployments_->deadline();
  if (!deadline) return -1;
  return std::max<Nanos>(0, *deadline - running_.host().clock().monotonic());
}

void Commander::take(ServerWord word) {
  {
    MutexLock lock(mutex_);
    words_.push_back(std::move(word));
  }
  options_.ring();
}

Result<> Commander::work() {
  std::vector<ServerWord> words;
  {
    MutexLock lock(mutex_);
    words = std::exchange(words_, {});
  }
  for (const ServerWord& word : words) {
    if (word.kind == ServerWord::Kind::kReached) reached(word.sent);
    if (word.kind == ServerWord::Kind::kOperation) MR_TRY(perform(word));
    if (word.kind == ServerWord::Kind::kAcknowledged) {
      const auto& pending = deployments_->state().report;
      if (pending && pending->operation == word.operation.id) tell(deployments_->reported());
    }
  }
  const auto deadline = deployments_->deadline();
  if (!deadline || running_.host().clock().monotonic() < *deadline) return Done{};
  log_.say(deployments_->lateText());
  tell(deployments_->giveUp(deployments_->lateText()));
  report();
  return runWhatShould();
}

/// What could not be kept is no reason to stop.
void Commander::tell(const Result<>& kept) {
  if (!kept.ok()) log_.say(kept.error().message);
}

void Commander::reached(Nanos sent) {
  const bool onTrial = deployments_->state().trial.has_value();
  const auto proven = deployments_->reached(sent);
  if (!proven.ok()) log_.say(proven.error().message);
  if (!onTrial || deployments_->state().trial) return;
  noteWhatRuns();
  log_.say(fmt::format("the flow {} has proven itself", deployments_->state().good->flowId));
  report();
}

/// How a trial ended, until the server knows.
void Commander::report() {
  const auto& pending = deployments_->state().report;
  if (!pending || link_ == nullptr) return;
  Acknowledgement acknowledgement;
  acknowledgement.operation = pending->operation;
  acknowledgement.state =
      pending->applied ? OperationState::kFullyApplied : OperationState::kNotApplied;
  acknowledgement.details = pending->details;
  link_->expect(pending->operation);
  link_->acknowledge(std::move(acknowledgement));
}

C2Link::Beat Commander::heartbeat(bool full, const std::string& address,
                                  std::uint64_t after) const {
  AgentHost& host = running_.host();
  HeartbeatFacts facts = flowFacts(host);
  facts.agent = options_.c2.agent;
  facts.agentClass = options_.c2.agentClass;
  facts.manifest = manifest_;
  facts.device = device_;
  facts.address = address;
  facts.uptime = host.clock().monotonic() - begun_;
  {
    MutexLock lock(mutex_);
    facts.flowId = flowId_;
    facts.trialFlowId = trialFlowId_;
  }
  C2Link::Beat beat;
  facts.bulletins = bulletinFacts(host, after, kMostBulletins);
  beat.lastBulletin = facts.bulletins.empty() ? after : facts.bulletins.back().id;
  beat.body = writeHeartbeat(facts, full);
  return beat;
}

}  // namespace millrace::agent
