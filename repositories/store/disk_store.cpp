// SPDX-License-Identifier: Apache-2.0
#include "repositories/store/disk_store.h"

#include "repositories/journal/journal_reader.h"
#include "repositories/journal/snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace millrace::repo {

Result<std::unique_ptr<DiskStore>> DiskStore::open(FileSystem& files, const std::string& path,
                                                   const Clock& clock, Random& random,
                                                   DiskStoreOptions options) {
  std::unique_ptr<DiskStore> store(new DiskStore(files, path, clock, std::move(options)));
  store->identity_ = MR_TRY(StoreIdentity::open(files, path, random));
  const StoreIdentity& identity = *store->identity_;
  store->journal_ = MR_TRY(Journal::open(files, journalPathOf(path),
                                         {identity.id(), identity.epoch(), identity.cleanDurable()},
                                         store->options_.journal));
  const bool clean = identity.cleanDurable() == store->journal_->recovered().last;
  store->content_ = MR_TRY(
      DiskContent::open(files, contentPathOf(path), clock, store->options_.content,
                        clean ? DiskContent::LastStop::kClean : DiskContent::LastStop::kUnclean));
  store->pages_ = MR_TRY(DiskPages::open(files, pagesPathOf(path)));
  MR_TRY(store->recover());
  return store;
}

DiskStore::~DiskStore() {
  if (!started_) return;
  // Without stop() this is a crash as far as the data is concerned: only the threads end.
  maintenance_.request_stop();
  wake_.notifyAll();
}

Result<> DiskStore::recover() {
  ReplayedStore replayed = MR_TRY(replayStore(
      files_, path_, identity_->id(), journal_->recovered(),
      [&](Lsn from, Lsn upTo) { return journal_->read(from, upTo); }, *pages_));
  replayed_ = replayed.image.touched();
  image_ = std::move(replayed.image);
  snapshotLsn_ = replayed.snapshot.value_or(Lsn(0));
  if (replayed.snapshot) snapshotBytes_ = MR_TRY(files_.info(snapshotPath())).size;
  MR_TRY(image_.forEachStored([&](const FlowFile& file) { content_->retain(file.content.claim); }));
  content_->finishReplay();
  commits_ =
      std::make_unique<GroupCommit>(*journal_, files_, clock_, options_.commit, replayed.last);
  for (const auto& [id, effect] : replayed.effects.left()) commits_->runAgain(id, effect);
  return Done{};
}

void DiskStore::start() {
  started_ = true;
  commits_->start();
  maintenance_ = std::jthread([this](const std::stop_token& stop) { maintenanceLoop(stop); });
}

Result<> DiskStore::stop() {
  if (started_) {
    maintenance_.request_stop();
    wake_.notifyAll();
    maintenance_.join();
    started_ = false;
  }
  MR_TRY(commits_->stop());
  if (flowFilesBehind() >= options_.mergeAtStopFlowFiles &&
      snapshotBytes_ <= options_.snapshotEveryBytes)
    MR_TRY(maintain(Effort::kAll));
  return identity_->noteCleanStop(commits_->synced());
}

void DiskStore::maintenanceLoop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      MutexLock lock(mutex_);
      wake_.waitFor(mutex_, std::chrono::nanoseconds(options_.maintenanceEvery));
    }
    if (stop.stop_requested() || commits_->failed()) return;
    const auto done = maintain();
    if (!done.ok() && options_.onBulletin)
      options_.onBulletin("the data directory cannot be kept in order: " + done.error().message);
  }
}

bool DiskStore::isMergeDue(Lsn synced, std::uint64_t behind, Effort effort) const {
  if (synced <= snapshotLsn_) return false;
  // A merge writes the whole snapshot, so the larger it is, the more must be worth it.
  constexpr std::uint64_t kSnapshotBytesPerFlowFile = 64;
  if (effort == Effort::kAll ||
      behind >= std::max(options_.snapshotEveryBytes, snapshotBytes_ / 4) ||
      flowFilesBehind() >= std::max(options_.snapshotEveryFlowFiles,
                                    snapshotBytes_ / (4 * kSnapshotBytesPerFlowFile)))
    return true;
  constexpr Nanos kShare =
      50;  // of the time, a small flow's merges take at most one part in so many
  return provenance_ != nullptr &&
         clock_.monotonic() - mergedAt_ >= std::max(options_.provenanceEvery, kShare * mergeTook_);
}

