// SPDX-License-Identifier: Apache-2.0
#pragma once
// BatchHeader: the 61 bytes in front of a record batch of magic 2 (FORMAT.md, "batch").
//
// Promise: reading never looks past the bytes given; a header that readBatchHeader() returned has a
// length that can hold itself. Threads: values.

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "log-backend/partition/compression.h"

#include <optional>

namespace millrace::log {

using Offset = std::int64_t;  ///< place of a record in its partition; -1: none

constexpr std::size_t kBatchHeaderBytes = 61;
constexpr std::size_t kBatchPrefixBytes = 12;  ///< base offset and length, not counted by length
constexpr Offset kNoOffset = -1;
constexpr Millis kNoTimestamp = -1;
constexpr std::int64_t kNoProducer = -1;
/// The producer id of batches that belong to a session of the engine. Negative, so that clients
/// take it for none.
constexpr std::int64_t kSessionProducer = -2;

struct BatchHeader {
  static constexpr std::int16_t kCodecMask = 0x07;
  static constexpr std::int16_t kLogAppendTime = 0x08;
  static constexpr std::int16_t kTransactional = 0x10;
  static constexpr std::int16_t kControl = 0x20;
  static constexpr std::int16_t kDeleteHorizon = 0x40;

  Offset baseOffset = 0;
  std::int32_t length = 0;  ///< bytes after this field
  std::int32_t leaderEpoch = -1;
  std::int8_t magic = 2;
  std::uint32_t crc = 0;
  std::int16_t attributes = 0;
  std::int32_t lastOffsetDelta = 0;
  Millis baseTimestamp = kNoTimestamp;  ///< with a delete horizon: that horizon
  Millis maxTimestamp = kNoTimestamp;
  std::int64_t producerId = kNoProducer;
  std::int16_t producerEpoch = -1;
  std::int32_t baseSequence = -1;
  std::int32_t recordCount = 0;

  std::uint64_t size() const { return kBatchPrefixBytes + static_cast<std::uint64_t>(length); }
  Offset lastOffset() const { return baseOffset + lastOffsetDelta; }
  Offset nextOffset() const { return lastOffset() + 1; }
  int codecId() const { return attributes & kCodecMask; }
  bool logAppendTime() const { return (attributes & kLogAppendTime) != 0; }
  bool transactional() const { return (attributes & kTransactional) != 0; }
  bool control() const { return (attributes & kControl) != 0; }
  bool hasDeleteHorizon() const { return (attributes & kDeleteHorizon) != 0; }
  bool hasProducer() const { return producerId >= 0; }
  bool ofSession() const { return producerId == kSessionProducer; }
  /// Sequences count records and go from 2^31 - 1 to 0.
  std::int32_t lastSequence() const;
};

/// The header at the start of `bytes`; nothing when they are too few, or no header of magic 2.
std::optional<BatchHeader> readBatchHeader(ByteView bytes);
/// Writes the header but for its CRC; `into` has at least kBatchHeaderBytes.
void writeBatchHeader(std::span<std::byte> into, const BatchHeader& header);
/// The CRC that stands in a whole batch is that of its bytes.
bool crcMatches(ByteView batch);
void stampCrc(std::span<std::byte> batch);
/// What the log decides: neither is under the CRC.
void stampPlace(std::span<std::byte> batch, Offset base, std::int32_t leaderEpoch);
/// Makes `now` the time of every record, and computes the CRC anew.
void stampAppendTime(std::span<std::byte> batch, Millis now);

}  // namespace millrace::log
