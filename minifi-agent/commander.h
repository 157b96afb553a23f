// SPDX-License-Identifier: Apache-2.0
#pragma once
// Commander: does what a server asks of this agent: runs the flow that it should, on trial first,
// starts and stops, empties queues, describes; and tells the server how things are (C2).
//
// Promise: a flow that cannot run, or with which the server is out of reach, is given up for the
// last good one. The engine never waits for the server. Ownership: what it is given outlives it.
// Threads: one, but for the two calls of the link, which are not public.

#include "minifi-agent/agent_log.h"
#include "minifi-agent/c2/c2_link.h"
#include "minifi-agent/c2/deployments.h"
#include "minifi-agent/running_flow.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace millrace::agent {

struct CommanderOptions {
  C2Settings c2;
  std::string version;  ///< of this program
  std::string ownName;  ///< of the agent's own flow, for messages; empty: it has none
  std::function<Result<std::string>()> own;  ///< its text
  std::function<void()> ring;                ///< work() has something to do; from any thread
};

class Commander {
 public:
  static Result<std::unique_ptr<Commander>> open(FileSystem& files, AgentLog& log,
                                                 RunningFlow& flow, CommanderOptions options);
  ~Commander();

  /// Runs what should run, and begins to report.
  Result<> start();
  /// How long there is nothing to do unless it rings; negative: for ever.
  Nanos patience() const;
  /// Does what came over the link, and gives up a trial whose time is over.
  Result<> work();
  /// The agent's own flow may be another now.
  Result<> lookAgain();
  /// Reports no more. False when the link still waits for the network.
  bool stop();

 private:
  Commander(FileSystem& files, AgentLog& log, RunningFlow& flow, CommanderOptions options);
  Result<> runWhatShould();
  Result<> run(const Deployments::Choice& choice);
  Result<> runNothing();
  Result<> make(const flow::Flow& flow);
  void noteWhatRuns();

  void take(ServerWord word);
  void reached(Nanos sent);
  void tell(const Result<>& kept);
  Result<> perform(const ServerWord& word);
  Result<> update(const ServerWord& word);
  Result<> startOrStop(const Operation& operation);
  Result<> clear(const Operation& operation);
  void describe(const Operation& operation);
  void answer(const Operation& operation, const Result<>& done);
  void report();
  std::string settingsJson() const;

  C2Link::Beat heartbeat(bool full, const std::string& address, std::uint64_t after) const;

  FileSystem& files_;
  AgentLog& log_;
  RunningFlow& running_;
  CommanderOptions options_;
  DeviceFacts device_;
  std::string manifest_;
  std::unique_ptr<Deployments> deployments_;
  flow::Flow flow_;           // that runs, as its text says
  bool nothingRuns_ = false;  // what should could not
  std::string ownText_;       // of the own flow, when that runs
  Nanos begun_ = 0;

  mutable Mutex mutex_;
  std::vector<ServerWord> words_ MR_GUARDED_BY(mutex_);
  std::string flowId_ MR_GUARDED_BY(mutex_);
  std::string trialFlowId_ MR_GUARDED_BY(mutex_);

  std::unique_ptr<C2Channel> channel_;
  std::unique_ptr<C2Link> link_;  // destroyed first: it calls the others
};

}  // namespace millrace::agent
