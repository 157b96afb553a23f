// SPDX-License-Identifier: Apache-2.0
#pragma once
// DiskStore: one data directory: identity, journal, snapshot and content, opened, recovered and
// kept in order.
//
//   DIR/store      identity and lock       DIR/journal/   commits
//   DIR/snapshot   image up to some LSN    DIR/content/   content too large for the journal
//   DIR/pages/     queued FlowFiles that left memory; of no use to anybody after this process
//   (DIR/provenance/ belongs to the sink that setProvenance() names)
//
// Promise: what open() recovered is the durable prefix of what was committed; damage is an Error
// that names the place, never a silent loss. While started, a background thread merges the durable
// journal into the snapshot, cuts the journal behind it and gives content space back. Ownership:
// files and clock outlive it. Threads: open, takeImage, start and stop from one; commits() from
// any.

#include "engine/base/clock.h"
#include "engine/base/file_system.h"
#include "engine/base/random.h"
#include "engine/commit/group_commit.h"
#include "engine/ports/provenance_repository.h"
#include "repositories/content/disk_content.h"
#include "repositories/journal/journal.h"
#include "repositories/journal/store_identity.h"
#include "repositories/journal/store_image.h"
#include "repositories/pages/disk_pages.h"
#include "repositories/store/replay.h"

#include <atomic>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>

namespace millrace::repo {

struct DiskStoreOptions {
  GroupCommitOptions commit;
  JournalOptions journal;
  DiskContentOptions content;
  /// What lies behind the snapshot before it is merged: bytes of journal, or FlowFiles taken and
  /// queued, whichever comes first. The second bounds the time that reopening takes.
  std::uint64_t snapshotEveryBytes = 64ULL << 20;
  std::uint64_t snapshotEveryFlowFiles = 2'000'000;
  /// A clean stop merges more than so many FlowFiles, so that the next start is quick.
  std::uint64_t mergeAtStopFlowFiles = 200'000;
  std::uint64_t stepBytes = 32ULL << 20;  ///< most of one merge, in bytes of journal …
  std::uint64_t stepFlowFiles =
      1'000'000;  ///< … and in FlowFiles taken and queued, which bounds its memory
  /// The longest pause between two rounds of maintenance while there is something to do; a round
  /// that the journal's growth makes due begins at once.
  Nanos maintenanceEvery = kSecond;
  /// With provenance the journal is merged at least this often, when there is something, so that
  /// events can be searched; a merge that takes long waits fifty times as long for the next.
  Nanos provenanceEvery = 10 * kSecond;
  std::uint64_t lagBytes = 1ULL << 30;  ///< of journal not merged yet, for a bulletin
  /// One sentence about maintenance that fails.
  std::function<void(const std::string&)> onBulletin;
};

class DiskStore {
 public:
  static Result<std::unique_ptr<DiskStore>> open(FileSystem& files, const std::string& path,
                                                 const Clock& clock, Random& random,
                                                 DiskStoreOptions options);
  ~DiskStore();

  GroupCommit& commits() { return *commits_; }
  DiskContent& content() { return *content_; }
  const std::shared_ptr<DiskPages>& pages() { return pages_; }
  StoreIdentity& identity() { return *identity_; }
  /// For readers of what is durable (JournalReader).
  const Journal& journal() const { return *journal_; }
  /// What recovery found; afterwards it is gone from here.
  StoreImage takeImage() { return std::move(image_); }

  /// Whom the merges tell of every durable commit; before start(). It outlives the store's use.
  void setProvenance(ProvenanceSink* sink) { provenance_ = sink; }
  /// The last commit that the snapshot holds; before start(), or between calls of maintain().
  Lsn snapshot() const { return snapshotLsn_; }

  void start();
  /// Everything durable, effects run, identity marked clean. Nobody commits any more.
  Result<> stop();
  /// One round of maintenance, for callers without start(). kAll merges even a short journal. Gives
  /// the bytes of content that it gave back.
  enum class Effort : unsigned char { kWhenDue, kAll };
  Result<std::uint64_t> maintain(Effort effort = Effort::kWhenDue);
  /// While one lives nothing that is on the medium goes, is recycled or is changed in place: no
  /// merges, no space of contents given back. The journal grows meanwhile. The store outlives it.
  class Stillness {
   public:
    explicit Stillness(DiskStore& store) : store_(store) {}
    Stillness(const Stillness&) = delete;
    Stillness& operator=(const Stillness&) = delete;
    ~Stillness();

