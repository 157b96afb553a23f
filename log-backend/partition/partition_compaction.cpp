// SPDX-License-Identifier: Apache-2.0
// Partition, compaction: finds what is dirty, notes the newest offset of each key, and replaces
// closed segments by cleaned ones (FORMAT.md, "replacing segments").
#include "log-backend/partition/batch_cleaner.h"
#include "log-backend/partition/partition.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace millrace::log {

struct Partition::Cleanable {
  std::vector<SegmentPointer> segments;  ///< closed ones, from the start of the log
  std::size_t firstDirty = 0;            ///< index of the first that holds something dirty
  Offset from = 0;                       ///< first dirty offset
  Offset end = 0;                        ///< behind the last segment
  CleanRules rules;
};

Result<bool> Partition::compact() {
  MutexLock maintenance(maintenance_);
  auto found = MR_TRY(findCleanable());
  if (!found.has_value()) return false;
  Cleanable& plan = *found;
  NewestOffsets newest(options_.dedupeBytes);
  plan.rules.end = plan.end;
  const BatchCleaner aborts(newest, plan.rules);
  for (std::size_t i = plan.firstDirty; i < plan.segments.size() && !newest.full(); ++i) {
    const auto file = MR_TRY(plan.segments[i]->file());
    MR_TRY(walkBatches(
        *file, 0, plan.segments[i]->size(), Checked::kCrc,
        [&](std::uint64_t, const BatchHeader& header, ByteView batch) -> Result<Walk> {
          if (header.baseOffset < plan.from || header.control() || aborts.aborted(header))
            return Walk::kOn;
          if (newest.full()) {
            plan.rules.end = header.baseOffset;
            return Walk::kStop;
          }
          auto records = MR_TRY(BatchRecords::open(header, batch));
          RecordView record;
          while (records.next(record)) {
            if (record.key.has_value()) newest.put(*record.key, record.offset);
          }
          return Walk::kOn;
        }));
    if (newest.full() && plan.rules.end == plan.end && i + 1 < plan.segments.size())
      plan.rules.end = plan.segments[i + 1]->base();
  }
  BatchCleaner cleaner(newest, plan.rules);
  const auto most = static_cast<std::uint64_t>(config().segmentBytes);
  std::span<const SegmentPointer> left(plan.segments);
  while (!left.empty() && left.front()->base() < plan.rules.end) {
    std::size_t count = 0;
    std::uint64_t bytes = 0;
    while (count < left.size() && left[count]->base() < plan.rules.end) {
      const Offset next = count + 1 < left.size() ? left[count + 1]->base() : plan.end;
      const bool fits = bytes + left[count]->size() <= most &&
                        next - left.front()->base() <= std::numeric_limits<std::int32_t>::max();
      if (count > 0 && !fits) break;
      bytes += left[count++]->size();
    }
    MR_TRY(cleanGroup(cleaner, left.first(count)));
    left = left.subspan(count);
  }
  {
    MutexLock lock(mutex_);
    cleaned_ = plan.rules.end;
  }
  MR_TRY(checkpoint());
  return true;
}

Result<std::optional<Partition::Cleanable>> Partition::findCleanable() {
  const Millis now = clock_.wall();
  Cleanable plan;
  PartitionConfig rules;
  {
    MutexLock lock(mutex_);
    rules = config_;
    if (!rules.compacts || failed_.has_value()) return std::optional<Cleanable>();
    const Millis first = segments_.back()->firstNoted().value_or(kNoTimestamp);
    if (first >= 0 && segments_.back()->size() > 0 && now - first > rules.maxCompactionLagMs)
      MR_TRY(roll());
    const Offset bound = std::min({segments_.back()->base(), lastStable(), durable_.end});
    plan.from = std::max(cleaned_, logStart_);
    plan.end = segments_.front()->base();
    for (std::size_t i = 0; i + 1 < segments_.size() && segments_[i + 1]->base() <= bound; ++i) {
      plan.segments.push_back(segments_[i]);
      plan.end = segments_[i + 1]->base();
    }
    plan.rules.aborted = aborted_.all();
    plan.rules.voided = sessions_.voided;
    plan.rules.producers = producers_.lastOffsets();
    plan.rules.now = now;
    plan.rules.deleteRetentionMs = rules.deleteRetentionMs;
  }
  std::uint64_t clean = 0;
  std::uint64_t dirty = 0;
  bool overdue = false;
  for (std::size_t i = 0; i < plan.segments.size(); ++i) {
    LogSegment& segment = *plan.segments[i];
    const Offset next = i + 1 < plan.segments.size() ? plan.segments[i + 1]->base() : plan.end;
    if (next <= plan.from) {
      clean += segment.size();
      plan.firstDirty = i + 1;
      continue;
    }
    if (rules.minCompactionLagMs > 0 &&
        MR_TRY(segment.maxTimestamp()).timestamp > now - rules.minCompactionLagMs) {
      plan.end = segment.base();
      plan.segments.resize(i);
      break;
    }
    dirty += segment.size();
    const auto first = MR_TRY(segment.firstTimestamp());
    overdue =
        overdue || (first.value_or(kNoTimestamp) >= 0 && now - *first > rules.maxCompactionLagMs);
  }
  const double ratio =
      dirty == 0 ? 0 : static_cast<double>(dirty) / static_cast<double>(clean + dirty);
  if (dirty == 0 || (ratio < rules.minCleanableDirtyRatio && !overdue))
    return std::optional<Cleanable>();
  // What is replaced must lie before the place where recovery begins to read.
  MR_TRY(checkpoint());
  return std::optional<Cleanable>(std::move(plan));
}

