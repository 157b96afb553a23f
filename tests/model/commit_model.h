// SPDX-License-Identifier: Apache-2.0
#pragma once
// CommitModel: one random life story of a store. Several workers commit a random graph of FlowFiles
// over a file system that loses power, and after each restart everything that was promised is
// compared with what the model remembers.

#include "engine/base/fault_file_system.h"
#include "engine/commit/group_commit.h"
#include "repositories/content/disk_content.h"
#include "repositories/journal/journal.h"
#include "repositories/journal/store_identity.h"
#include "tests/model/model_disk.h"

#include <optional>

namespace millrace::model {

class CommitModel {
 public:
  CommitModel(std::uint64_t seed, PlantedFault planted);
  /// What was broken, in words; nothing when every promise was kept.
  std::optional<std::string> run();

 private:
  struct FlowFile {
    Created facts;
    ContentClaim claim;
    std::shared_ptr<InlineBuffer> buffer;  ///< while its commit is of this life
    std::vector<std::byte> bytes;          ///< inline content as recovery read it
    bool recovered = false;
    bool elided = false;
  };
  using FlowFiles = std::map<std::uint64_t, FlowFile>;
  /// A commit as the model remembers it.
  struct Past {
    Deed deed;
    std::vector<std::byte> record;
    std::vector<std::vector<std::byte>> inlined;
    std::vector<Effect> effects;
  };
  struct Session {
    std::vector<FlowFile> inputs;
    std::vector<FlowFile> outputs;
    Deed deed;
    Commit commit;
    std::vector<std::vector<std::byte>> inlined;
    std::shared_ptr<InlineBuffer> buffer;
  };
  struct Worker {
    std::unique_ptr<ContentAppender> appender;
    std::optional<Session> session;
  };
  struct Snapshot {
    Lsn lsn;
    FlowFiles flowFiles;
    std::set<Batch> batches;
    std::uint64_t consumed = 0;
  };

  // Between two crashes (commit_model_life.h).
  void step();
  Result<> prepare(Worker& worker);
  Result<> addOutput(Worker& worker, Session& session);
  Result<> addEffect(Session& session);
  void commit(Worker& worker);
  void rollBack(Worker& worker);
  Result<std::uint64_t> nextId();
  void planFault();
  void takeSnapshot();
  void checkCounts();

  // At a restart (commit_model_restart.h).
  bool restart();
  Result<> openStore();
  Result<> replay();
  void replayCommit(const CommitView& commit);
  void checkContent(const FlowFile& flowFile);
  void checkEffectsOfLost(Lsn last);
  void closeLife();
  void finish();

  void broken(const std::string& what) {
    if (!failure_.has_value()) failure_ = what;
  }
  std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }

  Random random_;
  PlantedFault planted_;
  std::unique_ptr<MemoryFileSystem> files_;
  VirtualClock clock_;
  std::optional<std::string> failure_;
  bool processMode_ = false;
  std::uint64_t journalBytes_ = 0;
  std::uint64_t contentBytes_ = 0;
  std::uint64_t groupBytes_ = 0;
  log::Space space_ = log::Space::kReserved;

  // What the model knows of the store's whole life.
  std::map<std::uint64_t, Past> history_;  ///< by LSN
  std::set<std::uint64_t> idsEver_;
  std::uint64_t acknowledged_ = 0;  ///< the greatest LSN that somebody was told is durable
  Snapshot snapshot_;
  std::uint64_t nextSource_ = 1;

  // One life; members below are destroyed in reverse order.
  std::unique_ptr<repo::StoreIdentity> identity_;
  std::unique_ptr<repo::Journal> journal_;
  std::unique_ptr<repo::DiskContent> content_;
  std::shared_ptr<ModelPartition> partition_;
  std::unique_ptr<GroupCommit> commits_;
  std::vector<Worker> workers_;
  FlowFiles visible_;
  std::set<Batch> batches_;
  std::uint64_t consumed_ = 0;
  repo::StoreIdentity::IdRange ids_;
};

}  // namespace millrace::model
