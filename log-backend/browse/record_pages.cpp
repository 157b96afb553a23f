// SPDX-License-Identifier: Apache-2.0
#include "log-backend/browse/record_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <limits>

namespace millrace::log {
namespace {

constexpr std::uint64_t kFetchBytes = 1U << 20U;
/// Offsets that a page backwards looks through at once: at first, and at most.
constexpr Offset kFirstStep = 64;
constexpr Offset kMostStep = 1 << 20;
/// A step of more offsets than the first is given up when it costs more than this.
constexpr std::uint64_t kStepBytes = 8U << 20U;
constexpr std::uint64_t kCheapStep = 1U << 20U;
constexpr std::uint64_t kUnbounded = std::numeric_limits<std::uint64_t>::max();

enum class Ended : std::uint8_t {
  kAtEnd,    ///< of the range, or of what can be read
  kStopped,  ///< by the visitor
  kSpent,    ///< the cost reached its bound
};

struct Walked {
  Ended ended = Ended::kAtEnd;
  Offset next = 0;  ///< everything before was visited, or is not to be seen
  std::uint64_t cost = 0;
};

/// A record, or a batch that cannot be read.
struct Visited {
  const BatchHeader& header;
  const RecordView* record = nullptr;
  std::string unreadable;
  Offset at = 0;  ///< from where on the batch cannot be read
};
/// False: stop before this one.
using Visitor = std::function<bool(const Visited&)>;

bool isAborted(const BatchHeader& header, const std::vector<AbortedTransaction>& aborted) {
  return header.transactional() &&
         std::any_of(aborted.begin(), aborted.end(), [&](const AbortedTransaction& each) {
           return each.producerId == header.producerId && each.firstOffset <= header.baseOffset &&
                  header.lastOffset() <= each.markerOffset;
         });
}

/// Walks over the committed records in [from, below).
class CommittedWalk {
 public:
  CommittedWalk(Partition& partition, Offset below, std::uint64_t most, const Visitor& visit)
      : partition_(partition), below_(below), most_(most), visit_(visit) {}

  Result<Walked> from(Offset start) {
    walked_.next = start;
    while (walked_.next < below_) {
      if (walked_.cost > most_) {
        walked_.ended = Ended::kSpent;
        return walked_;
      }
      FetchRequest request;
      request.offset = walked_.next;
      request.maxBytes = kFetchBytes;
      request.isolation = Isolation::kReadCommitted;
      const FetchResult found = partition_.fetch(request);
      if (found.refusal.code == ErrorCode::kOffsetOutOfRange) {
        if (found.logStart <= walked_.next) break;
        walked_.next = found.logStart;  // deleted meanwhile
        continue;
      }
      if (!found.ok()) return Error::environment(found.refusal.message);
      if (found.length == 0) break;
      const Offset before = walked_.next;
      const bool on = visitBatches(MR_TRY(found.read()), found.aborted);
      if (!on) return walked_;
      if (walked_.next <= before) {
        return Error::environment(
            fmt::format("what is stored at offset {} cannot be read; look behind it", before),
            false);
      }
    }
    // Behind what can be read there is nothing yet: the walk may have ended before the range does.
    walked_.next = std::min(walked_.next, below_);
    return walked_;
  }

 private:
  /// False when the walk is over.
  bool visitBatches(ByteView left, const std::vector<AbortedTransaction>& aborted) {
    walked_.cost += left.size();
    while (true) {
      const auto header = readBatchHeader(left);
      if (!header.has_value() || header->size() > left.size()) return true;
      const ByteView batch = left.first(static_cast<std::size_t>(header->size()));
      left = left.subspan(batch.size());
      if (header->nextOffset() <= walked_.next) continue;
      if (header->baseOffset >= below_) {
        walked_.next = below_;
        return false;
      }
      if (!header->control() && !isAborted(*header, aborted) && !visitRecords(*header, batch)) {
        walked_.ended = Ended::kStopped;
        return false;
      }
      walked_.next = header->nextOffset();
    }
  }

