// SPDX-License-Identifier: Apache-2.0
#include "log-backend/partition/log_segment.h"

#include "log-backend/partition/batch_records.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::log {

std::string segmentPath(const std::string& folder, Offset base, std::string_view suffix) {
  return fmt::format("{}/{:020}{}", folder, base, suffix);
}

LogSegment::LogSegment(OpenFiles& files, const std::string& folder, Offset base,
                       const std::string& suffix)
    : files_(files),
      base_(base),
      path_(segmentPath(folder, base, ".log" + suffix)),
      offsets_(files, segmentPath(folder, base, ".index" + suffix), IndexKind::kOffset),
      times_(files, segmentPath(folder, base, ".timeindex" + suffix), IndexKind::kTime) {}

Result<> LogSegment::create() {
  auto file = MR_TRY(files_.get(path_, OpenMode::kCreate));
  MR_TRY(file->truncate(0));
  offsets_.clear();
  times_.clear();
  return Done{};
}

Result<bool> LogSegment::openTrusted(std::uint64_t bytes,
                                     std::optional<std::uint64_t> offsetEntries,
                                     std::optional<std::uint64_t> timeEntries) {
  size_ = bytes;
  const bool offsets = MR_TRY(offsets_.open(offsetEntries));
  const bool times = MR_TRY(times_.open(timeEntries));
  if (!offsets || !times) return false;
  if (const auto last = MR_TRY(times_.last()); last.has_value()) lastTimeKey_ = last->key;
  MutexLock lock(mutex_);
  maxKnown_ = bytes == 0;
  return true;
}

Result<> LogSegment::prepareToAppend() {
  MR_TRY(maxTimestamp());
  first_ = MR_TRY(firstTimestamp());
  return Done{};
}

Result<> LogSegment::rebuild(const PartitionConfig& config) {
  offsets_.clear();
  times_.clear();
  lastTimeKey_ = kNoTimestamp;
  first_.reset();
  {
    MutexLock lock(mutex_);
    max_ = {};
    maxKnown_ = true;
  }
  const std::uint64_t end = size();
  size_ = 0;
  sinceIndexed_ = 0;
  const auto log = MR_TRY(file());
  const std::uint64_t reached =
      MR_TRY(walkHeaders(*log, 0, end, [&](std::uint64_t, const BatchHeader& header) {
        note(header, config);
        return Walk::kOn;
      }));
  if (reached != end) {
    return Error::environment(
        fmt::format("{} is damaged at byte {}, restore it from a copy", path_, reached), false);
  }
  return Done{};
}

Result<> LogSegment::append(const BatchHeader& header, ByteView batch,
                            const PartitionConfig& config) {
  const auto log = unsynced_ != nullptr ? unsynced_ : MR_TRY(file());
  const std::uint64_t at = size();
  if (auto written = log->writeAt(at, batch); !written.ok()) {
    // What a failed write left is overwritten by the next, and cut when the segment is closed.
    (void)log->truncate(at);
    unsynced_ = log;
    return written;
  }
  unsynced_ = log;
  note(header, config);
  return Done{};
}

void LogSegment::note(const BatchHeader& header, const PartitionConfig& config) {
  const std::uint64_t at = size_.load(std::memory_order_relaxed);
  if (!first_.has_value()) first_ = header.maxTimestamp;
  TimeAndOffset greatest;
  {
    MutexLock lock(mutex_);
    MR_ASSERT(maxKnown_);
    if (max_.offset == kNoOffset || header.maxTimestamp > max_.timestamp)
      max_ = {header.maxTimestamp, header.lastOffset()};
    greatest = max_;
  }
  if (at == 0 ||
      sinceIndexed_ + header.size() > static_cast<std::uint64_t>(config.indexIntervalBytes)) {
    offsets_.add({header.baseOffset - base_, static_cast<std::int64_t>(at)});
    sinceIndexed_ = 0;
    if (greatest.offset != kNoOffset && greatest.timestamp > lastTimeKey_) {
      times_.add({greatest.timestamp, greatest.offset - base_});
      lastTimeKey_ = greatest.timestamp;
    }
  }
  sinceIndexed_ += header.size();
  size_.store(at + header.size(), std::memory_order_release);
}

