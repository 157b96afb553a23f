// SPDX-License-Identifier: Apache-2.0
#pragma once
// EngineBench: a whole engine (store, recovery, controller) on any file system and a clock that
// moves when told, without threads: one order of events for one flow and one seed.
//
// Destroying it without close() is a crash of the process.

#include "engine/base/clock.h"
#include "engine/base/file_system.h"
#include "engine/base/planted_fault.h"
#include "engine/base/slewed_clock.h"
#include "engine/control/flow_controller.h"
#include "engine/control/stepped_run.h"
#include "repositories/store/disk_store.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>

namespace millrace::tests {

struct EngineBenchOptions {
  engine::FindProcessorType findType;  ///< empty: the program's own
  ProcessRunner* processes = nullptr;  ///< null: those of the operating system
  /// Called before each round of maintenance, which may cut the journal.
  std::function<Result<>(repo::DiskStore&)> beforeMaintenance;
  PlantedFault plantedForTests = PlantedFault::kNone;
  Nanos stopPatience = 10 * kSecond;  ///< of the steady clock; matters with threads only
  engine::DiskBudgetSettings diskBudget;
  engine::Bulletins::Log onRemark;  ///< told of everything that is said
};

class EngineBench {
 public:
  EngineBench(FileSystem& files, VirtualClock& clock, std::uint64_t seed,
              EngineBenchOptions options = {});
  ~EngineBench();

  /// Opens "data", loads the flow and starts its components.
  Result<> open(std::string_view yaml);
  /// Everything is in place, though some component may have refused to start.
  bool isOpen() const { return open_; }
  /// One slice, one group commit, or one move of the clock to the next timer. False when nothing is
  /// left that could ever happen. An Error is that of the disk.
  Result<bool> step();
  /// Steps until the flow is idle; an Error when it is not after so many.
  Result<> runUntilIdle(int mostSteps = 200'000);
  /// Live edit.
  Result<> edit(std::string_view yaml);
  Result<> close();

  engine::FlowController& controller() { return *controller_; }
  repo::DiskStore& store() { return *disk_; }
  std::uint64_t recovered() const { return recovered_; }
  /// True while the store puts itself in order, and after a step that failed in the midst of that.
  bool maintaining() const { return maintaining_; }
  /// Called before each round of maintenance, so that a test can aim at it.
  void beforeMaintenance(std::function<void()> hook) {
    options_.beforeMaintenance = [hook = std::move(hook)](repo::DiskStore&) -> Result<> {
      hook();
      return Done{};
    };
  }
  /// Of that name, over all components.
  std::int64_t counter(const std::string& name) const;

 private:
  FileSystem& files_;
  VirtualClock& clock_;
  SlewedClock slewed_;
  Random random_;
  EngineBenchOptions options_;
  std::unique_ptr<net::Network> network_;
  std::unique_ptr<ProcessRunner> processes_;
  expression::AttributeMap variables_;
  expression::SystemMachine machine_;
  std::atomic<std::int64_t> nextInt_{0};
  std::atomic<std::uint64_t> chance_;
  expression::EvaluationEnvironment environment_;
  std::unique_ptr<repo::DiskStore> disk_;
  engine::StateTable state_;
  engine::Counters counters_;
  std::unique_ptr<engine::FlowFileIds> ids_;
  std::unique_ptr<engine::Store> store_;
  std::unique_ptr<engine::FlowController> controller_;
  std::unique_ptr<engine::SteppedRun> run_;
  std::uint64_t recovered_ = 0;
  bool open_ = false;
  bool maintaining_ = false;
};

}  // namespace millrace::tests
