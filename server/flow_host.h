// SPDX-License-Identifier: Apache-2.0
#pragma once
// FlowHost: one flow on one data directory of this machine: world, store, recovery and controller
// put together. With Durability::kNone there is no directory, no file and no provenance. Owner: a
// command. Threads: one, but for what controller() and store() allow.

#include "engine/control/flow_controller.h"
#include "engine/flow/flow.h"
#include "host/flow_names.h"
#include "repositories/store/disk_store.h"
#include "server/log_host.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace::server {

struct HostOptions {
  std::string data;  ///< the data directory
  Durability durability = Durability::kPower;
  /// Sizes of the data directory's files, bytes; absent: the store's own defaults.
  std::optional<std::uint64_t> journalSegment;
  std::optional<std::uint64_t> snapshotEvery;
  std::optional<std::uint64_t> contentSegment;
  engine::ParameterOverrides parameters;
  engine::SchedulerOptions scheduler;
  engine::Bulletins::Listener onBulletin;
  engine::Bulletins::Log onRemark;  ///< told of everything that is said, bulletin or not
  engine::Incomplete incomplete = engine::Incomplete::kRefuse;
  bool provenance = true;
  Millis archiveAge = 0;  ///< how long contents are kept for replay after their last use
  /// Of a group's commits one in that many leaves events, by the group's path; 0: none.
  std::map<std::string, std::uint32_t> sampling;
  std::uint64_t queueMemory = 256ULL << 20;  ///< bytes of queued FlowFiles in memory
  /// The directory's log; none: the flow has none. `data` is filled in.
  std::optional<LogHostOptions> log;
  /// How long requests to the log that are under way may take when it stops.
  Nanos logPatience = 10 * kSecond;
  /// How long stop() waits for the slices that run before it terminates them.
  Nanos stopPatience = 10 * kSecond;
};

class FlowHost {
 public:
  /// Opens and recovers the data directory and loads the flow; nothing runs yet. User faults (the
  /// flow, a locked directory) and damage come back as Errors.
  static Result<std::unique_ptr<FlowHost>> open(const flow::Flow& flow, HostOptions options);
  ~FlowHost();

  Result<> start();
  /// Stops the components, makes everything durable and closes the directory cleanly.
  Result<> stop();
  /// Processors that stop() had to terminate. While controller().hanging() names one, the host
  /// cannot be destroyed without waiting for it.
  const std::vector<std::string>& terminated() const;

  /// Makes a flow the running one; what it cannot do it tells in bulletins.
  void apply(const flow::Flow& flow);

  engine::FlowController& controller();
  const Clock& clock() const;
  net::Network& network();
  const expression::EvaluationEnvironment& expressions() const;
  /// Not with Durability::kNone.
  repo::DiskStore& store();
  /// Null without one.
  LogHost* log();
  /// What operators' sessions work on.
  engine::Store& sessions();
  const engine::Counters& counters() const;
  /// Queues found in the directory whose connection the flow does not have: names and counts.
  const std::vector<std::string>& parked() const;
  /// What happened to FlowFiles; null where that is not kept.
  ProvenanceRepository* provenance();
  /// What numbers are called, those of components and connections that are gone included.
  Result<host::FlowNames> names() const;
  /// FlowFiles found in queues.
  std::uint64_t recovered() const;
  /// Set when a write or sync failed and everything stopped.
  bool failed() const;

 private:
  struct Parts;
  explicit FlowHost(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace millrace::server
