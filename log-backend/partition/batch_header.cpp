// SPDX-License-Identifier: Apache-2.0
#include "log-backend/partition/batch_header.h"

#include "engine/base/big_endian.h"
#include "engine/base/crc32c.h"

#include <limits>

namespace millrace::log {
namespace {

// Where the fields are, in bytes from the start of the batch.
constexpr std::size_t kBaseOffset = 0;
constexpr std::size_t kLength = 8;
constexpr std::size_t kLeaderEpoch = 12;
constexpr std::size_t kMagic = 16;
constexpr std::size_t kCrc = 17;
constexpr std::size_t kAttributes = 21;
constexpr std::size_t kLastOffsetDelta = 23;
constexpr std::size_t kBaseTimestamp = 27;
constexpr std::size_t kMaxTimestamp = 35;
constexpr std::size_t kProducerId = 43;
constexpr std::size_t kProducerEpoch = 51;
constexpr std::size_t kBaseSequence = 53;
constexpr std::size_t kRecordCount = 57;

}  // namespace

std::int32_t BatchHeader::lastSequence() const {
  if (baseSequence < 0) return -1;
  const std::int64_t last = std::int64_t{baseSequence} + lastOffsetDelta;
  return static_cast<std::int32_t>(last & std::numeric_limits<std::int32_t>::max());
}

std::optional<BatchHeader> readBatchHeader(ByteView bytes) {
  if (bytes.size() < kBatchHeaderBytes) return std::nullopt;
  const std::byte* const at = bytes.data();
  BatchHeader header;
  header.magic = readBig<std::int8_t>(at + kMagic);
  header.length = readBig<std::int32_t>(at + kLength);
  if (header.magic != 2) return std::nullopt;
  if (header.length < static_cast<std::int32_t>(kBatchHeaderBytes - kBatchPrefixBytes))
    return std::nullopt;
  header.baseOffset = readBig<std::int64_t>(at + kBaseOffset);
  header.leaderEpoch = readBig<std::int32_t>(at + kLeaderEpoch);
  header.crc = readBig<std::uint32_t>(at + kCrc);
  header.attributes = readBig<std::int16_t>(at + kAttributes);
  header.lastOffsetDelta = readBig<std::int32_t>(at + kLastOffsetDelta);
  header.baseTimestamp = readBig<std::int64_t>(at + kBaseTimestamp);
  header.maxTimestamp = readBig<std::int64_t>(at + kMaxTimestamp);
  header.producerId = readBig<std::int64_t>(at + kProducerId);
  header.producerEpoch = readBig<std::int16_t>(at + kProducerEpoch);
  header.baseSequence = readBig<std::int32_t>(at + kBaseSequence);
  header.recordCount = readBig<std::int32_t>(at + kRecordCount);
  return header;
}

void writeBatchHeader(std::span<std::byte> into, const BatchHeader& header) {
  std::byte* const at = into.data();
  writeBig(at + kBaseOffset, header.baseOffset);
  writeBig(at + kLength, header.length);
  writeBig(at + kLeaderEpoch, header.leaderEpoch);
  writeBig(at + kMagic, header.magic);
  writeBig(at + kAttributes, header.attributes);
  writeBig(at + kLastOffsetDelta, header.lastOffsetDelta);
  writeBig(at + kBaseTimestamp, header.baseTimestamp);
  writeBig(at + kMaxTimestamp, header.maxTimestamp);
  writeBig(at + kProducerId, header.producerId);
  writeBig(at + kProducerEpoch, header.producerEpoch);
  writeBig(at + kBaseSequence, header.baseSequence);
  writeBig(at + kRecordCount, header.recordCount);
}

bool crcMatches(ByteView batch) {
  return crc32c(batch.subspan(kAttributes)) == readBig<std::uint32_t>(batch.data() + kCrc);
}

void stampCrc(std::span<std::byte> batch) {
  writeBig(batch.data() + kCrc, crc32c(ByteView(batch).subspan(kAttributes)));
}

void stampPlace(std::span<std::byte> batch, Offset base, std::int32_t leaderEpoch) {
  writeBig(batch.data() + kBaseOffset, base);
  writeBig(batch.data() + kLeaderEpoch, leaderEpoch);
}

void stampAppendTime(std::span<std::byte> batch, Millis now) {
  const auto attributes = readBig<std::int16_t>(batch.data() + kAttributes);
  writeBig(batch.data() + kAttributes,
           static_cast<std::int16_t>(attributes | BatchHeader::kLogAppendTime));
  writeBig(batch.data() + kMaxTimestamp, now);
  stampCrc(batch);
}

}  // namespace millrace::log