  bool visitRecords(const BatchHeader& header, ByteView batch) {
    const auto tellUnreadable = [&](std::string why) {
      return visit_({header, nullptr,
                     fmt::format("the batch with the offsets {} to {} cannot be read: {}",
                                 header.baseOffset, header.lastOffset(), why),
                     std::max(header.baseOffset, walked_.next)});
    };
    if (!crcMatches(batch)) return tellUnreadable("its bytes are not those that were written");
    auto records = BatchRecords::open(header, batch);
    if (!records.ok()) return tellUnreadable(records.error().message);
    RecordView record;
    while (records->next(record)) {
      if (record.offset < walked_.next) continue;
      if (record.offset >= below_) return true;
      walked_.cost += (record.key ? record.key->size() : 0) +
                      (record.value ? record.value->size() : 0) + record.headers.size();
      if (!visit_({header, &record, {}, record.offset})) return false;
      walked_.next = record.offset + 1;
    }
    return !records->damaged() || tellUnreadable("a record in it is malformed");
  }

  Partition& partition_;
  const Offset below_;
  const std::uint64_t most_;
  const Visitor& visit_;
  Walked walked_;
};

ShownBytes shown(ByteView bytes, std::size_t most) {
  return {std::string(asText(bytes.first(std::min(bytes.size(), most)))), bytes.size()};
}

std::uint64_t sizeOf(const ShownRecord& record) {
  std::uint64_t size = sizeof record + record.unreadable.size();
  if (record.key) size += record.key->bytes.size();
  if (record.value) size += record.value->bytes.size();
  for (const ShownHeader& header : record.headers)
    size += sizeof header + header.name.size() + (header.value ? header.value->bytes.size() : 0);
  return size;
}

ShownRecord show(const Visited& visited, std::size_t most) {
  ShownRecord shownRecord;
  shownRecord.codec = static_cast<Codec>(visited.header.codecId());
  shownRecord.batchBytes = visited.header.size();
  shownRecord.transactional = visited.header.transactional();
  shownRecord.appendTime = visited.header.logAppendTime();
  if (visited.record == nullptr) {
    shownRecord.offset = visited.at;
    shownRecord.timestamp = visited.header.maxTimestamp;
    shownRecord.unreadable = visited.unreadable;
    shownRecord.unreadableEnd = visited.header.nextOffset();
    return shownRecord;
  }
  const RecordView& record = *visited.record;
  shownRecord.offset = record.offset;
  shownRecord.timestamp = shownRecord.appendTime ? visited.header.maxTimestamp : record.timestamp;
  if (record.key) shownRecord.key = shown(*record.key, most);
  if (record.value) shownRecord.value = shown(*record.value, most);
  // Headers that are malformed are left out: the record itself is there.
  for (RecordHeader& header : decodeHeaders(record).valueOr({})) {
    ShownHeader& each = shownRecord.headers.emplace_back();
    each.name = std::move(header.key);
    if (header.value) each.value = shown(asBytes(*header.value), most);
  }
  return shownRecord;
}

bool has(ByteView bytes, std::string_view text) {
  return asText(bytes).find(text) != std::string_view::npos;
}

bool passes(const Visited& visited, const RecordFilter& filter) {
  if (visited.record == nullptr) return true;  // nobody knows what is in it
  const RecordView& record = *visited.record;
  if (filter.key && (!record.key || asText(*record.key) != *filter.key)) return false;
  if (filter.contains.empty()) return true;
  return (record.key && has(*record.key, filter.contains)) ||
         (record.value && has(*record.value, filter.contains)) ||
         has(record.headers, filter.contains);
}

RecordPage pageOf(const LogBounds& bounds) {
  RecordPage page;
  page.logStart = bounds.logStart;
  page.end = bounds.lastStable;
  return page;
}

/// A part of a page backwards: the last records of a range that fit, as many as are wanted.
struct Window {
  std::deque<ShownRecord> records;
  std::uint64_t bytes = 0;
  bool full = false;  ///< some were left out at its beginning