Result<> Partition::cleanGroup(BatchCleaner& cleaner, std::span<const SegmentPointer> group) {
  const PartitionConfig rules = config();
  LogSegment cleaned(files_, folder_, group.front()->base(), ".cleaned");
  const auto fill = [&]() -> Result<> {
    MR_TRY(cleaned.create());
    for (const SegmentPointer& old : group) {
      const auto file = MR_TRY(old->file());
      const std::uint64_t reached = MR_TRY(walkBatches(
          *file, 0, old->size(), Checked::kCrc,
          [&](std::uint64_t, const BatchHeader& header, ByteView batch) -> Result<Walk> {
            const auto left = MR_TRY(cleaner.clean(header, batch));
            if (left.empty()) return Walk::kOn;
            MR_TRY(cleaned.append(*readBatchHeader(left), left, rules));
            return Walk::kOn;
          }));
      if (reached != old->size()) {
        return Error::environment(
            fmt::format("{} is damaged at byte {}, restore it from a copy", old->path(), reached),
            false);
      }
    }
    cleaned.finish();
    MR_TRY(MR_TRY(cleaned.file())->sync());
    MR_TRY(cleaned.offsets().sync());
    return cleaned.times().sync();
  };
  if (auto filled = fill(); !filled.ok()) {
    (void)cleaned.remove();
    return filled;
  }
  return replaceGroup(group, cleaned);
}

Result<> Partition::replaceGroup(std::span<const SegmentPointer> group, LogSegment& cleaned) {
  // From this name on recovery would finish what follows.
  const std::string swap = segmentPath(folder_, cleaned.base(), ".log.swap");
  files_.forget(cleaned.path());
  MR_TRY(fileSystem().rename(cleaned.path(), swap));
  MR_TRY(fileSystem().syncDirectory(folder_));
  {
    MutexLock lock(mutex_);
    for (const SegmentPointer& old : group) old->retire();
    if (auto swapped = swapIn(group, cleaned); !swapped.ok()) {
      failed_ = swapped.error();
      return swapped;
    }
  }
  return fileSystem().syncDirectory(folder_);
}

Result<> Partition::swapIn(std::span<const SegmentPointer> group, LogSegment& cleaned) {
  for (const SegmentPointer& old : group) MR_TRY(old->remove());
  auto fresh = std::make_shared<LogSegment>(files_, folder_, cleaned.base());
  files_.forget(cleaned.offsets().path());
  files_.forget(cleaned.times().path());
  MR_TRY(fileSystem().rename(segmentPath(folder_, cleaned.base(), ".log.swap"), fresh->path()));
  MR_TRY(fileSystem().rename(cleaned.offsets().path(), fresh->offsets().path()));
  MR_TRY(fileSystem().rename(cleaned.times().path(), fresh->times().path()));
  if (!MR_TRY(fresh->openTrusted(cleaned.size(), cleaned.offsets().entries(),
                                 cleaned.times().entries())))
    MR_TRY(fresh->rebuild(config_));
  const auto first = std::find(segments_.begin(), segments_.end(), group.front());
  MR_ASSERT(first != segments_.end());
  *first = std::move(fresh);
  segments_.erase(first + 1, first + static_cast<std::ptrdiff_t>(group.size()));
  return Done{};
}

}  // namespace millrace::log
