// SPDX-License-Identifier: Apache-2.0
#pragma once
// Journal: the commits of one store on disk. FORMAT.md has the grammar.
//
// Promise: as JournalSink says. A durable sector is never written again; a segment counts after its
// folder is synced. Errors: damage refuses to open (journal_recovery.h); a failed append or sync
// makes every later one fail. Ownership: the file system outlives it. Threads: append and sync from
// the disk writer; reserve, cutBelow and reading from any thread.

#include "engine/commit/journal_sink.h"
#include "repositories/journal/journal_reader.h"
#include "repositories/journal/journal_recovery.h"

#include <atomic>
#include <functional>

namespace millrace::repo {

struct JournalOptions {
  std::uint64_t segmentBytes = 16ULL << 20U;
  std::uint64_t snapshotReserve = 16ULL << 20U;  ///< kept free beyond what commits asked for
  std::size_t mostSpares = 4;
  /// Of segments that are not cut yet: past it commits wait, and fail when nothing is cut for a
  /// while, so that a reader that lags does not fill the disk.
  std::uint64_t mostBytes = 8ULL << 30U;
  log::Space space = log::Space::kReserved;
  Damage damage = Damage::kRefuse;
  /// Called by the disk writer after each sync; must not wait long.
  std::function<void()> onSynced;
  PlantedFault plantedForTests = PlantedFault::kNone;
};

/// What a journal must know of its store (store_identity.h).
struct JournalIdentity {
  StoreId store;
  std::uint64_t epoch = 1;  ///< of this opening; greater than of any before
  Lsn cleanDurable;
};

class Journal final : public JournalSink {
 public:
  /// Cuts a torn tail, durably, before it returns.
  static Result<std::unique_ptr<Journal>> open(FileSystem& files, const std::string& path,
                                               JournalIdentity identity, JournalOptions options);

  /// What recovery found.
  const RecoveredJournal& recovered() const { return recovered_; }

  Result<> reserve(std::uint64_t bytes) override;
  Result<> append(const JournalGroup& group) override;
  Result<> sync() override;

  /// Reads commits from `from` to `upTo`, which must be durable or found by recovery.
  Result<JournalReader> read(Lsn from, Lsn upTo) const;
  /// Gives up whole segments whose commits are all before `mark`, for reuse.
  Result<> cutBelow(Lsn mark);
  /// Space a snapshot may need from now on, bytes.
  void setSnapshotReserve(std::uint64_t bytes) { snapshotReserve_ = bytes; }
  /// Bytes of groups written since it was opened.
  std::uint64_t bytesAppended() const { return appended_.load(); }
  std::size_t segmentCount() const { return segments_->numbers().size(); }

 private:
  Journal(std::unique_ptr<log::SegmentDirectory> segments, JournalIdentity identity,
          const JournalOptions& options)
      : segments_(std::move(segments)),
        identity_(identity),
        onSynced_(options.onSynced),
        planted_(options.plantedForTests),
        mostBytes_(options.mostBytes),
        snapshotReserve_(options.snapshotReserve) {}
  Result<> prepare(const RecoveredJournal& found);
  Result<> roll(Lsn first, Lsn continued = Lsn(0));
  Result<> writeFrame(const JournalGroup& group, std::span<const ByteView> parts,
                      std::uint64_t length, std::uint32_t part, bool more);
  std::uint64_t room() const;
  /// Waits while too much of the journal is not cut yet.
  Result<> awaitReaders();

  struct Segment {
    std::uint64_t number = 0;
    Lsn first;
    bool synced = false;  ///< its header is on the medium
  };

  std::unique_ptr<log::SegmentDirectory> segments_;
  const JournalIdentity identity_;
  const std::function<void()> onSynced_;
  const PlantedFault planted_;
  const std::uint64_t mostBytes_;
  RecoveredJournal recovered_;
  // Disk writer's own.
  std::shared_ptr<File> file_;
  std::vector<std::shared_ptr<File>> unsynced_;  ///< shared: a file may still be the open one
  std::uint64_t number_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t fileBytes_ = 0;  ///< of file_; an older one may have another size than new ones
  bool broken_ = false;
  // Shared.
  std::atomic<std::uint64_t> roomLeft_{0};
  std::atomic<std::uint64_t> appended_{0};
  std::atomic<std::uint64_t> snapshotReserve_;
  Mutex preparing_;  ///< one thread at a time makes spares
  mutable Mutex mutex_;
  Condition cut_;
  std::vector<Segment> live_ MR_GUARDED_BY(mutex_);
  std::atomic<std::size_t> liveCount_{0};  ///< of live_, to be read without the lock
};

}  // namespace millrace::repo