  void add(ShownRecord record, std::size_t most, std::uint64_t mostBytes) {
    bytes += sizeOf(record);
    records.push_back(std::move(record));
    while (records.size() > 1 && (records.size() > most || bytes > mostBytes)) {
      bytes -= sizeOf(records.front());
      records.pop_front();
      full = true;
    }
  }
};

/// A batch that cannot be read and lies on both sides of a border is told once.
void joinUnreadable(const std::deque<ShownRecord>& below, std::deque<ShownRecord>& above) {
  if (below.empty() || above.empty() || above.front().unreadable.empty()) return;
  if (below.back().unreadableEnd == above.front().unreadableEnd) above.pop_front();
}

}  // namespace

Result<RecordPage> recordsFrom(Partition& partition, Offset from, const PageLimits& limits,
                               const RecordFilter& filter) {
  RecordPage page = pageOf(partition.bounds());
  page.from = std::clamp(from, page.logStart, std::max(page.logStart, page.end));
  std::uint64_t bytes = 0;
  const Visitor visit = [&](const Visited& visited) {
    if (!passes(visited, filter)) return true;
    if (page.records.size() >= limits.records) return false;
    ShownRecord record = show(visited, limits.shownBytes);
    const std::uint64_t size = sizeOf(record);
    if (!page.records.empty() && bytes + size > limits.pageBytes) return false;
    bytes += size;
    page.records.push_back(std::move(record));
    return true;
  };
  CommittedWalk walk(partition, page.end, limits.readBytes, visit);
  const Walked walked = MR_TRY(walk.from(page.from));
  // Where nothing more is to be read, the end is where new records come.
  page.next = walked.ended == Ended::kAtEnd ? std::max(page.end, page.from) : walked.next;
  return page;
}

Result<RecordPage> recordsBefore(Partition& partition, Offset before, const PageLimits& limits,
                                 const RecordFilter& filter) {
  RecordPage page = pageOf(partition.bounds());
  page.next = std::clamp(before, page.logStart, std::max(page.logStart, page.end));
  page.from = page.next;
  std::deque<ShownRecord> all;
  std::uint64_t bytes = 0;
  std::uint64_t cost = 0;
  Offset step = kFirstStep;
  while (page.from > page.logStart && all.size() < limits.records && cost <= limits.readBytes) {
    const Offset bottom = std::max(page.logStart, page.from - step);
    Window window;
    const Visitor visit = [&](const Visited& visited) {
      if (passes(visited, filter)) {
        window.add(show(visited, limits.shownBytes), limits.records - all.size(),
                   limits.pageBytes > bytes ? limits.pageBytes - bytes : 0);
      }
      return true;
    };
    CommittedWalk walk(partition, page.from, step > kFirstStep ? kStepBytes : kUnbounded, visit);
    const Walked walked = MR_TRY(walk.from(bottom));
    cost += walked.cost;
    if (walked.ended == Ended::kSpent) {
      step = std::max(kFirstStep, step / 16);
      continue;
    }
    if (walked.cost < kCheapStep) step = std::min(kMostStep, step * 4);
    if (!all.empty() && bytes + window.bytes > limits.pageBytes) break;
    bytes += window.bytes;
    joinUnreadable(window.records, all);
    all.insert(all.begin(), std::make_move_iterator(window.records.begin()),
               std::make_move_iterator(window.records.end()));
    page.from = window.full ? all.front().offset : bottom;
    if (window.full) break;
  }
  page.records.assign(std::make_move_iterator(all.begin()), std::make_move_iterator(all.end()));
  return page;
}

Result<std::optional<ShownRecord>> recordAt(Partition& partition, Offset offset) {
  std::optional<ShownRecord> found;
  const LogBounds bounds = partition.bounds();
  if (offset < bounds.logStart || offset >= bounds.lastStable) return found;
  const Visitor visit = [&](const Visited& visited) {
    found = show(visited, std::numeric_limits<std::size_t>::max());
    return true;
  };
  CommittedWalk walk(partition, offset + 1, kUnbounded, visit);
  MR_TRY(walk.from(offset));
  return found;
}

}  // namespace millrace::log
