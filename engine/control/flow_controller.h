// SPDX-License-Identifier: Apache-2.0
#pragma once
// FlowController: makes a running flow of a flow graph and changes it while it runs. Commands in,
// snapshots out.
//
// apply() is the one way in: the first call loads, each later one edits. It compiles and checks
// everything before it touches anything, so that a refused flow changes nothing. Components and
// connections are known by id: what stays keeps its queue, state and statistics; what changes is
// stopped for the moment of the change; what goes leaves its queue parked until it is empty.
// Threads: commands from one thread at a time; snapshots from any.

#include "engine/connection/queue_memory.h"
#include "engine/control/bulletins.h"
#include "engine/control/component.h"
#include "engine/control/flow_plan.h"
#include "engine/control/group_gate.h"
#include "engine/control/public_port.h"
#include "engine/control/service_host.h"
#include "engine/schedule/scheduler.h"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace millrace::engine {

struct ControllerOptions {
  SchedulerOptions scheduler;
  /// Values that win over those of the flow file, in every group.
  ParameterOverrides parameters;
  /// Budget of all queues together. A bulletin tells of a failure, too.
  QueueMemory::Options queueMemory;
  /// What may wait in all queues together, those that are parked included; nothing: no limit.
  DiskBudgetSettings diskBudget;
  /// How long apply() and stop() wait for the slices of a component that must stop.
  Nanos stopPatience = 10 * kSecond;
  /// What apply() does with a flow in which some component cannot run.
  Incomplete incomplete = Incomplete::kRefuse;
  /// Told of everything that the engine and its components say.
  Bulletins::Log onRemark;
};

struct ComponentSnapshot {
  ComponentId id;
  std::string path;
  std::string_view type;
  ComponentState state = ComponentState::kStopped;
  std::uint64_t in = 0, inBytes = 0, out = 0, outBytes = 0, removed = 0, triggers = 0, slices = 0,
                failures = 0, bytesRead = 0, bytesWritten = 0;
  Nanos busy = 0;
  std::uint32_t activeThreads = 0;
  std::string invalid;       ///< why it can never run as it is configured, a line for each reason
  std::string startProblem;  ///< why its latest start failed; empty: it did not
};

/// Of a component, over the last minutes; nothing where nothing was done.
struct ComponentLatencies {
  ComponentId id;
  std::optional<LatencyHistogram::Figures> queueing;
  std::optional<LatencyHistogram::Figures> processing;
};

/// What a component did since it was made.
struct ComponentTotals {
  std::uint64_t in = 0, out = 0, inBytes = 0, outBytes = 0, read = 0, written = 0, tasks = 0;
  Nanos busy = 0;
  bool operator==(const ComponentTotals&) const = default;
};

/// Of a component what changes while it works, without its names: of ten thousand in a moment.
struct ComponentFigures {
  ComponentId id;
  ComponentState state = ComponentState::kStopped;
  ComponentTotals totals;
  std::uint32_t activeThreads = 0;
  std::optional<LatencyHistogram::Figures> queueing;
  std::optional<LatencyHistogram::Figures> processing;
  std::string invalid;       ///< as in ComponentSnapshot
  std::string startProblem;  ///< as in ComponentSnapshot
  bool operator==(const ComponentFigures&) const = default;
};

struct ConnectionFigures {
  ConnectionId id;
  QueueStatus queue;
};

struct ConnectionSnapshot {
  ConnectionId id;
  std::string path;
  QueueStatus queue;
  bool parked = false;  ///< its connection is gone from the flow
};

class FlowController {
 public:
  using FindService =
      std::function<ControllerService*(std::string_view group, std::string_view name)>;

  FlowController(Store& store, World world, FindProcessorType findType, FindServiceType findService,
                 ControllerOptions options);
  ~FlowController();
  FlowController(const FlowController&) = delete;
  FlowController& operator=(const FlowController&) = delete;

  /// Makes the running flow be this one. The Error lists every component that cannot be. The flow
  /// must be linked.
  Result<> apply(const flow::Flow& flow);
  /// How many flows were taken over: rises in an apply() that is not refused, even where something
  /// of the flow does not start. On the thread that applies.
  std::uint64_t revision() const { return revision_; }
  /// Other values of sensitive parameters, which the next apply() takes; whoever uses one that is
  /// another now starts anew. Never while another thread applies.
  void giveSecrets(ParameterValues secrets) { options_.parameters.secrets = std::move(secrets); }
  /// What recovery found in a queue. Before start(); a queue that the flow does not have is parked.
  void restoreQueue(ConnectionId id, std::vector<RestoredBatch> batches);
  /// Starts every component whose state says so. Errors of single components become bulletins; the
  /// first is returned.
  Result<> start();
  /// No new slices; returns when the last one ended. Processors that do not end within the patience
  /// are terminated; their paths are returned.
  std::vector<std::string> stop();
  /// Gives up the threads of a processor that was stopped but does not end. What they have in hand
  /// is back in its queues when this returns (of a thread within a call of the engine: when that
  /// call ends), they can have no effect any more, and others take their places among the workers.
  /// The processor is a fresh instance, stopped; the next apply() starts, changes or removes it. An
  /// Error when it is no processor, or runs and was not stopped.
  Result<> terminate(ComponentId id);
  /// Paths of components with a thread that was given up and has not come back. The destructor
  /// waits for them: a program that must end ends without it.
  std::vector<std::string> hanging() const;
  /// One trigger of a stopped component: waits for its end, an Error when that takes longer than
  /// the patience. False: it had nothing to do now, or no worker had the time.
  Result<bool> runOnce(ComponentId id);
  /// Tries again to start a component that the flow wants to run and that did not start.
  Result<> startAgain(ComponentId id);
  /// Services that are not enabled though the flow wants them: why, by path.
  std::map<std::string, std::string> serviceProblems() const { return services_.problems(); }
  /// Runs one slice on this thread, for a controller that was never started: after
  /// startComponents().
  bool runOne() { return scheduler_.runOne(); }
  /// As start(), without threads.
  Result<> startComponents();
  std::optional<Nanos> nextTimer() const { return scheduler_.nextTimer(); }

