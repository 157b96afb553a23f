// SPDX-License-Identifier: Apache-2.0
#include "log-backend/partition/batch_check.h"

#include "engine/base/big_endian.h"
#include "log-backend/partition/batch_records.h"

#include <fmt/format.h>

#include <limits>

namespace millrace::log {
namespace {

Refusal refuse(ErrorCode code, std::string message) { return {code, std::move(message)}; }

Refusal checkHeader(const BatchHeader& header, Origin origin) {
  if (header.recordCount < 1 || header.lastOffsetDelta != header.recordCount - 1) {
    return refuse(ErrorCode::kInvalidRecord,
                  fmt::format("the batch says {} records and a last offset delta of {}, send one "
                              "that agrees with itself",
                              header.recordCount, header.lastOffsetDelta));
  }
  if (header.baseOffset > std::numeric_limits<Offset>::max() - header.recordCount)
    return refuse(ErrorCode::kInvalidRecord, "the offsets of the batch are beyond every log");
  if (header.codecId() > static_cast<int>(Codec::kZstd))
    return refuse(ErrorCode::kUnsupportedCompressionType,
                  fmt::format("codec {} is unknown", header.codecId()));
  if (header.control() && origin == Origin::kClient)
    return refuse(ErrorCode::kInvalidRecord, "clients must not write control batches");
  if (header.hasDeleteHorizon())
    return refuse(ErrorCode::kInvalidRecord, "clients must not set a delete horizon");
  if (header.hasProducer() && origin == Origin::kClient &&
      (header.producerEpoch < 0 || header.baseSequence < 0))
    return refuse(ErrorCode::kInvalidRecord,
                  "a batch with a producer id needs an epoch and a sequence");
  const bool ofSession = header.ofSession() && origin == Origin::kSession;
  if (header.producerId < kNoProducer && !ofSession)
    return refuse(ErrorCode::kInvalidRecord, "a producer id below -1 is nobody's");
  if (header.transactional() && !header.hasProducer())
    return refuse(ErrorCode::kInvalidRecord, "a transactional batch needs a producer id");
  return {};
}

/// The difference of two times, held at the ends of the range.
Millis apart(Millis later, Millis earlier) {
  Millis difference = 0;
  if (__builtin_sub_overflow(later, earlier, &difference)) return later > earlier ? kForEver : 0;
  return difference;
}

Refusal checkRecords(const BatchHeader& header, ByteView batch, const PartitionConfig& config,
                     Millis now) {
  auto records = BatchRecords::open(header, batch);
  if (!records.ok()) return refuse(ErrorCode::kInvalidRecord, records.error().message);
  const bool times = config.timestampType == TimestampType::kCreateTime && !header.control();
  RecordView record;
  Offset expected = header.baseOffset;
  while (records->next(record)) {
    if (record.offset != expected++)
      return refuse(ErrorCode::kInvalidRecord,
                    "the offsets of the batch are not 0, 1, 2 and so on");
    if (config.compacts && !header.control() && !record.key.has_value())
      return refuse(ErrorCode::kInvalidRecord,
                    "a compacted topic takes no record without a key, give it one");
    if (times && record.timestamp != kNoTimestamp &&
        (apart(now, record.timestamp) > config.timestampBeforeMaxMs ||
         apart(record.timestamp, now) > config.timestampAfterMaxMs))
      return refuse(
          ErrorCode::kInvalidTimestamp,
          fmt::format("the timestamp {} is farther from now than message.timestamp.before.max.ms "
                      "or message.timestamp.after.max.ms allows",
                      record.timestamp));
  }
  if (records->damaged())
    return refuse(ErrorCode::kInvalidRecord, "a record of the batch is malformed");
  return {};
}

}  // namespace

Refusal checkBatch(ByteView batch, Origin origin, const PartitionConfig& config, Millis now) {
  const auto header = readBatchHeader(batch);
  if (!header.has_value()) {
    const bool old = batch.size() > 16 && readBig<std::int8_t>(batch.data() + 16) < 2;
    return old ? refuse(ErrorCode::kUnsupportedForMessageFormat,
                        "only record batches of magic 2 are stored")
               : refuse(ErrorCode::kCorruptMessage, "the bytes are no record batch");
  }
  if (header->size() > batch.size())
    return refuse(ErrorCode::kCorruptMessage, "the record batch is cut short");
  if (header->size() < batch.size())
    return refuse(ErrorCode::kInvalidRecord, "one record batch is taken at a time");
  if (static_cast<std::int64_t>(batch.size()) > config.maxMessageBytes) {
    return refuse(ErrorCode::kMessageTooLarge,
                  fmt::format("the batch has {} bytes, max.message.bytes is {}", batch.size(),
                              config.maxMessageBytes));
  }
  if (!crcMatches(batch))
    return refuse(ErrorCode::kCorruptMessage, "the CRC of the batch does not match its bytes");
  Refusal refusal = checkHeader(*header, origin);
  if (refusal.refused()) return refusal;
  return checkRecords(*header, batch, config, now);
}

}  // namespace millrace::log
