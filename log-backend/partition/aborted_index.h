// SPDX-License-Identifier: Apache-2.0
#pragma once
// AbortedIndex: the aborted transactions of a partition, which read_committed readers skip; one
// `.txnindex` file a segment, in Kafka's layout (FORMAT.md).
// Threads: the partition's lock.

#include "log-backend/partition/batch_header.h"

namespace millrace::log {

struct AbortedTransaction {
  std::int64_t producerId = kNoProducer;
  Offset firstOffset = kNoOffset;
  Offset markerOffset = kNoOffset;
  Offset lastStable = kNoOffset;  ///< the last stable offset when the marker was written
  bool operator==(const AbortedTransaction&) const = default;
};

class AbortedIndex {
 public:
  /// Markers come in the order of their offsets.
  void add(AbortedTransaction transaction) { entries_.push_back(transaction); }
  /// Those that a reader of [from, to) meets, by first offset.
  std::vector<AbortedTransaction> overlapping(Offset from, Offset to) const;
  /// Those whose markers are in [from, to).
  std::vector<AbortedTransaction> markedIn(Offset from, Offset to) const;
  void cutBelow(Offset logStart);
  const std::vector<AbortedTransaction>& all() const { return entries_; }

  static std::vector<std::byte> encode(std::span<const AbortedTransaction> entries);
  static Result<std::vector<AbortedTransaction>> decode(ByteView bytes);

 private:
  std::vector<AbortedTransaction> entries_;  ///< rising markers
};

}  // namespace millrace::log