  /// For an operator's session; null when the flow has no such connection.
  std::shared_ptr<FlowFileQueue> queue(ConnectionId id) const;
  /// As queue(), of a connection that is gone from the flow; null when nothing is parked of it.
  std::shared_ptr<FlowFileQueue> parked(ConnectionId id) const;

  /// Ports that other programs may use, by path.
  std::vector<PublicPort> publicPorts() const;
  /// A client's transaction at one of them; an Error when it does not run. From any thread.
  Result<std::unique_ptr<PortVisit>> visit(ComponentId id);

  /// True when nothing is queued, held or running and every source is exhausted.
  bool isIdle() const;
  /// Running sources that can never be exhausted.
  std::vector<std::string> endlessSources() const;

  /// In the order of the flow file.
  std::vector<ComponentSnapshot> components() const;
  /// Of all components; costs more than the sums.
  std::vector<ComponentLatencies> latencies() const;
  std::vector<ConnectionSnapshot> connections() const;
  /// Of all components, by id.
  std::vector<ComponentFigures> figures() const;
  /// Of all connections and of what is parked, by id.
  std::vector<ConnectionFigures> queues() const;
  Bulletins& bulletins() { return bulletins_; }
  /// Rises whenever something happened.
  std::uint64_t changes() const { return changes_.load(); }

 private:
  std::shared_ptr<QueueMemory> makeQueueMemory();
  std::shared_ptr<FlowFileQueue> makeQueue(ConnectionId id, std::string name,
                                           QueueSettings settings) const;
  struct Node {  // of the present flow
    std::shared_ptr<Component> component;
    std::string fingerprint;  // of what a change of must stop it
    bool shouldRun = false;
    bool disabled = false;
    PublicAccess access = PublicAccess::kNone;
    bool isOpen = false;
    std::size_t position = 0;  // in the flow file
    std::string invalid;
    std::string startProblem;
  };
  struct Wire {
    std::shared_ptr<FlowFileQueue> queue;
    ComponentId from;
    ComponentId to;
  };

  /// False when it did not end within that time.
  bool stopComponent(const std::shared_ptr<Component>& component, Nanos patience);
  void abandon(const std::shared_ptr<Component>& component);
  /// ProcessContext::wake() of the component calls it to work.
  void letWakeItself(const std::shared_ptr<Component>& component);
  void wakeOn(const Wire& wire) MR_REQUIRES(mutex_);
  Result<> startComponent(const Node& node);
  /// Of a public port: clients may use it now.
  bool isServing(const Node& node) const;
  ComponentState stateOf(const Node& node) const MR_REQUIRES(mutex_);
  Result<> refuseOrStop(const std::vector<ServiceProblem>& problems, FlowPlan& plan) const;
  void restartWithServices(PlannedComponent& component) const;
  void removeGone(const FlowPlan& plan);
  void makeQueues(const FlowPlan& plan);
  std::vector<ComponentId> makeComponents(const FlowPlan& plan);
  void wireComponents(const FlowPlan& plan);
  using Gates = std::map<ComponentId, std::shared_ptr<PortGate>>;
  /// The gates of ports; wakes their ports when a queue that they watch is empty.
  Gates makeGates(const FlowPlan& plan) MR_REQUIRES(mutex_);

  Store& store_;
  const World world_;
  const FindProcessorType findType_;
  ControllerOptions options_;  // of it, secrets change: by the thread that applies
  Bulletins bulletins_;
  const std::shared_ptr<QueueMemory> queueMemory_;
  const std::shared_ptr<DiskBudget> diskBudget_;  // null: none
  ServiceHost services_;
  std::atomic<std::uint64_t> changes_{0};
  Scheduler scheduler_;
  std::atomic<bool> started_{false};
  bool threads_ = false;
  std::uint64_t revision_ = 0;
  std::map<flow::ElementId, std::shared_ptr<TaskLimit>> limits_;

  mutable Mutex mutex_;  // of the maps, against snapshots
  std::map<ComponentId, Node> nodes_ MR_GUARDED_BY(mutex_);
  std::map<ConnectionId, Wire> wires_ MR_GUARDED_BY(mutex_);
  std::map<ConnectionId, std::shared_ptr<FlowFileQueue>> parked_ MR_GUARDED_BY(mutex_);
  /// Gone from the flow, but not at their end yet.
  std::map<ComponentId, std::shared_ptr<Component>> leaving_ MR_GUARDED_BY(mutex_);
  /// Their threads keep them alive.
  std::vector<std::weak_ptr<Component>> abandoned_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::engine
