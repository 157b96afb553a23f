// SPDX-License-Identifier: Apache-2.0
#include "minifi-agent/c2/deployments.h"

#include "engine/base/crc32c.h"
#include "engine/base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace millrace::agent {
namespace {

constexpr std::uint64_t kMostStateBytes = 4ULL << 20;
constexpr std::size_t kMostDetails = 4096;

std::string shortened(std::string text) {
  if (text.size() > kMostDetails) text.resize(kMostDetails);
  return text;
}

/// The trial is over: what the server is to hear, and what is not tried again.
void end(C2State& state, bool applied, const std::string& details) {
  const std::string operation = state.trial->operation;
  state.report = TrialReport{operation, applied, shortened(details)};
  if (applied)
    state.refused.reset();
  else
    state.refused = RefusedFlow{operation, shortened(details)};
  state.trial.reset();
}

}  // namespace

Result<std::unique_ptr<Deployments>> Deployments::open(FileSystem& files, std::string data,
                                                       TrialTerms terms) {
  const std::string folder = data + "/c2";
  MR_TRY(files.createDirectories(folder + "/flows"));
  MR_TRY(files.setPermissions(folder, 0700));
  MR_TRY(files.syncDirectory(parentPath(data)));
  MR_TRY(files.syncDirectory(data));
  MR_TRY(files.syncDirectory(folder));
  std::unique_ptr<Deployments> made(new Deployments(files, folder, std::move(terms)));
  made->lock_ = MR_TRY(files.lock(folder + "/lock"));
  MR_TRY(made->load());
  return made;
}

Result<> Deployments::load() {
  const std::string path = folder_ + "/state";
  if (files_.exists(path))
    state_ = MR_TRY(stateFromText(MR_TRY(files_.readAll(path, kMostStateBytes)), path));
  C2State next = state_;
  // Serials are those of one server's key.
  if (next.key != terms_.key) {
    next.key = terms_.key;
    next.serial = 0;
  }
  if (next.trial && next.trial->starts >= kMostStarts) {
    end(next, false,
        fmt::format("the agent was started {} times with it, and ended before the server "
                    "answered",
                    kMostStarts));
  } else if (next.trial) {
    ++next.trial->starts;
  }
  if (next == state_ || keep(next).ok()) {
    removeUnnamed();
    return Done{};
  }
  // A disk that is full keeps nobody from running, but a start that is not counted would be tried
  // for ever.
  trouble_ = folder_ + "/state cannot be written";
  if (next.trial) end(next, false, trouble_);
  state_ = std::move(next);
  return Done{};
}

Result<> Deployments::keepIfPossible(C2State next) {
  auto kept = keep(next);
  state_ = std::move(next);
  return kept;
}

Result<> Deployments::keep(C2State next) {
  MR_TRY(files_.replaceAll(folder_ + "/state", stateToText(next)));
  state_ = std::move(next);
  return Done{};
}

std::string Deployments::pathOf(const DeployedFlow& flow) const {
  return fmt::format("{}/flows/{}", folder_, flow.file);
}

/// Flows that a crash left, and those that nobody goes back to. What cannot be removed does no
/// harm.
void Deployments::removeUnnamed() {
  const auto entries = files_.list(folder_ + "/flows");
  if (!entries.ok()) return;
  for (const DirectoryEntry& entry : *entries) {
    const std::string path = folder_ + "/flows/" + entry.name;
    const bool named = (state_.good && pathOf(*state_.good) == path) ||
                       (state_.trial && pathOf(state_.trial->flow) == path);
    if (named) continue;
    const auto removed = files_.remove(path);
    static_cast<void>(removed.ok());
  }
}

