// SPDX-License-Identifier: Apache-2.0
#pragma once
// AgentHost: one flow on one data directory, put together without what only a server needs: no
// database beside the provenance blocks, no log. Its directory has the server's format, so that a
// server's commands can look into it. With Durability::kNone there is no directory and no
// provenance. Owner: the program. Threads: one, but for the two callbacks of its options.

#include "engine/control/flow_controller.h"
#include "engine/flow/flow.h"
#include "engine/net/network.h"
#include "repositories/store/disk_store.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace::agent {

struct AgentHostOptions {
  std::string data;
  Durability durability = Durability::kPower;
  engine::ParameterOverrides parameters;
  std::uint32_t workers = 0;
  std::uint64_t queueMemory = 64ULL << 20;
  engine::DiskBudgetSettings diskBudget;  ///< over all connections
  Nanos drain = 10 * kSecond;
  bool provenance = true;
  std::optional<std::uint64_t> provenanceBytes;
  std::optional<Millis> provenanceAge;
  /// Where the flow's public ports are served; nothing: nowhere.
  std::optional<net::ListenOptions> siteToSite;
  engine::Bulletins::Listener onBulletin;  ///< from any thread
  std::function<void()> onFailure;         ///< from any thread: nothing can be written any more
};

class AgentHost {
 public:
  /// Opens and recovers the data directory and loads the flow; nothing runs yet. User faults (the
  /// flow, a locked directory) and damage come back as Errors.
  static Result<std::unique_ptr<AgentHost>> open(const flow::Flow& flow, AgentHostOptions options);
  ~AgentHost();

  Result<> start();
  /// Makes a flow the running one; what is refused changes nothing.
  Result<> apply(const flow::Flow& flow);
  /// Stops the components, makes everything durable and closes the directory cleanly. The paths of
  /// processors that had to be terminated.
  Result<std::vector<std::string>> stop();

  engine::FlowController& controller();
  engine::Store& store();
  net::Network& network();
  /// Of site-to-site; 0: it is not served.
  std::uint16_t siteToSitePort() const;
  const Clock& clock() const;
  /// Queues found in the directory whose connection the flow does not have: names and counts.
  const std::vector<std::string>& parked() const;
  /// Set when a write or sync failed and everything stopped.
  bool failed() const;

 private:
  struct Parts;
  explicit AgentHost(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace millrace::agent
