// SPDX-License-Identifier: Apache-2.0
#pragma once
// Deployments: which flow an agent should run: its own, the last good one that a server gave, or a
// new one on trial, and the folder DATA/c2 that keeps them (FORMAT.md).
//
// A new flow is on trial from the moment when it is kept until the server answers a heartbeat that
// was sent well after it began to run. It is given up for the last good one when it cannot run,
// when the server does not answer in time, or when the agent was started with it once more and
// still it did not prove itself. How it ended is kept until the server has heard of it.
//
// Promise: what a call answered is on the medium; a crash leaves the state before it or after it.
// Errors are those of the disk. What must go on without it (the end of a trial) goes on all the
// same, and is as it was after a restart. Ownership: the files outlive it. Threads: one. Times are
// those of the monotonic clock.

#include "engine/base/clock.h"
#include "engine/base/file_system.h"
#include "minifi-agent/c2/c2_state.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::agent {

struct TrialTerms {
  std::string key;              ///< flows must be signed by it; empty: need not be
  Nanos period = 30 * kSecond;  ///< of heartbeats
  Nanos trial = 3 * kMinute;    ///< how long the server may be silent
};

/// A flow that came for an operation, its seal checked.
struct OfferedFlow {
  std::string operation;
  std::string flowId;
  std::uint64_t serial = 0;  ///< 0: not sealed
  std::string bytes;
};

class Deployments {
 public:
  static constexpr std::uint64_t kMostFlowBytes = 16ULL << 20;
  /// How often the agent may be started with a flow that has not proven itself.
  static constexpr std::uint32_t kMostStarts = 2;

  /// Reads the folder, or makes it, and counts this start against a flow on trial. Fails when
  /// another process has it.
  static Result<std::unique_ptr<Deployments>> open(FileSystem& files, std::string data,
                                                   TrialTerms terms);

  const C2State& state() const { return state_; }
  /// The name of this agent, when it was given none: `hint` and what `chance` makes of it, kept.
  Result<std::string> agentName(const std::string& hint, std::uint64_t chance);

  enum class Which : std::uint8_t { kOwn, kGood, kTrial };
  struct Choice {
    Which which = Which::kOwn;
    std::string flowId;  ///< empty: the agent's own
    std::string bytes;   ///< of kGood and kTrial
  };
  /// What should run now. A flow whose file is damaged is given up; `trouble` says what is wrong.
  Choice choose(std::string& trouble);

  /// Why a flow is not taken though it is sealed well; empty: it may be.
  std::string objection(const OfferedFlow& flow) const;
  /// Puts a flow on trial, in the place of one that is on trial.
  Result<> begin(const OfferedFlow& flow);
  /// It runs since then.
  void started(Nanos now);
  /// It is given up, also with an Error.
  Result<> giveUp(const std::string& why);
  /// The server answered a heartbeat that was sent then. True when that ended the trial, as it does
  /// with an Error.
  Result<bool> reached(Nanos sent);
  /// When the trial is lost; nothing: nothing is on trial.
  std::optional<Nanos> deadline() const;
  /// What deadline() means, for people.
  std::string lateText() const;

  /// The server knows how the trial ended.
  Result<> reported();
  Result<> setStates(RunStates states);

 private:
  Deployments(FileSystem& files, std::string folder, TrialTerms terms)
      : files_(files), folder_(std::move(folder)), terms_(std::move(terms)) {}
  Result<> load();
  Result<> keep(C2State next);
  Result<> keepIfPossible(C2State next);
  std::string pathOf(const DeployedFlow& flow) const;
  Result<std::string> read(const DeployedFlow& flow);
  void removeUnnamed();

  FileSystem& files_;
  const std::string folder_;
  const TrialTerms terms_;
  std::unique_ptr<FileLock> lock_;
  C2State state_;
  std::optional<Nanos> runsSince_;  // the flow on trial
  std::string trouble_;             // when it was read, for choose()
};

}  // namespace millrace::agent
