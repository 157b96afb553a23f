// SPDX-License-Identifier: Apache-2.0
// Partition, the way in: checks, offsets, rolling, and what a reader may see of it.
#include "engine/commit/group_commit.h"
#include "log-backend/partition/partition.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace millrace::log {
namespace {

Refusal storage(const Error& error) { return {ErrorCode::kStorageError, error.message}; }

}  // namespace

AppendResult Partition::append(std::span<std::byte> batch, Origin origin) {
  AppendResult result;
  const Millis now = clock_.wall();
  const PartitionConfig rules = config();
  result.refusal = checkBatch(batch, origin, rules, now);
  if (!result.ok()) return result;
  if (rules.timestampType == TimestampType::kLogAppendTime && origin != Origin::kCoordinator) {
    stampAppendTime(batch, now);
    result.logAppendTime = now;
  }
  BatchHeader header = *readBatchHeader(batch);
  bool advanced = false;
  {
    MutexLock lock(mutex_);
    result.logStart = logStart_;
    if (header.hasProducer() && origin == Origin::kClient) {
      auto verdict = producers_.check(header);
      result.refusal = std::move(verdict.refusal);
      if (!result.ok()) return result;
      if (verdict.duplicate.has_value()) {
        result.duplicate = true;
        result.baseOffset = verdict.duplicate->baseOffset;
        result.lastOffset = verdict.duplicate->lastOffset;
        if (result.logAppendTime != kNoTimestamp)
          result.logAppendTime = verdict.duplicate->timestamp;
        return result;
      }
    }
    result.refusal = write(batch, header, now);
    if (!result.ok()) return result;
    advanced = options_.watermark == Watermark::kWritten;
    if (advanced) producers_.markersVisibleTo(highWatermark());
  }
  result.baseOffset = header.baseOffset;
  result.lastOffset = header.lastOffset();
  // Too many files are kept open by what is not synced: give ours back.
  if (files_.crowded()) {
    if (auto synced = sync(); !synced.ok()) result.refusal = storage(synced.error());
  }
  if (advanced && options_.onAdvance) options_.onAdvance();
  return result;
}

AppendResult Partition::appendMarker(std::int64_t producerId, std::int16_t producerEpoch,
                                     MarkerRecord marker) {
  {
    MutexLock lock(mutex_);
    AppendResult result;
    result.refusal = producers_.checkMarker(producerId, producerEpoch, marker.coordinatorEpoch);
    if (!result.ok()) return result;
  }
  auto batch = makeMarkerBatch(producerId, producerEpoch, marker, clock_.wall());
  return append(batch, Origin::kCoordinator);
}

Refusal Partition::write(std::span<std::byte> batch, BatchHeader& header, Millis now) {
  if (failed_.has_value()) return storage(*failed_);
  if (static_cast<std::int64_t>(batch.size()) > config_.segmentBytes) {
    return {ErrorCode::kRecordListTooLarge,
            fmt::format("the batch has {} bytes, segment.bytes is {}", batch.size(),
                        config_.segmentBytes)};
  }
  if (rollDue(header, config_)) {
    if (auto rolled = roll(); !rolled.ok()) return storage(rolled.error());
  }
  header.baseOffset = logEnd_;
  header.leaderEpoch = epoch_;
  stampPlace(batch, header.baseOffset, header.leaderEpoch);
  if (auto written = segments_.back()->append(header, batch, config_); !written.ok())
    return storage(written.error());
  takeIn(header, batch, now);
  return {};
}

bool Partition::rollDue(const BatchHeader& header, const PartitionConfig& config) {
  LogSegment& active = *segments_.back();
  if (active.size() == 0) return false;
  if (static_cast<std::int64_t>(active.size() + header.size()) > config.segmentBytes) return true;
  const auto most = static_cast<std::uint64_t>(config.segmentIndexBytes);
  if (active.offsets().entries() >= most / IndexFile::entryBytes(IndexKind::kOffset) ||
      active.times().entries() + 1 >= most / IndexFile::entryBytes(IndexKind::kTime))
    return true;
  if (logEnd_ + header.lastOffsetDelta - active.base() > std::numeric_limits<std::int32_t>::max())
    return true;
  const Millis first = active.firstNoted().value_or(kNoTimestamp);
  const Millis waited = first >= 0 && header.maxTimestamp >= 0 ? header.maxTimestamp - first
                                                               : clock_.wall() - activeSince_;
  return waited > config.segmentMs - jitter_;
}

