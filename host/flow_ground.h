// SPDX-License-Identifier: Apache-2.0
#pragma once
// FlowGround: what a running flow stands on, in every program that runs one: the machine's world
// (clock, files, network, processes, chance) and a store, which is a data directory, or memory with
// Durability::kNone. A program adds its provenance, its log and a FlowController.
//
// Promise: opening a directory recovers it; restore() hands what it found to the controller.
// Ownership: it outlives the controller and everything that the program adds. Threads: one, but for
// the callbacks of its options and failed().

#include "engine/base/slewed_clock.h"
#include "engine/control/flow_controller.h"
#include "engine/net/network.h"
#include "repositories/provenance/blocks/provenance_blocks.h"
#include "repositories/store/disk_store.h"
#include "repositories/store/memory_store.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace millrace::host {

struct FlowGroundOptions {
  std::string data;  ///< the data directory; not used with Durability::kNone
  Durability durability = Durability::kPower;
  /// Sizes of the directory's files; its callbacks and its durability are filled in.
  repo::DiskStoreOptions disk;
  std::function<void()> onFailure;  ///< from any thread: nothing can be written any more
};

class FlowGround {
 public:
  explicit FlowGround(FlowGroundOptions options);
  ~FlowGround();

  /// Opens and recovers the store. User faults (a locked directory) and damage come as Errors.
  Result<> open();
  /// Whom the store tells of durable commits; before start().
  void keep(std::unique_ptr<repo::ProvenanceBlocks> provenance);
  /// From now on bulletins of the store go to this controller; null before it is destroyed.
  void serve(engine::FlowController* controller) { controller_ = controller; }
  /// Hands what recovery found to the controller and names what the flow does not have.
  Result<> restore(repo::StoreImage image);
  /// What the numbers in the directory are called, for whoever looks at it when nothing runs.
  Result<> saveNames();
  void start();
  /// Everything durable, the directory closed cleanly. Nobody commits any more.
  Result<> stop();

  engine::World world(millrace::log::Log* log = nullptr);
  engine::Store& store() { return *store_; }
  /// Null with Durability::kNone.
  repo::DiskStore* disk() { return disk_.get(); }
  repo::ProvenanceBlocks* provenance() { return provenance_.get(); }
  FileSystem& files() { return *files_; }
  net::Network& network() { return *network_; }
  Clock& clock() { return clock_; }
  const expression::EvaluationEnvironment& expressions() const { return environment_; }
  const engine::Counters& counters() const { return counters_; }
  /// A bulletin of the engine itself.
  void raise(BulletinLevel level, const std::string& text);

  /// Queues found in the directory whose connection the flow does not have: names and counts.
  const std::vector<std::string>& parked() const { return parked_; }
  /// FlowFiles found in queues.
  std::uint64_t recovered() const { return recovered_; }
  /// A write or sync failed, and everything stopped.
  bool failed() const { return failed_; }
  void fail();

 private:
  GroupCommitOptions commitOptions();
  Result<> openDisk();
  Result<> openMemory();

  // In the order in which they depend on each other; destroyed in the other one.
  FlowGroundOptions options_;
  std::atomic<engine::FlowController*> controller_{nullptr};
  SystemClock clock_;
  SlewedClock ages_;
  Random random_;
  std::unique_ptr<FileSystem> files_;
  std::unique_ptr<net::Network> network_;
  std::unique_ptr<ProcessRunner> processes_;
  expression::SystemMachine machine_;
  expression::AttributeMap variables_;
  std::atomic<std::int64_t> nextInt_{0};
  expression::EvaluationEnvironment environment_;
  std::atomic<std::uint64_t> chance_;
  std::atomic<bool> failed_{false};
  std::unique_ptr<repo::ProvenanceBlocks> provenance_;
  std::unique_ptr<repo::DiskStore> disk_;
  std::unique_ptr<repo::MemoryStore> memory_;  // instead, with Durability::kNone
  engine::StateTable state_;
  engine::Counters counters_;
  std::unique_ptr<engine::FlowFileIds> ids_;
  std::unique_ptr<engine::Store> store_;
  std::vector<std::string> parked_;
  std::uint64_t recovered_ = 0;
};

}  // namespace millrace::host
