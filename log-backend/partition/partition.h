// SPDX-License-Identifier: Apache-2.0
#pragma once
// Partition: one ordered, durable sequence of record batches (FORMAT.md has its files).
//
// Promise: a batch keeps its offset and its bytes for as long as it is kept at all (compaction
// drops records, LogAppendTime stamps them). A batch is durable once sync() returned after its
// append; what was durable is there after any crash, in order, once. Readers see up to the high
// watermark: with Watermark::kDurable the durable end, with kWritten the log end, and never past a
// batch of a session of the engine whose commit is not durable. One whose commit never became so is
// void: skipped by every reader.
// Errors: a refused append changes nothing and names Kafka's error code; a full disk refuses and
// the next append tries again; after a failed sync the partition refuses every append for good.
// Ownership: shared, because it is a Participant of group commits; OpenFiles and the clock outlive
// it. Threads: any. Locks, in this order: maintenance, syncing, state; the first two are held
// during disk work, the last for look-ups in memory, one append, or a roll.

#include "engine/base/random.h"
#include "engine/commit/commit.h"
#include "log-backend/partition/aborted_index.h"
#include "log-backend/partition/leader_epochs.h"
#include "log-backend/partition/log_segment.h"
#include "log-backend/partition/partition_checkpoint.h"
#include "log-backend/partition/producer_states.h"
#include "log-backend/partition/session_batches.h"

#include <limits>

namespace millrace {
class GroupCommit;
}

namespace millrace::log {

class BatchCleaner;

enum class Watermark : std::uint8_t { kDurable, kWritten };
enum class Closed : std::uint8_t { kCleanly, kUnknown };
enum class Isolation : std::uint8_t {
  kReadUncommitted,  ///< up to the high watermark
  kReadCommitted,    ///< up to the last stable offset
  kLogEnd,           ///< everything written; for readers inside the process
};

struct PartitionOptions {
  PartitionConfig config;
  Watermark watermark = Watermark::kDurable;
  /// kUnknown: the store stopped without close(), the leader epoch rises.
  Closed closed = Closed::kCleanly;
  std::uint64_t checkpointBytes = 64U << 20U;  ///< a checkpoint each time so much was synced
  Millis producerExpirationMs = 86'400'000;
  std::uint64_t seed = 0;                  ///< of segment.jitter.ms
  std::uint64_t dedupeBytes = 64U << 20U;  ///< memory of one compaction for keys
  /// Batches of sessions found from here on belong to no durable commit and are voided. By default
  /// nothing is known of commits, and nothing is.
  Offset committedEnd = std::numeric_limits<Offset>::max();
  /// The high watermark or the last stable offset moved. Called without locks.
  std::function<void()> onAdvance;
};

struct AppendResult {
  Refusal refusal;
  Offset baseOffset = kNoOffset;
  Offset lastOffset = kNoOffset;
  Millis logAppendTime = kNoTimestamp;  ///< -1 with CreateTime
  Offset logStart = kNoOffset;
  bool duplicate = false;  ///< it was in the log already
  bool ok() const { return !refusal.refused(); }
};

struct FetchRequest {
  Offset offset = 0;
  std::uint64_t maxBytes = 1U << 20U;
  bool atLeastOneBatch = true;  ///< even when it is larger than maxBytes
  Isolation isolation = Isolation::kReadUncommitted;
};

struct FetchResult {
  Refusal refusal;
  Offset highWatermark = kNoOffset;
  Offset lastStable = kNoOffset;
  Offset logStart = kNoOffset;
  /// Batches, the first of which may begin before the offset asked for and the last of which may
  /// be cut short. No file: nothing to read.
  std::shared_ptr<File> file;
  std::uint64_t position = 0;
  std::uint64_t length = 0;
  /// Where to go on when there is nothing to read: the offset asked for, or behind what is void.
  Offset next = kNoOffset;
  std::vector<AbortedTransaction> aborted;  ///< with kReadCommitted
  bool ok() const { return !refusal.refused(); }
  Result<std::vector<std::byte>> read() const;
};

struct LogBounds {
  Offset logStart = 0;
  Offset highWatermark = 0;
  Offset lastStable = 0;
  Offset logEnd = 0;
  std::int32_t leaderEpoch = 0;
  Offset readEnd = 0;  ///< as far as readers may ever come: logEnd without what is void there
  bool more = false;  ///< something written becomes visible once it, or its commit, is durable
};

class Partition final : public Participant, public std::enable_shared_from_this<Partition> {
 public:
  /// Opens or creates the folder, and recovers: cuts a torn tail, makes lost indexes anew, finishes
  /// an interrupted compaction. Fails when something is damaged that was known to be durable.
  static Result<std::shared_ptr<Partition>> open(OpenFiles& files, const Clock& clock,
                                                 std::string folder, PartitionOptions options);

