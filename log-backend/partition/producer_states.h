// SPDX-License-Identifier: Apache-2.0
#pragma once
// ProducerStates: what a partition remembers of the producers that write with a producer id, so
// that a batch sent again is not stored again, and what it knows of open transactions.
//
// Promise: of each producer the last five batches are known, also after encode() and decode().
// Threads: the partition's lock.

#include "log-backend/partition/batch_check.h"
#include "log-backend/partition/batch_records.h"

#include <deque>
#include <map>
#include <unordered_map>

namespace millrace::log {

/// A transaction whose marker is in the log.
struct CompletedTransaction {
  std::int64_t producerId = kNoProducer;
  Offset firstOffset = kNoOffset;
  Offset markerOffset = kNoOffset;
  Marker kind = Marker::kAbort;
};

class ProducerStates {
 public:
  static constexpr std::size_t kRemembered = 5;

  struct Batch {
    std::int32_t firstSequence = -1;
    std::int32_t lastSequence = -1;
    Offset baseOffset = kNoOffset;
    Offset lastOffset = kNoOffset;
    Millis timestamp = kNoTimestamp;
  };
  struct Producer {
    std::int16_t epoch = -1;
    std::int32_t coordinatorEpoch = -1;
    Offset transactionFirst = kNoOffset;
    Millis seen = kNoTimestamp;  ///< wall clock of the last append
    std::deque<Batch> recent;    ///< oldest first
    std::int32_t lastSequence() const { return recent.empty() ? -1 : recent.back().lastSequence; }
  };
  struct Verdict {
    Refusal refusal;
    std::optional<Batch> duplicate;  ///< the batch is in the log already, here
  };

  Verdict check(const BatchHeader& header) const;
  Refusal checkMarker(std::int64_t producerId, std::int16_t epoch,
                      std::int32_t coordinatorEpoch) const;

  /// Takes in a batch that has its offsets.
  void append(const BatchHeader& header, Millis now);
  /// Takes in a marker; nothing when it ended no transaction.
  std::optional<CompletedTransaction> complete(const BatchHeader& header, MarkerRecord marker,
                                               Millis now);

  /// The first offset that a read_committed reader must not pass, with all markers below `visible`
  /// seen by everybody.
  std::optional<Offset> firstUnstable(Offset visible) const;
  /// The first offset of the oldest open transaction.
  std::optional<Offset> firstOpen() const;
  /// Forgets completed transactions whose markers are below.
  void markersVisibleTo(Offset visible);
  /// Forgets producers without an open transaction that have been silent for so long.
  void expire(Millis now, Millis after);

  const Producer* find(std::int64_t producerId) const;
  /// By id.
  std::vector<std::pair<std::int64_t, Producer>> all() const;
  std::size_t size() const { return producers_.size(); }
  /// Where the last batch of each living producer ends: compaction must keep its sequence.

  std::unordered_map<std::int64_t, Offset> lastOffsets() const;

  /// FORMAT.md, "producer snapshot".
  std::vector<std::byte> encode() const;
  static Result<ProducerStates> decode(ByteView bytes);

 private:
  std::unordered_map<std::int64_t, Producer> producers_;
  std::map<Offset, std::int64_t> open_;     ///< first offset of an open transaction → producer
  std::map<Offset, Offset> notYetVisible_;  ///< first offset → offset of its marker
};

}  // namespace millrace::log