/// Says once that the background reader falls behind; the journal's limit then holds commits back.
void DiskStore::watchLag(std::uint64_t behind) {
  if (behind < options_.lagBytes) {
    lagTold_ = false;
  } else if (!lagTold_ && options_.onBulletin) {
    lagTold_ = true;
    options_.onBulletin(
        fmt::format("{}: {} bytes of the journal wait to be merged; when they reach {} bytes, "
                    "commits wait too",
                    path_, behind, options_.journal.mostBytes));
  }
}

Result<> DiskStore::maintain(Effort effort) {
  const Lsn synced = commits_->synced();
  const std::uint64_t behind = journal_->bytesAppended() - bytesAtSnapshot_;
  watchLag(behind);
  if (isMergeDue(synced, behind, effort)) {
    const std::uint64_t bytes = journal_->bytesAppended();
    const std::uint64_t flowFiles = commits_->flowFilesWritten();
    mergedAt_ = clock_.monotonic();
    while (MR_TRY(mergeStep(synced))) {
    }
    mergeTook_ = clock_.monotonic() - mergedAt_;
    bytesAtSnapshot_ = bytes;
    flowFilesAtSnapshot_ = flowFiles;
    replayed_ = 0;
    const Lsn keep =
        std::min(Lsn(snapshotLsn_.raw() + 1), commits_->effectsMark().value_or(Lsn(~0ULL)));
    MR_TRY(journal_->cutBelow(keep));
    if (provenance_ != nullptr) MR_TRY(provenance_->retain());
  }
  constexpr std::size_t kOperations = 64;  // of one round: holes cost up to 300 microseconds each
  MR_TRY(content_->reclaim(synced, kOperations));
  return Done{};
}

Result<bool> DiskStore::mergeStep(Lsn upTo) {
  if (snapshotLsn_ >= upTo) return false;
  // Owners of the bytes that the step's commits view.
  struct Owned {
    std::vector<std::byte> record;
    std::vector<std::shared_ptr<InlineBuffer>> buffers;
  };
  std::deque<Owned> owned;
  SnapshotStep step(snapshotLsn_);
  JournalReader reader = MR_TRY(journal_->read(Lsn(snapshotLsn_.raw() + 1), upTo));
  std::uint64_t bytes = 0;
  while (auto item = MR_TRY(reader.next())) {
    if (!item->commit) continue;
    const CommitView& commit = *item->commit;
    Owned& kept = owned.emplace_back();
    kept.record.assign(commit.record.begin(), commit.record.end());
    bytes += kept.record.size();
    for (const InlinePart& part : commit.inlined) {
      kept.buffers.push_back(std::make_shared<InlineBuffer>(
          std::vector<std::byte>(part.bytes.begin(), part.bytes.end())));
      bytes += part.bytes.size();
    }
    MR_TRY(step.add({commit.lsn, kept.record, kept.buffers}));
    const bool full = bytes >= options_.stepBytes || step.flowFiles() >= options_.stepFlowFiles;
    if (full && commit.lsn == reader.groupLast()) break;
  }
  if (step.empty()) return false;
  if (!files_.exists(snapshotPath())) {
    MR_TRY(writeSnapshot(files_, snapshotPath(), {identity_->id(), Lsn(0)}, StoreImage()));
  }
  SnapshotObserver observer;
  if (provenance_ != nullptr) {
    observer.commits = provenance_;
    observer.flush = [this] { return provenance_->flush(); };
  }
  const SnapshotHead head =
      MR_TRY(mergeSnapshot(files_, snapshotPath(), snapshotPath(), std::move(step), observer));
  snapshotLsn_ = head.lsn;
  snapshotBytes_ = MR_TRY(files_.info(snapshotPath())).size;
  return snapshotLsn_ < upTo;
}

}  // namespace millrace::repo