  /// Takes one record batch, which is stamped in place with what the log decides.
  AppendResult append(std::span<std::byte> batch, Origin origin = Origin::kClient);
  /// Ends the transaction of a producer in this partition.
  AppendResult appendMarker(std::int64_t producerId, std::int16_t producerEpoch,
                            MarkerRecord marker);
  /// Takes a batch of a session. Readers stop before it until decide() or voidBatch().
  AppendResult appendOfSession(std::span<std::byte> batch) {
    return append(batch, Origin::kSession);
  }
  /// The commits of the sessions' batches before the offset are durable.
  void decide(Offset below);
  /// The commit of a session's batch will never be: no reader will see it. When that cannot be
  /// noted on the medium the partition refuses appends until it is opened again.
  void voidBatch(OffsetRange batch);
  /// Batches of sessions that opening found without a commit.
  std::size_t voidedAtOpen() const { return voidedAtOpen_; }
  /// Joins the store's next group; `done` runs once everything appended so far is durable.
  void whenDurable(GroupCommit& commits, std::function<void()> done);
  Result<> sync() override;

  FetchResult fetch(const FetchRequest& request);
  LogBounds bounds() const;
  /// Of the first record at or after a time; -1 and -1 when there is none below the limit.
  Result<TimeAndOffset> findTime(Millis wanted, Isolation isolation);
  /// Of the record with the greatest timestamp; -1 and -1 in an empty log.
  Result<TimeAndOffset> maxTimestamp();
  /// Who writes with a producer id, as far as it is remembered.
  std::vector<std::pair<std::int64_t, ProducerStates::Producer>> producers() const;
  EpochStart endOfEpoch(std::int32_t epoch) const;

  /// Raises the log start; -1: to the high watermark. Durable when it returns.
  struct DeleteResult {
    Refusal refusal;
    Offset logStart = kNoOffset;
  };
  DeleteResult deleteRecords(Offset before);
  /// Retention, which deletes nothing from `floor` on, and forgetting silent producers.
  Result<> maintain(Offset floor = std::numeric_limits<Offset>::max());
  /// One round of compaction, when enough is dirty. True when it changed something.
  Result<bool> compact();
  void configure(PartitionConfig config);
  PartitionConfig config() const;

  /// Makes the next open() cheap: everything synced, and a checkpoint at the end.
  Result<> close();

  std::uint64_t bytes() const;
  std::size_t segments() const;
  const std::string& folder() const { return folder_; }
  /// A checkpoint here and now. A failure leaves the last one in force.
  Result<> checkpoint();

 private:
  struct Durable {
    Offset end = 0;
    Offset segment = 0;
    std::uint64_t position = 0;
  };
  using SegmentPointer = std::shared_ptr<LogSegment>;
  struct Dirty {
    std::vector<SegmentPointer> segments;
    std::vector<std::uint64_t> sizes;
    std::vector<std::shared_ptr<File>> files;
    Durable upTo;
  };

  Partition(OpenFiles& files, const Clock& clock, std::string folder, PartitionOptions options);

  // partition_recovery.cpp
  Result<> recover();
  struct Names;
  Result<Names> look();
  Result<Names> finishInterrupted(Names names);
  Result<> openSegments(const Names& names, const std::optional<PartitionCheckpoint>& point)
      MR_REQUIRES(mutex_);
  /// False: something derived is missing or damaged.
  Result<bool> loadDerived(const Names& names, const PartitionCheckpoint& point)
      MR_REQUIRES(mutex_);
  Result<> deriveAnew(const PartitionCheckpoint& point) MR_REQUIRES(mutex_);
  /// True when something was cut.
  Result<bool> scanTail(const std::optional<PartitionCheckpoint>& point) MR_REQUIRES(mutex_);
  Result<> dropSegmentsFrom(std::size_t index) MR_REQUIRES(mutex_);
  /// Notes what of the sessions' batches below the checkpoint's end is void.
  Result<> voidBefore(const PartitionCheckpoint& point) MR_REQUIRES(mutex_);
  void foundOfSession(const BatchHeader& header) MR_REQUIRES(mutex_);
  Result<> saveVoided(VoidedRanges ranges) MR_REQUIRES(syncing_);

