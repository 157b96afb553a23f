// SPDX-License-Identifier: Apache-2.0
#pragma once
// AgentRegistry: the fleet, kept: who may report, who did, which flow each should run, what people
// asked of them and what came of it.
//
// Promise: what a call answered is on disk, with its flow (FORMAT.md); only when an agent was last
// seen, and what it tells in passing (status, bulletins, manifest), is kept in memory. An order
// that is not acknowledged is sent again, five times; then it is lost. Ownership: files, clock and
// callback outlive it. Threads: any.

#include "engine/base/clock.h"
#include "engine/base/file_system.h"
#include "engine/base/mutex.h"
#include "server/agents/fleet.h"
#include "server/agents/flow_signer.h"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace millrace::server {

/// Why something is not done, with the status that HTTP has for it.
struct Refused {
  int status = 400;
  std::string message;
};
template <typename T>
using Answered = std::variant<T, Refused>;

/// Who reports, as far as it is proven.
struct AgentCaller {
  std::string credential;       ///< empty: none was shown
  std::string agent = {};       ///< the only one that it may be; empty: any
  std::string agentClass = {};  ///< its class; empty: as it says
};

/// What a heartbeat says. Texts of JSON are kept as they are.
struct AgentReport {
  std::string agent;
  std::string agentClass;
  std::string kind;
  std::string version;
  std::string flowId;
  std::string manifest;                ///< JSON; empty: not in this one
  std::string status;                  ///< JSON
  std::vector<std::string> bulletins;  ///< JSON, oldest first
};

/// What an acknowledgement says.
struct OrderReport {
  std::string operationId;
  Outcome outcome = Outcome::kNone;
  std::string details;
  std::string answer;    ///< JSON: what was asked for; empty: nothing
  std::string manifest;  ///< JSON; empty: none
};

/// Something that an agent is told to do, as C2 has it.
struct Command {
  std::string id;
  std::string operation;
  std::string operand;
  OrderArguments arguments;
};

struct SignedFlow {
  std::string bytes;
  std::uint64_t serial = 0;
  TargetKind kind = TargetKind::kAgent;
  std::string signature;
};

/// An agent with what it told lately.
struct AgentView {
  Agent agent;
  bool online = false;
  std::uint64_t wanted = 0;  ///< serial of the deployment that it should run; 0: none
  std::string wantedFlow;    ///< its flow's id
  std::string status;        ///< JSON; empty: nothing since the server started
  std::string manifest;      ///< JSON; empty: not told since the server started
  std::vector<std::string> bulletins;
};

class AgentRegistry {
 public:
  static constexpr std::size_t kMostAgents = 10000;
  static constexpr std::size_t kMostFlowBytes = std::size_t{16} << 20;
  static constexpr Nanos kSendAgain = 60 * kSecond;
  static constexpr std::uint32_t kMostTimes = 5;

  /// Reads DATA/agents, or makes it. `onTrouble` hears of agents that refuse a flow.
  static Result<std::unique_ptr<AgentRegistry>> open(
      FileSystem& files, const Clock& clock, std::string data,
      std::function<void(const std::string&)> onTrouble);

  // -- for agents
  /// Nothing when the token or certificate lets nobody in. Without either, only while there is no
  /// enrolment, and where `trusted` says that callers are of this machine.
  std::optional<AgentCaller> admit(std::string_view token, std::string_view certificate,
                                   bool trusted) const;
  Answered<std::vector<Command>> heartbeat(const AgentCaller& caller, AgentReport report);
  Answered<Done> acknowledge(const AgentCaller& caller, const OrderReport& report);
  Answered<SignedFlow> flow(const AgentCaller& caller, std::string_view flowId) const;

  // -- for people
  std::vector<AgentView> agents() const;
  std::optional<AgentView> agent(const std::string& id) const;
  Fleet fleet() const;
  const std::string& publicKey() const { return signer_.publicKey(); }
  /// The token, which nobody sees again.
  Answered<std::string> enrol(const std::string& agent, const std::string& agentClass,
                              const std::string& by);
  Answered<Done> withdraw(const std::string& enrolment);
  Answered<Deployment> deploy(const FleetTarget& target, std::string_view flow,
                              const std::string& by);
  Answered<Order> ask(const std::string& agent, const std::string& operation,
                      const std::string& operand, const OrderArguments& arguments,
                      const std::string& by);
  /// With what it was asked for. Nothing for a number that is none, or is forgotten.
  std::optional<Order> order(std::uint64_t number) const;
  Answered<Done> forget(const std::string& agent);
  /// Keeps when agents were last seen.
  Result<> close();

 private:
  struct Live {
    std::optional<Nanos> seen;
    Nanos gap = 0;
    std::string status;
    std::string manifest;
    std::deque<std::string> bulletins;
    std::uint64_t sentSerial = 0;
    Nanos sentAt = 0;
    std::uint32_t times = 0;
    bool askedManifest = false;
  };

  AgentRegistry(FileSystem& files, const Clock& clock, std::string data, FlowSigner signer,
                std::function<void(const std::string&)> onTrouble);
  Result<> load() MR_REQUIRES(mutex_);
  /// Makes it what is kept; then it is what there is.
  Result<> keep(Fleet next) MR_REQUIRES(mutex_);
  static void prune(Fleet& fleet);
  void removeUnnamedFlows() MR_REQUIRES(mutex_);
  std::string flowPath(std::uint64_t serial) const;
  /// Why a report is not taken; nothing when it is.
  std::optional<Refused> refusal(const AgentCaller& caller, const AgentReport& report) const
      MR_REQUIRES(mutex_);
  void takeIn(AgentReport& report, Agent& agent, Live& live);
  std::vector<Command> commandsFor(const Agent& agent, Live& live, bool& lost) MR_REQUIRES(mutex_);
  void addUpdate(const Agent& agent, Live& live, std::vector<Command>& commands) const
      MR_REQUIRES(mutex_);
  void settle(Agent& agent, std::uint64_t serial, const OrderReport& report) const;
  Answered<Done> acknowledgeFlow(const AgentCaller& caller, const OrderReport& report,
                                 std::string& trouble) MR_REQUIRES(mutex_);
  Answered<Done> acknowledgeOrder(const AgentCaller& caller, const OrderReport& report)
      MR_REQUIRES(mutex_);
  AgentView view(const Agent& agent) const MR_REQUIRES(mutex_);

  FileSystem& files_;
  const Clock& clock_;
  const std::string folder_;
  const FlowSigner signer_;
  const std::function<void(const std::string&)> onTrouble_;
  mutable Mutex mutex_;
  Fleet fleet_ MR_GUARDED_BY(mutex_);
  std::map<std::string, Live> live_ MR_GUARDED_BY(mutex_);
  std::map<std::uint64_t, std::string> answers_ MR_GUARDED_BY(mutex_);  // to orders
};

}  // namespace millrace::server