void LogSegment::finish() {
  MutexLock lock(mutex_);
  if (!maxKnown_ || max_.offset == kNoOffset || max_.timestamp <= lastTimeKey_) return;
  times_.add({max_.timestamp, max_.offset - base_});
  lastTimeKey_ = max_.timestamp;
}

Result<> LogSegment::cutToSize() {
  const auto log = MR_TRY(file());
  if (MR_TRY(log->size()) == size()) return Done{};
  MR_TRY(log->truncate(size()));
  unsynced_ = log;
  return Done{};
}

Result<std::optional<BatchPlace>> LogSegment::find(Offset wanted, std::uint64_t end) const {
  const auto near = MR_TRY(offsets_.floor(wanted - base_));
  const auto from = near.has_value() ? static_cast<std::uint64_t>(near->value) : 0;
  const auto log = MR_TRY(file());
  std::optional<BatchPlace> found;
  MR_TRY(walkHeaders(*log, from, end, [&](std::uint64_t position, const BatchHeader& header) {
    if (header.lastOffset() < wanted) return Walk::kOn;
    found = BatchPlace{position, header};
    return Walk::kStop;
  }));
  return found;
}

Result<> LogSegment::markUnsynced() {
  unsynced_ = MR_TRY(file());
  return Done{};
}

Result<std::optional<TimeAndOffset>> LogSegment::findTime(Millis wanted, Offset least,
                                                          std::uint64_t end) const {
  // Nothing before the entry's own offset is as late as the entry.
  const auto near = MR_TRY(times_.floor(wanted));
  const Offset from = near.has_value() ? base_ + near->value : base_;
  const auto place = MR_TRY(find(std::max(from, least), end));
  std::optional<TimeAndOffset> found;
  if (!place.has_value()) return found;
  const auto log = MR_TRY(file());
  MR_TRY(walkBatches(*log, place->position, end, Checked::kHeader,
                     [&](std::uint64_t, const BatchHeader& header, ByteView batch) -> Result<Walk> {
                       if (header.maxTimestamp < wanted || header.recordCount == 0)
                         return Walk::kOn;
                       auto records = MR_TRY(BatchRecords::open(header, batch));
                       RecordView record;
                       while (records.next(record)) {
                         if (record.timestamp < wanted || record.offset < least) continue;
                         found = TimeAndOffset{record.timestamp, record.offset};
                         return Walk::kStop;
                       }
                       return Walk::kOn;
                     }));
  return found;
}

Result<TimeAndOffset> LogSegment::maxTimestamp() const {
  {
    MutexLock lock(mutex_);
    if (maxKnown_) return max_;
  }
  TimeAndOffset greatest;
  std::uint64_t from = 0;
  if (const auto last = MR_TRY(times_.last()); last.has_value()) {
    greatest = {last->key, base_ + last->value};
    if (const auto place = MR_TRY(find(greatest.offset, size())); place.has_value())
      from = place->position;
  }
  const auto log = MR_TRY(file());
  MR_TRY(walkHeaders(*log, from, size(), [&](std::uint64_t, const BatchHeader& header) {
    if (greatest.offset == kNoOffset || header.maxTimestamp > greatest.timestamp)
      greatest = {header.maxTimestamp, header.lastOffset()};
    return Walk::kOn;
  }));
  MutexLock lock(mutex_);
  if (!maxKnown_ && !retired()) {
    max_ = greatest;
    maxKnown_ = true;
  }
  return max_;
}

Result<std::optional<Millis>> LogSegment::firstTimestamp() const {
  std::optional<Millis> first;
  if (size() == 0) return first;
  const auto log = MR_TRY(file());
  MR_TRY(walkHeaders(*log, 0, size(), [&](std::uint64_t, const BatchHeader& header) {
    first = header.maxTimestamp;
    return Walk::kStop;
  }));
  return first;
}

Result<> LogSegment::remove() {
  for (const std::string& path : {path_, offsets_.path(), times_.path()}) {
    files_.forget(path);
    if (files_.files().exists(path)) MR_TRY(files_.files().remove(path));
  }
  return Done{};
}

}  // namespace millrace::log
