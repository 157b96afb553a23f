// SPDX-License-Identifier: Apache-2.0
// Partition, the way to the medium: syncs, and the checkpoints that spare recovery the rest.
#include "log-backend/partition/partition.h"

#include <algorithm>

namespace millrace::log {

Partition::Dirty Partition::collectDirty() {
  Dirty dirty;
  for (auto at = segments_.rbegin(); at != segments_.rend(); ++at) {
    if ((*at)->unsynced() == nullptr) {
      if (at == segments_.rbegin()) continue;  // empty as yet
      break;
    }
    dirty.segments.push_back(*at);
    dirty.sizes.push_back((*at)->size());
    dirty.files.push_back((*at)->unsynced());
  }
  dirty.upTo = {logEnd_, segments_.back()->base(), segments_.back()->size()};
  return dirty;
}

Result<> Partition::sync() {
  MutexLock syncing(syncing_);
  MR_TRY(syncData());
  // A checkpoint that fails costs only time at the next start.
  if (syncedSince_ >= options_.checkpointBytes) (void)writeCheckpoint();
  return Done{};
}

Result<> Partition::syncData() {
  Dirty dirty;
  {
    MutexLock lock(mutex_);
    if (failed_.has_value()) return *failed_;
    dirty = collectDirty();
  }
  for (auto at = dirty.files.rbegin(); at != dirty.files.rend(); ++at) {  // oldest first
    if (auto synced = (*at)->sync(); !synced.ok()) {
      MutexLock lock(mutex_);
      failed_ = synced.error();
      return synced;
    }
  }
  bool advanced = false;
  {
    MutexLock lock(mutex_);
    for (std::size_t i = 0; i < dirty.segments.size(); ++i)
      dirty.segments[i]->markSynced(dirty.sizes[i]);
    const std::uint64_t from =
        durable_.segment == dirty.upTo.segment ? durable_.position : std::uint64_t{0};
    syncedSince_ += dirty.upTo.position - std::min(from, dirty.upTo.position);
    advanced = durable_.end != dirty.upTo.end && options_.watermark == Watermark::kDurable;
    durable_ = dirty.upTo;
    if (advanced) producers_.markersVisibleTo(highWatermark());
  }
  if (advanced && options_.onAdvance) options_.onAdvance();
  return Done{};
}

Result<> Partition::checkpoint() {
  MutexLock syncing(syncing_);
  return writeCheckpoint();
}

Result<> Partition::writeCheckpoint() {
  // What stands in memory now has to be on the medium before the checkpoint says so.
  PartitionCheckpoint point;
  std::vector<SegmentPointer> open;
  std::vector<std::pair<std::string, std::vector<std::byte>>> aborted;
  std::vector<std::byte> producers;
  std::string epochs;
  {
    MutexLock lock(mutex_);
    LogSegment& active = *segments_.back();
    point = {logStart_,
             logEnd_,
             active.base(),
             active.size(),
             active.offsets().entries(),
             active.times().entries(),
             cleaned_,
             producers_.size(),
             epoch_,
             sessions_.firstUndecided().value_or(kNoOffset)};
    if (point.producers > 0) producers = producers_.encode();
    epochs = epochs_.encode();
    for (std::size_t i = 0; i < segments_.size(); ++i) {
      const SegmentPointer& each = segments_[i];
      if (each->base() < saved_.segment) continue;
      open.push_back(each);
      const Offset next = i + 1 < segments_.size() ? segments_[i + 1]->base() : logEnd_;
      const auto entries = aborted_.markedIn(each->base(), next);
      if (!entries.empty())
        aborted.emplace_back(segmentPath(folder_, each->base(), ".txnindex"),
                             AbortedIndex::encode(entries));
    }
  }
  if (point == saved_) return Done{};
  MR_TRY(syncData());
  for (const SegmentPointer& each : open) {
    MR_TRY(each->offsets().sync());
    MR_TRY(each->times().sync());
  }
  MR_TRY(fileSystem().syncDirectory(folder_));
  for (const auto& [name, bytes] : aborted) MR_TRY(fileSystem().replaceAll(name, asText(bytes)));
  if (point.producers > 0) {
    MR_TRY(
        fileSystem().replaceAll(segmentPath(folder_, point.end, ".snapshot"), asText(producers)));
  }
  if (epochs != savedEpochs_) {
    MR_TRY(fileSystem().replaceAll(path("leader-epoch-checkpoint"), epochs));
    savedEpochs_ = epochs;
  }
  const std::string old = segmentPath(folder_, saved_.end, ".snapshot");
  const bool oldGoes = saved_.producers > 0 && saved_.end != point.end;
  MR_TRY(save(point));
  syncedSince_ = 0;
  if (oldGoes) (void)fileSystem().remove(old);
  return Done{};
}

Result<> Partition::save(const PartitionCheckpoint& point) {
  MR_TRY(fileSystem().replaceAll(path("checkpoint"), point.encode()));
  saved_ = point;
  return Done{};
}

Result<> Partition::saveVoided(VoidedRanges ranges) {
  {
    MutexLock lock(mutex_);
    ranges.cutBelow(logStart_);
  }
  return fileSystem().replaceAll(path("voided"), ranges.encode());
}

Result<> Partition::saveStart(Offset start) {
  MutexLock syncing(syncing_);
  PartitionCheckpoint point = saved_;
  point.logStart = start;
  return save(point);
}

Result<> Partition::close() {
  MutexLock maintenance(maintenance_);
  return checkpoint();
}

}  // namespace millrace::log
