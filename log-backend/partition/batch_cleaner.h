// SPDX-License-Identifier: Apache-2.0
#pragma once
// BatchCleaner: what compaction leaves of each batch, batch after batch from the start of the log.
//
// Promise: of each key that the map knows, the record at the map's offset stays and earlier ones
// go; offsets never change; a tombstone or marker goes no earlier than its delete horizon, and a
// marker not before the last record of its transaction.
// Ownership: the map and the lists outlive it. Threads: one.

#include "log-backend/partition/aborted_index.h"
#include "log-backend/partition/batch_records.h"
#include "log-backend/partition/session_batches.h"

#include <unordered_map>
#include <unordered_set>

namespace millrace::log {

/// The newest offset of each key of the part that was not compacted yet, in bounded memory.
class NewestOffsets {
 public:
  explicit NewestOffsets(std::uint64_t mostBytes) : mostBytes_(mostBytes) {}
  void put(ByteView key, Offset offset);
  std::optional<Offset> of(ByteView key) const;
  bool full() const { return bytes_ >= mostBytes_; }
  std::size_t size() const { return newest_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  const std::uint64_t mostBytes_;
  std::uint64_t bytes_ = 0;
  std::unordered_map<std::string, Offset, Hash, std::equal_to<>> newest_;
};

struct CleanRules {
  Offset end = 0;  ///< batches from here on are kept as they are
  Millis now = 0;
  Millis deleteRetentionMs = 0;
  std::vector<AbortedTransaction> aborted;
  VoidedRanges voided;
  std::unordered_map<std::int64_t, Offset> producers;  ///< last offset of each that is alive
};

class BatchCleaner {
 public:
  BatchCleaner(const NewestOffsets& newest, CleanRules rules);

  /// True for records of a transaction that was aborted, or of a session that was not committed.
  bool aborted(const BatchHeader& header) const;
  /// The batch to keep in its place; empty: none.
  Result<std::vector<std::byte>> clean(const BatchHeader& header, ByteView batch);

 private:
  enum class Horizon : std::uint8_t { kNotSet, kAhead, kPassed };
  Horizon horizonOf(const BatchHeader& header) const;
  bool keeps(const RecordView& record, Horizon horizon) const;
  std::vector<std::byte> emptied(BatchHeader header) const;
  Result<std::vector<std::byte>> cleanMarker(const BatchHeader& header, ByteView batch);
  Result<std::vector<std::byte>> cleanData(const BatchHeader& header, ByteView batch);
  Result<std::vector<std::byte>> rebuilt(const BatchHeader& header,
                                         std::span<const RecordView> records,
                                         bool setHorizon) const;
  bool lastOfProducer(const BatchHeader& header) const;

  const NewestOffsets& newest_;
  const CleanRules rules_;
  std::unordered_map<std::int64_t, std::vector<AbortedTransaction>> abortedOf_;
  std::unordered_set<std::int64_t> hasData_;  ///< producers whose open transaction keeps records
};

}  // namespace millrace::log