Result<> Partition::roll() {
  LogSegment& active = *segments_.back();
  active.finish();
  MR_TRY(active.cutToSize());
  auto next = std::make_shared<LogSegment>(files_, folder_, logEnd_);
  MR_TRY(next->create());
  if (auto named = fileSystem().syncDirectory(folder_); !named.ok()) {
    failed_ = named.error();
    return named;
  }
  segments_.push_back(std::move(next));
  activeSince_ = clock_.wall();
  const Millis most = std::min(config_.segmentJitterMs, config_.segmentMs);
  jitter_ = most <= 0 ? 0 : static_cast<Millis>(random_.below(static_cast<std::uint64_t>(most)));
  return Done{};
}

void Partition::takeIn(const BatchHeader& header, ByteView batch, Millis now) {
  epochs_.note(header.leaderEpoch, header.baseOffset);
  logEnd_ = header.nextOffset();
  if (header.ofSession()) {
    if (opening_) {
      foundOfSession(header);
    } else {
      sessions_.append({header.baseOffset, header.nextOffset()});
    }
  }
  if (!header.hasProducer()) return;
  if (!header.control()) {
    producers_.append(header, now);
    return;
  }
  const auto marker = readMarker(header, batch);
  if (!marker.has_value()) return;
  const auto done = producers_.complete(header, *marker, now);
  if (!done.has_value() || done->kind != Marker::kAbort) return;
  aborted_.add({done->producerId, done->firstOffset, done->markerOffset,
                producers_.firstOpen().value_or(done->markerOffset + 1)});
}

Offset Partition::highWatermark() const {
  const Offset end = options_.watermark == Watermark::kDurable ? durable_.end : logEnd_;
  return withoutVoidEnd(std::min(end, sessions_.firstUndecided().value_or(end)));
}

// A reader that has read all comes to a void end only as far as its beginning.
Offset Partition::withoutVoidEnd(Offset end) const {
  while (const auto voided = sessions_.voided.at(end - 1)) end = voided->begin;
  return end;
}

Offset Partition::lastStable() const {
  const Offset visible = highWatermark();
  const Offset first = producers_.firstUnstable(visible).value_or(visible);
  return std::max(logStart_, std::min(first, visible));
}

Offset Partition::limit(Isolation isolation) const {
  switch (isolation) {
    case Isolation::kReadUncommitted:
      return highWatermark();
    case Isolation::kReadCommitted:
      return lastStable();
    case Isolation::kLogEnd:
      return logEnd_;
  }
  return highWatermark();
}

void Partition::decide(Offset below) {
  {
    MutexLock lock(mutex_);
    sessions_.decide(below);
    producers_.markersVisibleTo(highWatermark());
  }
  if (options_.onAdvance) options_.onAdvance();
}

void Partition::voidBatch(OffsetRange batch) {
  {
    MutexLock syncing(syncing_);
    VoidedRanges ranges;
    {
      MutexLock lock(mutex_);
      ranges = sessions_.voided;
    }
    ranges.add(batch);
    const auto saved = saveVoided(std::move(ranges));
    MutexLock lock(mutex_);
    if (!saved.ok()) {
      // It stays undecided here, and opening voids it.
      failed_ = saved.error();
      return;
    }
    sessions_.drop(batch);
  }
  if (options_.onAdvance) options_.onAdvance();
}

void Partition::whenDurable(GroupCommit& commits, std::function<void()> done) {
  commits.requestSync(shared_from_this(), std::move(done));
}

LogBounds Partition::bounds() const {
  MutexLock lock(mutex_);
  const bool waits = options_.watermark == Watermark::kDurable && durable_.end < logEnd_;
  const bool more = waits || sessions_.firstUndecided().has_value();
  return {logStart_, highWatermark(), lastStable(), logEnd_, epoch_, withoutVoidEnd(logEnd_), more};
}

EpochStart Partition::endOfEpoch(std::int32_t epoch) const {
  MutexLock lock(mutex_);
  if (epoch == epoch_) return {epoch_, logEnd_};
  if (epoch > epoch_) return {-1, kNoOffset};
  return epochs_.endOf(epoch, logEnd_);
}

std::vector<std::pair<std::int64_t, ProducerStates::Producer>> Partition::producers() const {
  MutexLock lock(mutex_);
  return producers_.all();
}

void Partition::configure(PartitionConfig config) {
  MutexLock lock(mutex_);
  config_ = config;
}

PartitionConfig Partition::config() const {
  MutexLock lock(mutex_);
  return config_;
}

std::uint64_t Partition::bytes() const {
  MutexLock lock(mutex_);
  std::uint64_t sum = 0;
  for (const SegmentPointer& each : segments_) sum += each->size();
  return sum;
}

std::size_t Partition::segments() const {
  MutexLock lock(mutex_);
  return segments_.size();
}

}  // namespace millrace::log