Result<std::string> Deployments::agentName(const std::string& hint, std::uint64_t chance) {
  if (state_.agent.empty()) {
    C2State next = state_;
    next.agent = fmt::format("{}-{:08x}", hint.empty() ? "agent" : hint, chance & 0xffff'ffffU);
    MR_TRY(keep(std::move(next)));
  }
  return state_.agent;
}

Result<std::string> Deployments::read(const DeployedFlow& flow) {
  std::string bytes = MR_TRY(files_.readAll(pathOf(flow), kMostFlowBytes));
  if (bytes.size() == flow.bytes && crc32c(asBytes(bytes)) == flow.crc) return bytes;
  return Error::environment(pathOf(flow) + " is damaged", false);
}

Deployments::Choice Deployments::choose(std::string& trouble) {
  trouble = std::exchange(trouble_, {});
  if (state_.trial) {
    auto bytes = read(state_.trial->flow);
    if (bytes.ok()) return Choice{Which::kTrial, state_.trial->flow.flowId, std::move(*bytes)};
    trouble = bytes.error().message;
    const auto given = giveUp(trouble);
    if (!given.ok()) trouble += "; " + given.error().message;
  }
  if (state_.good) {
    auto bytes = read(*state_.good);
    if (bytes.ok()) return Choice{Which::kGood, state_.good->flowId, std::move(*bytes)};
    trouble = bytes.error().message;
    C2State next = state_;
    next.good.reset();
    if (const auto kept = keepIfPossible(std::move(next)); !kept.ok())
      trouble += "; " + kept.error().message;
  }
  return Choice{};
}

std::string Deployments::objection(const OfferedFlow& flow) const {
  if (flow.bytes.size() > kMostFlowBytes)
    return fmt::format("the flow is larger than {}", formatDataSize(kMostFlowBytes));
  if (state_.refused && state_.refused->operation == flow.operation) return state_.refused->details;
  if (terms_.key.empty() || flow.serial >= state_.serial) return {};
  return fmt::format(
      "the flow is deployment {}, which is older than {}, the one that this agent took last",
      flow.serial, state_.serial);
}

Result<> Deployments::begin(const OfferedFlow& flow) {
  C2State next = state_;
  FlowTrial trial;
  trial.flow.file = 1;
  if (state_.good) trial.flow.file = state_.good->file + 1;
  if (state_.trial) trial.flow.file = std::max(trial.flow.file, state_.trial->flow.file + 1);
  trial.flow.flowId = flow.flowId;
  trial.flow.serial = flow.serial;
  trial.flow.bytes = flow.bytes.size();
  trial.flow.crc = crc32c(asBytes(flow.bytes));
  trial.operation = flow.operation;
  trial.starts = 1;
  MR_TRY(files_.replaceAll(pathOf(trial.flow), flow.bytes));
  next.trial = std::move(trial);
  next.serial = std::max(next.serial, flow.serial);
  next.report.reset();
  MR_TRY(keep(std::move(next)));
  runsSince_.reset();
  removeUnnamed();
  return Done{};
}

void Deployments::started(Nanos now) {
  if (state_.trial) runsSince_ = now;
}

Result<> Deployments::giveUp(const std::string& why) {
  if (!state_.trial) return Done{};
  C2State next = state_;
  end(next, false, why);
  runsSince_.reset();
  return keepIfPossible(std::move(next));
}

Result<bool> Deployments::reached(Nanos sent) {
  if (!state_.trial || !runsSince_ || sent - *runsSince_ < terms_.period / 2) return false;
  C2State next = state_;
  next.good = next.trial->flow;
  // It says itself what of it runs.
  next.states = RunStates{};
  end(next, true, "");
  runsSince_.reset();
  MR_TRY(keepIfPossible(std::move(next)));
  removeUnnamed();
  return true;
}

std::optional<Nanos> Deployments::deadline() const {
  if (!state_.trial || !runsSince_) return std::nullopt;
  return *runsSince_ + terms_.trial;
}

std::string Deployments::lateText() const {
  return fmt::format("the server did not answer within {} after the flow began to run",
                     formatDuration(terms_.trial));
}

Result<> Deployments::reported() {
  if (!state_.report) return Done{};
  C2State next = state_;
  next.report.reset();
  return keepIfPossible(std::move(next));
}

Result<> Deployments::setStates(RunStates states) {
  if (states == state_.states) return Done{};
  C2State next = state_;
  next.states = std::move(states);
  return keep(std::move(next));
}

}  // namespace millrace::agent
