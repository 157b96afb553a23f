// SPDX-License-Identifier: Apache-2.0
#pragma once
// The records inside a batch: reading them one by one, and building batches.
//
// Promise: BatchRecords never reads past the batch; a malformed record ends the walk with
// damaged(). Ownership: what a RecordView shows belongs to the batch (or, unfolded, to the
// BatchRecords). Threads: one.

#include "log-backend/partition/batch_header.h"

namespace millrace::log {

struct RecordView {
  Offset offset = 0;
  Millis timestamp = kNoTimestamp;
  std::optional<ByteView> key;
  std::optional<ByteView> value;  ///< none: a tombstone
  std::int32_t headerCount = 0;
  ByteView headers;  ///< encoded, without their count
};

class BatchRecords {
 public:
  /// `batch` is whole: header.size() bytes. Fails when the records cannot be unfolded.
  static Result<BatchRecords> open(const BatchHeader& header, ByteView batch);

  /// Fills in the next record; false at the end or at damage.
  bool next(RecordView& record);
  bool damaged() const { return damaged_; }

  BatchRecords(BatchRecords&&) = default;
  BatchRecords& operator=(BatchRecords&&) = default;

 private:
  BatchRecords() = default;
  bool readOne(RecordView& record);

  BatchHeader header_;
  std::vector<std::byte> unfolded_;
  ByteView bytes_;  ///< into the batch or unfolded_, whose buffer a move keeps
  std::size_t at_ = 0;
  std::int32_t left_ = 0;
  bool damaged_ = false;
};

/// A header of a record, as a builder takes it.
struct RecordHeader {
  std::string key;
  std::optional<std::string> value;
};
std::vector<std::byte> encodeHeaders(std::span<const RecordHeader> headers);
/// Headers of a RecordView; fails when they are malformed.
Result<std::vector<RecordHeader>> decodeHeaders(const RecordView& record);

class BatchBuilder {
 public:
  /// Counts, lengths and CRC of `fields` are filled in by finish(); so are the timestamps, but for
  /// a base timestamp that is a delete horizon.
  explicit BatchBuilder(BatchHeader fields) : header_(fields) {}
  /// Offsets rise; record.offset is absolute.
  void add(const RecordView& record);
  bool empty() const { return header_.recordCount == 0; }
  /// The batch. `lastOffset`: of the batch when it reaches beyond its last record.
  Result<std::vector<std::byte>> finish(std::optional<Offset> lastOffset = std::nullopt);

 private:
  BatchHeader header_;
  ByteWriter records_;
  ByteWriter one_;
  Offset last_ = kNoOffset;
};

/// What a control batch says.
enum class Marker : std::int16_t { kAbort = 0, kCommit = 1 };
struct MarkerRecord {
  Marker kind = Marker::kAbort;
  std::int32_t coordinatorEpoch = 0;
};
std::vector<std::byte> makeMarkerBatch(std::int64_t producerId, std::int16_t producerEpoch,
                                       MarkerRecord marker, Millis now);
/// Nothing when the batch holds no marker that we know.
std::optional<MarkerRecord> readMarker(const BatchHeader& header, ByteView batch);

}  // namespace millrace::log
