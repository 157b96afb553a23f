// SPDX-License-Identifier: Apache-2.0
// Partition, the front end of the log: retention by time and size, and deleting records.
#include "log-backend/partition/partition.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::log {

Partition::DeleteResult Partition::deleteRecords(Offset before) {
  MutexLock maintenance(maintenance_);
  DeleteResult result;
  {
    MutexLock lock(mutex_);
    if (before == -1) before = highWatermark();
    if (before < 0 || before > highWatermark()) {
      result.refusal = {
          ErrorCode::kOffsetOutOfRange,
          fmt::format("offset {} is not below the high watermark {}", before, highWatermark())};
      return result;
    }
    result.logStart = logStart_;
    if (before <= logStart_) return result;
  }
  // Nobody may see the new start before it is there to stay.
  if (auto saved = saveStart(before); !saved.ok()) {
    result.refusal = {ErrorCode::kStorageError, saved.error().message};
    return result;
  }
  {
    MutexLock lock(mutex_);
    logStart_ = before;
    aborted_.cutBelow(before);
    epochs_.cutBelow(before);
  }
  result.logStart = before;
  // The space may come back later, the answer stands.
  (void)removeSegmentsBelow(before);
  return result;
}

Result<> Partition::maintain(Offset floor) {
  MutexLock maintenance(maintenance_);
  const Offset start = MR_TRY(retentionStart(floor));
  MR_TRY(removeSegmentsBelow(start));
  MutexLock lock(mutex_);
  producers_.expire(clock_.wall(), options_.producerExpirationMs);
  return Done{};
}

Result<Offset> Partition::retentionStart(Offset floor) {
  PartitionConfig rules;
  std::vector<SegmentPointer> segments;
  Offset start = 0;
  Offset visible = 0;
  Offset end = 0;
  {
    MutexLock lock(mutex_);
    rules = config_;
    segments = segments_;
    start = logStart_;
    visible = highWatermark();
    end = logEnd_;
  }
  if (!rules.deletes) return start;
  std::uint64_t left = 0;
  for (const SegmentPointer& each : segments) left += each->size();
  const Millis now = clock_.wall();
  for (std::size_t i = 0; i < segments.size(); ++i) {
    LogSegment& segment = *segments[i];
    const Offset next = i + 1 < segments.size() ? segments[i + 1]->base() : end;
    if (segment.size() == 0 && i + 1 == segments.size()) break;
    if (next > visible || next > floor) break;
    Millis latest = MR_TRY(segment.maxTimestamp()).timestamp;
    if (latest < 0)  // records without a time: that of the file
      latest = MR_TRY(fileSystem().info(segment.path())).modified / kMillisecond;
    const bool tooOld = rules.retentionMs >= 0 && now - latest > rules.retentionMs;
    const bool tooMuch =
        rules.retentionBytes >= 0 &&
        left >= static_cast<std::uint64_t>(rules.retentionBytes) + segment.size() &&
        i + 1 < segments.size();
    if (!tooOld && !tooMuch) break;
    left -= segment.size();
    start = std::max(start, next);
  }
  if (start == end && segments.back()->size() > 0) {
    // Everything goes, the segment that is written to as well.
    MutexLock lock(mutex_);
    if (logEnd_ == end && segments_.back() == segments.back()) MR_TRY(roll());
  }
  return start;
}

Result<> Partition::removeSegmentsBelow(Offset start) {
  std::vector<SegmentPointer> gone;
  const auto collect = [&]() MR_REQUIRES(mutex_) {
    gone.clear();
    for (std::size_t i = 0; i + 1 < segments_.size() && segments_[i + 1]->base() <= start; ++i)
      gone.push_back(segments_[i]);
  };
  {
    MutexLock lock(mutex_);
    collect();
  }
  if (gone.empty()) return Done{};
  {
    // Recovery begins in the segment that the checkpoint names: that one must stay.
    MutexLock syncing(syncing_);
    if (gone.back()->base() >= saved_.segment) MR_TRY(writeCheckpoint());
  }
  {
    MutexLock lock(mutex_);
    collect();
    for (const SegmentPointer& each : gone) each->retire();
    segments_.erase(segments_.begin(),
                    segments_.begin() + static_cast<std::ptrdiff_t>(gone.size()));
    logStart_ = std::max(logStart_, segments_.front()->base());
    aborted_.cutBelow(logStart_);
    epochs_.cutBelow(logStart_);
  }
  for (const SegmentPointer& each : gone) {
    MR_TRY(each->remove());
    const std::string aborted = segmentPath(folder_, each->base(), ".txnindex");
    if (fileSystem().exists(aborted)) MR_TRY(fileSystem().remove(aborted));
  }
  return fileSystem().syncDirectory(folder_);
}

}  // namespace millrace::log
