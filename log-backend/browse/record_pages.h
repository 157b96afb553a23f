// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pages of the records of a partition, as a consumer with isolation.level=read_committed gets them,
// from an offset on or before one. Errors: the environment's, when the partition cannot be read at
// all. Threads: functions of their arguments; they block for disk work.

#include "log-backend/partition/batch_records.h"
#include "log-backend/partition/partition.h"

#include <optional>
#include <string>
#include <vector>

namespace millrace::log {

/// Bytes of a record, of which only the first may be here.
struct ShownBytes {
  std::string bytes;
  std::uint64_t size = 0;  ///< of all of them
};

struct ShownHeader {
  std::string name;
  std::optional<ShownBytes> value;
};

struct ShownRecord {
  Offset offset = 0;
  Millis timestamp = kNoTimestamp;
  bool appendTime = false;  ///< the time is the log's, not the producer's
  std::optional<ShownBytes> key;
  std::optional<ShownBytes> value;  ///< none: a tombstone
  std::vector<ShownHeader> headers;
  Codec codec = Codec::kNone;  ///< of its batch
  std::uint64_t batchBytes = 0;
  bool transactional = false;
  /// Why the batch from this offset up to `unreadableEnd` cannot be read; empty: it is a record.
  std::string unreadable;
  Offset unreadableEnd = kNoOffset;
};

/// What a record must be to be shown. Bytes are compared as they are.
struct RecordFilter {
  std::optional<std::string> key;
  std::string contains;  ///< in the key, the value, or a header's name or value; empty: anything
};

struct PageLimits {
  std::size_t records = 100;
  std::size_t shownBytes = 1024;         ///< of each key, value and header
  std::uint64_t pageBytes = 8U << 20U;   ///< of all that is shown, but for one record
  std::uint64_t readBytes = 64U << 20U;  ///< of batches and what is in them, but for one batch
};

struct RecordPage {
  std::vector<ShownRecord> records;  ///< rising
  /// What fits the filter and is in [from, next) is in the page.
  Offset from = 0;
  Offset next = 0;
  Offset logStart = 0;
  Offset end = 0;  ///< the last stable offset: behind what can be read now
};

/// From an offset on; one before the log's start begins there.
Result<RecordPage> recordsFrom(Partition& partition, Offset from, const PageLimits& limits,
                               const RecordFilter& filter);
/// The last ones before an offset, rising; one behind the end is the end.
Result<RecordPage> recordsBefore(Partition& partition, Offset before, const PageLimits& limits,
                                 const RecordFilter& filter);
/// One record, whole; nothing when no consumer would get a record with this offset.
Result<std::optional<ShownRecord>> recordAt(Partition& partition, Offset offset);

}  // namespace millrace::log
