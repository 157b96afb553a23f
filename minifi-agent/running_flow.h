// SPDX-License-Identifier: Apache-2.0
#pragma once
// RunningFlow: the flow that runs, from its text to its host: reads and judges it, gathers its
// secrets, opens the data directory with the first one and exchanges it for later ones. What it
// finds is told. Ownership: files and log outlive it. Threads: one.

#include "minifi-agent/agent_flow.h"
#include "minifi-agent/agent_host.h"
#include "minifi-agent/agent_log.h"
#include "minifi-agent/c2/run_states.h"

#include <memory>
#include <string>

namespace millrace::agent {

struct RunningFlowOptions {
  AgentHostOptions host;
  std::string secrets;  ///< file of sensitive values; empty: none
  Variables variables;  ///< of the environment
};

class RunningFlow {
 public:
  RunningFlow(FileSystem& files, AgentLog& log, RunningFlowOptions options)
      : files_(files), log_(log), options_(std::move(options)) {}

  /// Reads a flow, and tells what is wrong with it. The Error of one with errors has them all.
  /// `whole`: a type that this program does not have is an error, too.
  Result<flow::Flow> read(std::string bytes, const std::string& name, bool whole);
  /// The flow with what was stopped and started from afar.
  static flow::Flow with(flow::Flow flow, const RunStates& states);

  /// Opens the data directory with this flow; nothing runs yet.
  Result<> open(const flow::Flow& flow);
  /// Makes another flow the running one; what is refused changes nothing. That something of it does
  /// not start is no Error: problems() says so.
  Result<> exchange(const flow::Flow& flow);
  /// Why something of the flow does not run though it should; empty: all does.
  std::string problems() const;

  bool isOpen() const { return host_ != nullptr; }
  AgentHost& host() { return *host_; }
  const AgentHostOptions& options() const { return options_.host; }

 private:
  Result<> gatherSecrets(const flow::Flow& flow);

  FileSystem& files_;
  AgentLog& log_;
  RunningFlowOptions options_;
  std::unique_ptr<AgentHost> host_;
};

}  // namespace millrace::agent
