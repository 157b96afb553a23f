// SPDX-License-Identifier: Apache-2.0
#include "repositories/store/disk_store.h"

#include "repositories/journal/journal_reader.h"
#include "repositories/journal/snapshot.h"
#include "repositories/journal/snapshot_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace millrace::repo {
namespace {

constexpr std::size_t kOperationsOfARound = 64;  // holes cost up to 300 microseconds each
// The pause after a round that gave space back: there may be more, and the disk has other work too.
constexpr Nanos kShortPause = 20 * kMillisecond;

}  // namespace

Result<std::unique_ptr<DiskStore>> DiskStore::open(FileSystem& files, const std::string& path,
                                                   const Clock& clock, Random& random,
                                                   DiskStoreOptions options) {
  std::unique_ptr<DiskStore> store(new DiskStore(files, path, clock, std::move(options)));
  store->identity_ = MR_TRY(StoreIdentity::open(files, path, random));
  const StoreIdentity& identity = *store->identity_;
  JournalOptions journal = store->options_.journal;
  journal.onSynced = [raw = store.get()] {
    raw->stir();
    if (raw->maintenanceFailed_ || !raw->snapshotDue()) return;
    {
      MutexLock lock(raw->mutex_);  // it has not looked yet, or waits
    }
    raw->wake_.notifyAll();
  };
  store->journal_ = MR_TRY(Journal::open(files, journalPathOf(path),
                                         {identity.id(), identity.epoch(), identity.cleanDurable()},
                                         std::move(journal)));
  const bool clean = identity.cleanDurable() == store->journal_->recovered().last;
  DiskContentOptions content = store->options_.content;
  content.onRelease = [raw = store.get()] { raw->stir(); };
  store->content_ = MR_TRY(
      DiskContent::open(files, contentPathOf(path), clock, std::move(content),
                        clean ? DiskContent::LastStop::kClean : DiskContent::LastStop::kUnclean));
  store->pages_ = MR_TRY(DiskPages::open(files, pagesPathOf(path)));
  MR_TRY(store->recover());
  return store;
}

DiskStore::~DiskStore() {
  if (!started_) return;
  // Without stop() this is a crash as far as the data is concerned: only the threads end.
  endMaintenance();
}

Result<> DiskStore::recover() {
  ReplayedStore replayed = MR_TRY(replayStore(
      files_, path_, identity_->id(), journal_->recovered(),
      [&](Lsn from, Lsn upTo) { return journal_->read(from, upTo); }, *pages_));
  // A snapshot whose making was cut short is as large as a whole one.
  const std::string unfinished = unfinishedSnapshotOf(snapshotPath());
  if (files_.exists(unfinished)) MR_TRY(files_.remove(unfinished));
  flowFilesFound_ = replayed.image.touched();
  bytesFound_ = replayed.bytesBehind;
  image_ = std::move(replayed.image);
  snapshotLsn_ = replayed.snapshot.value_or(Lsn(0));
  if (replayed.snapshot) snapshotBytes_ = MR_TRY(files_.info(snapshotPath())).size;
  MR_TRY(image_.forEachStored([&](const FlowFile& file) { content_->retain(file.content.claim); }));
  content_->finishReplay();
  commits_ =
      std::make_unique<GroupCommit>(*journal_, files_, clock_, options_.commit, replayed.last);
  for (const auto& [id, effect] : replayed.effects.left()) commits_->runAgain(id, effect);
  commits_->runFoundEffects();
  return Done{};
}

void DiskStore::start() {
  started_ = true;
  commits_->start();
  maintenance_ = std::jthread([this](const std::stop_token& stop) { maintenanceLoop(stop); });
}

Result<> DiskStore::stop() {
  if (started_) {
    endMaintenance();
    maintenance_.join();
    started_ = false;
  }
  MR_TRY(commits_->stop());
  if (flowFilesBehind() >= options_.mergeAtStopFlowFiles &&
      snapshotBytes_ <= options_.snapshotEveryBytes)
    MR_TRY(maintain(Effort::kAll));
  // What was dropped last gives its space back now, not at some later start. A failure costs
  // nothing but that space.
  content_->closeSegments();
  (void)content_->reclaim(commits_->synced(), kOperationsOfARound);
  return identity_->noteCleanStop(commits_->synced());
}

bool DiskStore::snapshotDue() const {
  // A merge writes the whole snapshot, so the larger it is, the more must be worth it.
  constexpr std::uint64_t kSnapshotBytesPerFlowFile = 64;
  const std::uint64_t snapshot = snapshotBytes_;
  return bytesBehind() >= std::max(options_.snapshotEveryBytes, snapshot / 4) ||
         flowFilesBehind() >=
             std::max(options_.snapshotEveryFlowFiles, snapshot / (4 * kSnapshotBytesPerFlowFile));
}

// A machine that has nothing to do shall sleep: only while something is on its way is there a round
// every now and then. Who stirs counts first and looks for the sleeper then; the sleeper says that
// it sleeps first and looks at the count then: one of them sees the other.
void DiskStore::stir() {
  ++stirs_;
  if (!resting_) return;
  {
    MutexLock lock(mutex_);  // it has not looked yet, or waits
  }
  wake_.notifyAll();
}