   private:
    DiskStore& store_;
  };
  /// Waits for the round of maintenance that runs. Any thread.
  std::unique_ptr<Stillness> keepStill();
  /// While started: waits until the background thread merged what is on the medium now, so that its
  /// events can be searched; false when that did not happen within the time. Any thread.
  bool mergeNow(Nanos atMost);
  /// The background thread sleeps until something is committed, released or asked for: no time that
  /// passes wakes it. Any thread.
  bool maintenanceRests() const { return resting_; }
  /// How often it woke and looked, since start().
  std::uint64_t maintenanceRounds() const { return rounds_; }

 private:
  DiskStore(FileSystem& files, std::string path, const Clock& clock, DiskStoreOptions options)
      : files_(files), path_(std::move(path)), clock_(clock), options_(std::move(options)) {}
  Result<> recover();
  Result<std::uint64_t> maintenanceRound(Effort effort);
  /// Merges one step of the journal into the snapshot. False when nothing was left to merge.
  Result<bool> mergeStep(Lsn upTo);
  bool isMergeDue(Lsn synced, Effort effort) const;
  void watchLag();
  /// Bytes of journal that are not in the snapshot.
  std::uint64_t bytesBehind() const {
    return bytesFound_ + journal_->bytesAppended() - bytesAtSnapshot_;
  }
  std::uint64_t flowFilesBehind() const {
    return flowFilesFound_ + commits_->flowFilesWritten() - flowFilesAtSnapshot_;
  }
  void maintenanceLoop(const std::stop_token& stop);
  /// Maintenance may have work; one atomic step while it does not rest.
  void stir();
  /// Until something stirs that was not counted in `seen`, somebody asks, or the end.
  void restFrom(std::uint64_t seen, const std::stop_token& stop) MR_REQUIRES(mutex_);
  /// Nothing is left that time alone makes due.
  bool isSettled() const;
  void endMaintenance();
  bool snapshotDue() const;
  std::string snapshotPath() const { return snapshotPathOf(path_); }

  FileSystem& files_;
  const std::string path_;
  const Clock& clock_;
  const DiskStoreOptions options_;
  // Before all that stirs.
  std::atomic<std::uint64_t> stirs_{0};
  std::atomic<std::uint64_t> rounds_{0};
  std::atomic<bool> resting_{false};
  std::unique_ptr<StoreIdentity> identity_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<DiskContent> content_;
  std::shared_ptr<DiskPages> pages_;  // of whatever queues use it, which may go later
  std::unique_ptr<GroupCommit> commits_;
  StoreImage image_;
  Lsn snapshotLsn_;  // maintenance's own
  // Written by maintenance, read by the disk writer, too.
  std::atomic<std::uint64_t> snapshotBytes_{0};
  std::uint64_t bytesFound_ = 0;      ///< of commits that recovery read behind the snapshot
  std::uint64_t flowFilesFound_ = 0;  ///< in them
  std::atomic<std::uint64_t> bytesAtSnapshot_{0};      ///< bytesFound_ + appended by then
  std::atomic<std::uint64_t> flowFilesAtSnapshot_{0};  ///< flowFilesFound_ + written by then
  std::atomic<bool> maintenanceFailed_{false};
  Nanos mergedAt_ = 0;
  Nanos mergeTook_ = 0;
  bool lagTold_ = false;
  ProvenanceSink* provenance_ = nullptr;
  bool started_ = false;
  Mutex mutex_;
  Condition wake_;
  Condition served_;
  Condition roundEnded_;
  std::uint32_t still_ MR_GUARDED_BY(mutex_) = 0;     // who wants stillness
  bool inRound_ MR_GUARDED_BY(mutex_) = false;        // of maintenance
  std::uint64_t asked_ MR_GUARDED_BY(mutex_) = 0;     // how often mergeNow() was called
  std::uint64_t answered_ MR_GUARDED_BY(mutex_) = 0;  // of these, how many are done
  std::jthread maintenance_;
};

}  // namespace millrace::repo
