// SPDX-License-Identifier: Apache-2.0
#pragma once
// GeneratedLife: the life of one generated flow from its seed alone: it runs, is edited, stopped
// and started again, crashes, loses power, meets a full disk, failing writes and a clock that
// jumps. After each of these every FlowFile is looked for: the queues must hold what the journal
// says, and what a processor made must stand in the journal.
//
// Threads: one, and one life at a time on it (TriggerWitness).

#include "engine/base/fault_file_system.h"
#include "tests/harness/commit_ledger.h"
#include "tests/harness/engine_bench.h"
#include "tests/harness/flow_generator.h"
#include "tests/harness/scripted_processes.h"
#include "tests/harness/trigger_witness.h"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace::tests {

class GeneratedLife {
 public:
  enum class Act : std::uint8_t {
    kEdit,
    kRestart,
    kCrash,
    kPowerLoss,
    kWriteFault,
    kSyncFault,
    kFullDisk,
    kClockJump,
    kNewFiles,
  };
  static constexpr std::size_t kActs = 9;
  static constexpr std::array<const char*, kActs> kActNames{
      "edits",        "restarts",   "crashes",     "power losses", "failed writes",
      "failed syncs", "full disks", "clock jumps", "new files"};

  struct Summary {
    CommitLedger::Totals totals;
    std::uint64_t queued = 0;  ///< at the end
    std::uint64_t thrown = 0;
    std::uint64_t leaked = 0;
    std::uint32_t history = 0;  ///< a checksum of everything that became durable
    std::array<std::uint64_t, kActs> acts{};
    std::uint64_t crashesWithQueues = 0;
  };

  GeneratedLife(std::uint64_t seed, Coverage& coverage, PlantedFault planted = PlantedFault::kNone);
  ~GeneratedLife();

  /// An Error says what was lost or went wrong.
  Result<Summary> run();
  const std::string& yaml() const { return yaml_; }

 private:
  enum class End : std::uint8_t { kRunning, kDied };

  Result<> layFiles();
  Result<> addFiles();
  Result<> open();
  Result<End> steps(std::uint64_t count);
  Result<> act(Act act);
  Result<> settleDisk();
  Result<> die(MemoryFileSystem::Crash kind);
  Result<> noteMade(std::uint64_t failuresBefore);
  Result<> catchUp(const repo::DiskStore& store, Lsn upTo);
  Result<> compareQueues();
  Result<> checkAtRest();
  std::uint64_t failures() const;
  std::uint64_t queued() const;
  bool isOverfull() const;
  bool isRetried(ComponentId component) const;

  const std::uint64_t seed_;
  const PlantedFault planted_;
  Random random_;
  VirtualClock clock_;
  FlowGenerator generator_;
  TriggerWitness witness_;
  ScriptedProcesses processes_;
  CommitLedger ledger_;
  std::unique_ptr<MemoryFileSystem> files_;
  std::unique_ptr<EngineBench> bench_;
  std::string yaml_;
  struct Expected {
    FlowFileId flowFile;
    Lsn by;  ///< some commit up to this one speaks of it
  };
  std::vector<Expected> expected_;
  bool faulty_ = false;  ///< something was planted that may make a step fail
  int filesMade_ = 0;
  Summary summary_;
};

}  // namespace millrace::tests