void DiskStore::restFrom(std::uint64_t seen, const std::stop_token& stop) {
  resting_ = true;
  while (stirs_ == seen && asked_ == answered_ && !stop.stop_requested()) wake_.wait(mutex_);
  resting_ = false;
}

bool DiskStore::isSettled() const {
  const bool eventsWait = provenance_ != nullptr && commits_->synced() > snapshotLsn_;
  return !eventsWait && !content_->reclaimsLater();
}

void DiskStore::maintenanceLoop(const std::stop_token& stop) {
  // A merge writes the whole snapshot: who asks again and again gets a tenth of the disk at most.
  constexpr Nanos kShare = 10;
  const auto mayAsk = [this] { return clock_.monotonic() - mergedAt_ >= kShare * mergeTook_; };
  Nanos pause = options_.maintenanceEvery;
  bool settled = false;
  std::uint64_t seen = 0;
  while (true) {
    std::uint64_t asked = 0;
    Effort effort = Effort::kWhenDue;
    {
      MutexLock lock(mutex_);
      if (settled) restFrom(seen, stop);
      // After a failure (a full disk, say) growth alone is no reason to try again at once.
      const bool due = !maintenanceFailed_ && snapshotDue() && commits_->synced() > snapshotLsn_;
      const bool waits = asked_ != answered_;
      if (!stop.stop_requested() && !due && !(waits && mayAsk()))
        wake_.waitFor(mutex_, std::chrono::nanoseconds(waits ? kShortPause : pause));
      asked = answered_;
      if (asked_ != answered_ && mayAsk()) {
        asked = asked_;
        effort = Effort::kAll;
      }
    }
    if (stop.stop_requested() || commits_->failed()) return;
    seen = stirs_;
    ++rounds_;
    const auto reclaimed = maintain(effort);
    maintenanceFailed_ = !reclaimed.ok();
    {
      MutexLock lock(mutex_);
      answered_ = asked;
      served_.notifyAll();
    }
    pause = reclaimed.ok() && *reclaimed > 0 ? std::min(kShortPause, options_.maintenanceEvery)
                                             : options_.maintenanceEvery;
    settled = reclaimed.ok() && *reclaimed == 0 && isSettled();
    if (!reclaimed.ok() && options_.onBulletin)
      options_.onBulletin("the data directory cannot be kept in order: " +
                          reclaimed.error().message);
  }
}

bool DiskStore::mergeNow(Nanos atMost) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(atMost);
  MutexLock lock(mutex_);
  const std::uint64_t mine = ++asked_;
  wake_.notifyAll();
  while (answered_ < mine) {
    const auto left = end - std::chrono::steady_clock::now();
    if (left <= std::chrono::nanoseconds(0)) return false;
    served_.waitFor(mutex_, left);
  }
  return !maintenanceFailed_ && still_ == 0;
}

std::unique_ptr<DiskStore::Stillness> DiskStore::keepStill() {
  MutexLock lock(mutex_);
  ++still_;
  while (inRound_) roundEnded_.wait(mutex_);
  return std::make_unique<Stillness>(*this);
}

DiskStore::Stillness::~Stillness() {
  {
    MutexLock lock(store_.mutex_);
    --store_.still_;
  }
  store_.stir();
}

void DiskStore::endMaintenance() {
  maintenance_.request_stop();
  {
    MutexLock lock(mutex_);  // it is before its look at the request, or waits
  }
  wake_.notifyAll();
}

bool DiskStore::isMergeDue(Lsn synced, Effort effort) const {
  if (synced <= snapshotLsn_) return false;
  if (effort == Effort::kAll || snapshotDue()) return true;
  constexpr Nanos kShare =
      50;  // of the time, a small flow's merges take at most one part in so many
  return provenance_ != nullptr &&
         clock_.monotonic() - mergedAt_ >= std::max(options_.provenanceEvery, kShare * mergeTook_);
}

/// Says once that the background reader falls behind; the journal's limit then holds commits back.
void DiskStore::watchLag() {
  const std::uint64_t behind = bytesBehind();
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

Result<std::uint64_t> DiskStore::maintain(Effort effort) {
  {
    MutexLock lock(mutex_);
    if (still_ > 0) return std::uint64_t{0};
    inRound_ = true;
  }
  auto done = maintenanceRound(effort);
  MutexLock lock(mutex_);
  inRound_ = false;
  roundEnded_.notifyAll();
  return done;
}

Result<std::uint64_t> DiskStore::maintenanceRound(Effort effort) {
  const Lsn synced = commits_->synced();
  watchLag();
  if (isMergeDue(synced, effort)) {
    const std::uint64_t bytes = bytesFound_ + journal_->bytesAppended();
    const std::uint64_t flowFiles = flowFilesFound_ + commits_->flowFilesWritten();
    mergedAt_ = clock_.monotonic();
    while (MR_TRY(mergeStep(synced))) {
    }
    mergeTook_ = clock_.monotonic() - mergedAt_;
    const Lsn keep =
        std::min(Lsn(snapshotLsn_.raw() + 1), commits_->effectsMark().value_or(Lsn(~0ULL)));
    MR_TRY(journal_->cutBelow(keep));
    flowFilesAtSnapshot_ = flowFiles;
    bytesAtSnapshot_ = bytes;  // only now: a snapshot that failed is due again
    if (provenance_ != nullptr) MR_TRY(provenance_->retain());
  }
  return content_->reclaim(synced, kOperationsOfARound);
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
