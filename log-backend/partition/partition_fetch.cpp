// SPDX-License-Identifier: Apache-2.0
// Partition, the way out: by offset and by time. Nothing is read under the partition's lock; what a
// look-up found in a segment that was retired meanwhile is thrown away and looked up again.
#include "log-backend/partition/partition.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::log {
namespace {

/// The index of the segment that holds an offset, or the one before the gap it is in.
template <typename Segments>
std::size_t segmentAt(const Segments& segments, Offset offset) {
  const auto behind =
      std::partition_point(segments.begin(), segments.end(),
                           [offset](const auto& each) { return each->base() <= offset; });
  return behind == segments.begin() ? 0 : static_cast<std::size_t>(behind - segments.begin()) - 1;
}

}  // namespace

Result<std::vector<std::byte>> FetchResult::read() const {
  std::vector<std::byte> bytes(static_cast<std::size_t>(length));
  if (file == nullptr) return bytes;
  const std::size_t got = MR_TRY(file->readAt(position, bytes));
  bytes.resize(got);
  return bytes;
}

FetchResult Partition::fetch(const FetchRequest& request) {
  Offset wanted = request.offset;
  while (true) {
    FetchResult result;
    result.next = request.offset;
    SegmentPointer segment;
    std::optional<Offset> nextBase;
    std::uint64_t end = 0;
    Offset most = 0;
    bool findEnd = false;
    {
      MutexLock lock(mutex_);
      result.highWatermark = highWatermark();
      result.lastStable = lastStable();
      result.logStart = logStart_;
      most = limit(request.isolation);
      if (request.offset < logStart_ || request.offset > logEnd_) {
        result.refusal = {
            ErrorCode::kOffsetOutOfRange,
            fmt::format("offset {} is not within {} and {}", request.offset, logStart_, logEnd_)};
        return result;
      }
      // What is void is not there: the range ends before it, or begins behind it.
      while (const auto voided = sessions_.voided.at(wanted)) wanted = voided->end;
      if (wanted >= most) {
        // No further than what is durable: an offset beyond it could outlive what it is behind.
        result.next = std::max(request.offset, std::min(wanted, most));
        return result;
      }
      const Offset stop = sessions_.voided.next(wanted).value_or(most);
      const bool cutShort = stop < most;
      most = std::min(most, stop);
      const std::size_t index = segmentAt(segments_, wanted);
      segment = segments_[index];
      end = segment->size();
      if (index + 1 < segments_.size()) nextBase = segments_[index + 1]->base();
      const bool whole =
          (most == logEnd_ && !cutShort) || (nextBase.has_value() && *nextBase <= most);
      if (!whole && most == durable_.end && segment->base() == durable_.segment && !cutShort) {
        end = durable_.position;
      } else {
        findEnd = !whole;
      }
    }
    const auto look = [&]() -> Result<bool> {
      auto place = MR_TRY(segment->find(wanted, end));
      if (!place.has_value() || place->header.baseOffset >= most) return !place.has_value();
      if (findEnd) {
        // The limit is the first offset of a batch.
        if (const auto bound = MR_TRY(segment->find(most, end)); bound.has_value())
          end = bound->position;
      }
      result.file = MR_TRY(segment->file());
      result.position = place->position;
      result.length = std::min(request.maxBytes, end - place->position);
      if (request.atLeastOneBatch) result.length = std::max(result.length, place->header.size());
      return false;
    };
    const auto ended = look();
    if (segment->retired()) continue;
    if (!ended.ok()) {
      result.refusal = {ErrorCode::kStorageError, ended.error().message};
      return result;
    }
    if (*ended && nextBase.has_value()) {  // compaction left nothing up to there
      wanted = *nextBase;
      continue;
    }
    if (result.length == 0) result.next = std::max(request.offset, most);
    if (request.isolation == Isolation::kReadCommitted && result.length > 0) {
      MutexLock lock(mutex_);
      result.aborted = aborted_.overlapping(request.offset, most);
    }
    return result;
  }
}

Result<TimeAndOffset> Partition::findTime(Millis wanted, Isolation isolation) {
  while (true) {
    std::vector<SegmentPointer> segments;
    Offset least = 0;
    Offset most = 0;
    {
      MutexLock lock(mutex_);
      segments = segments_;
      least = logStart_;
      most = limit(isolation);
    }
    bool again = false;
    const auto look = [&]() -> Result<TimeAndOffset> {
      for (const SegmentPointer& segment : segments) {
        if (segment->base() >= most) break;
        const auto greatest = segment->maxTimestamp();
        const auto found =
            greatest.ok() && (greatest->offset == kNoOffset || greatest->timestamp < wanted)
                ? Result<std::optional<TimeAndOffset>>(std::optional<TimeAndOffset>())
                : segment->findTime(wanted, least, segment->size());
        again = segment->retired();
        if (again) return TimeAndOffset{};
        MR_TRY(greatest);
        const auto place = MR_TRY(found);
        if (place.has_value()) return place->offset < most ? *place : TimeAndOffset{};
      }
      return TimeAndOffset{};
    };
    auto found = look();
    if (!again) return found;
  }
}

Result<TimeAndOffset> Partition::maxTimestamp() {
  Millis greatest = kNoTimestamp;
  {
    std::vector<SegmentPointer> segments;
    {
      MutexLock lock(mutex_);
      segments = segments_;
    }
    for (const SegmentPointer& segment : segments) {
      const auto each = segment->maxTimestamp();
      if (segment->retired()) return maxTimestamp();
      greatest = std::max(greatest, MR_TRY(each).timestamp);
    }
  }
  if (greatest == kNoTimestamp) return TimeAndOffset{};
  return findTime(greatest, Isolation::kReadUncommitted);
}

}  // namespace millrace::log