  // partition_append.cpp
  Refusal write(std::span<std::byte> batch, BatchHeader& header, Millis now) MR_REQUIRES(mutex_);
  bool rollDue(const BatchHeader& header, const PartitionConfig& config) MR_REQUIRES(mutex_);
  Result<> roll() MR_REQUIRES(mutex_);
  void takeIn(const BatchHeader& header, ByteView batch, Millis now) MR_REQUIRES(mutex_);
  Offset highWatermark() const MR_REQUIRES(mutex_);
  Offset lastStable() const MR_REQUIRES(mutex_);
  Offset limit(Isolation isolation) const MR_REQUIRES(mutex_);
  Offset withoutVoidEnd(Offset end) const MR_REQUIRES(mutex_);
  Dirty collectDirty() MR_REQUIRES(mutex_);

  // partition_sync.cpp
  Result<> syncData() MR_REQUIRES(syncing_);
  Result<> writeCheckpoint() MR_REQUIRES(syncing_);
  Result<> save(const PartitionCheckpoint& point) MR_REQUIRES(syncing_);
  Result<> saveStart(Offset start);

  // partition_retention.cpp
  Result<Offset> retentionStart(Offset floor);
  Result<> removeSegmentsBelow(Offset start) MR_REQUIRES(maintenance_);

  // partition_compaction.cpp
  struct Cleanable;
  Result<std::optional<Cleanable>> findCleanable() MR_REQUIRES(maintenance_);
  Result<> cleanGroup(BatchCleaner& cleaner, std::span<const SegmentPointer> group)
      MR_REQUIRES(maintenance_);
  Result<> replaceGroup(std::span<const SegmentPointer> group, LogSegment& cleaned)
      MR_REQUIRES(maintenance_);
  Result<> swapIn(std::span<const SegmentPointer> group, LogSegment& cleaned) MR_REQUIRES(mutex_);

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  FileSystem& fileSystem() { return files_.files(); }

  OpenFiles& files_;
  const Clock& clock_;
  const std::string folder_;
  const PartitionOptions options_;

  Mutex maintenance_;
  Mutex syncing_;
  mutable Mutex mutex_;
  PartitionConfig config_ MR_GUARDED_BY(mutex_);
  std::vector<SegmentPointer> segments_ MR_GUARDED_BY(mutex_);  ///< rising; the last is appended to
  Offset logStart_ MR_GUARDED_BY(mutex_) = 0;
  Offset logEnd_ MR_GUARDED_BY(mutex_) = 0;
  Durable durable_ MR_GUARDED_BY(mutex_);
  Offset cleaned_ MR_GUARDED_BY(mutex_) = 0;
  std::int32_t epoch_ MR_GUARDED_BY(mutex_) = 0;
  Millis jitter_ MR_GUARDED_BY(mutex_) = 0;
  Millis activeSince_ MR_GUARDED_BY(mutex_) = 0;  ///< wall clock of the last roll
  Random random_ MR_GUARDED_BY(mutex_);
  ProducerStates producers_ MR_GUARDED_BY(mutex_);
  AbortedIndex aborted_ MR_GUARDED_BY(mutex_);
  LeaderEpochs epochs_ MR_GUARDED_BY(mutex_);
  SessionBatches sessions_ MR_GUARDED_BY(mutex_);
  std::size_t voidedAtOpen_ = 0;  ///< constant once it is open
  bool opening_ MR_GUARDED_BY(mutex_) = true;
  std::optional<Error> failed_ MR_GUARDED_BY(mutex_);

  PartitionCheckpoint saved_ MR_GUARDED_BY(syncing_);
  std::uint64_t syncedSince_ MR_GUARDED_BY(syncing_) = 0;  ///< bytes since the last checkpoint
  std::string savedEpochs_ MR_GUARDED_BY(syncing_);
};

}  // namespace millrace::log
