// SPDX-License-Identifier: Apache-2.0
#include "log-backend/partition/batch_records.h"

#include "engine/base/big_endian.h"

#include <algorithm>
#include <array>

namespace millrace::log {
namespace {

/// A length as records have it: -1 is none. False when it does not fit.
bool optionalBytes(ByteReader& reader, std::optional<ByteView>& into) {
  const std::int64_t length = reader.svarint();
  if (length < 0) {
    into.reset();
    return length == -1;
  }
  into = reader.raw(static_cast<std::uint64_t>(length));
  return !reader.failed();
}

void putOptional(ByteWriter& writer, const std::optional<ByteView>& bytes) {
  if (!bytes.has_value()) return writer.svarint(-1);
  writer.svarint(static_cast<std::int64_t>(bytes->size()));
  writer.raw(*bytes);
}

bool skipHeaders(ByteReader& reader, std::int64_t count) {
  std::optional<ByteView> part;
  for (std::int64_t i = 0; i < count; ++i) {
    if (!optionalBytes(reader, part) || !part.has_value()) return false;
    if (!optionalBytes(reader, part)) return false;
  }
  return !reader.failed();
}

}  // namespace

Result<BatchRecords> BatchRecords::open(const BatchHeader& header, ByteView batch) {
  BatchRecords records;
  records.header_ = header;
  records.left_ = header.recordCount;
  records.bytes_ = batch.subspan(kBatchHeaderBytes);
  const int codec = header.codecId();
  if (codec != 0 && header.recordCount > 0) {
    if (codec > static_cast<int>(Codec::kZstd)) return Error::user("the batch has no known codec");
    records.unfolded_ = MR_TRY(decompress(static_cast<Codec>(codec), records.bytes_));
    records.bytes_ = records.unfolded_;
  }
  return records;
}

bool BatchRecords::next(RecordView& record) {
  if (damaged_ || left_ <= 0) {
    damaged_ = damaged_ || left_ < 0 || at_ != bytes_.size();
    return false;
  }
  --left_;
  if (readOne(record)) return true;
  damaged_ = true;
  return false;
}

bool BatchRecords::readOne(RecordView& record) {
  ByteReader outer(bytes_.subspan(at_));
  const std::int64_t length = outer.svarint();
  if (length < 0) return false;
  const ByteView body = outer.raw(static_cast<std::uint64_t>(length));
  if (outer.failed()) return false;
  at_ += outer.position();
  ByteReader reader(body);
  reader.u8();  // attributes, unused
  const std::int64_t timeDelta = reader.svarint();
  const std::int64_t offsetDelta = reader.svarint();
  if (offsetDelta < 0 || offsetDelta > header_.lastOffsetDelta ||
      __builtin_add_overflow(header_.baseOffset, offsetDelta, &record.offset))
    return false;
  record.timestamp = header_.logAppendTime()
                         ? header_.maxTimestamp
                         : static_cast<Millis>(static_cast<std::uint64_t>(header_.baseTimestamp) +
                                               static_cast<std::uint64_t>(timeDelta));
  if (!optionalBytes(reader, record.key) || !optionalBytes(reader, record.value)) return false;
  const std::int64_t headers = reader.svarint();
  if (reader.failed() || headers < 0 || headers > static_cast<std::int64_t>(body.size()))
    return false;
  record.headerCount = static_cast<std::int32_t>(headers);
  const std::size_t from = reader.position();
  if (!skipHeaders(reader, headers) || !reader.atEnd()) return false;
  record.headers = body.subspan(from);
  return true;
}

std::vector<std::byte> encodeHeaders(std::span<const RecordHeader> headers) {
  ByteWriter writer;
  for (const RecordHeader& header : headers) {
    putOptional(writer, asBytes(header.key));
    putOptional(writer, header.value.has_value() ? std::optional<ByteView>(asBytes(*header.value))
                                                 : std::nullopt);
  }
  return writer.take();
}

Result<std::vector<RecordHeader>> decodeHeaders(const RecordView& record) {
  std::vector<RecordHeader> headers;
  ByteReader reader(record.headers);
  std::optional<ByteView> key;
  std::optional<ByteView> value;
  for (std::int32_t i = 0; i < record.headerCount; ++i) {
    if (!optionalBytes(reader, key) || !key.has_value() || !optionalBytes(reader, value))
      return Error::user("a header of the record is malformed");
    RecordHeader header{std::string(asText(*key)), std::nullopt};
    if (value.has_value()) header.value = std::string(asText(*value));
    headers.push_back(std::move(header));
  }
  return headers;
}

void BatchBuilder::add(const RecordView& record) {
  const bool first = header_.recordCount == 0;
  if (first && !header_.hasDeleteHorizon()) header_.baseTimestamp = record.timestamp;
  // An append time is the time of all records and stands in the header.
  header_.maxTimestamp = first || header_.logAppendTime()
                             ? record.timestamp
                             : std::max(header_.maxTimestamp, record.timestamp);
  ++header_.recordCount;
  last_ = record.offset;
  one_.clear();
  one_.u8(0);
  one_.svarint(static_cast<std::int64_t>(static_cast<std::uint64_t>(record.timestamp) -
                                         static_cast<std::uint64_t>(header_.baseTimestamp)));
  one_.svarint(record.offset - header_.baseOffset);
  putOptional(one_, record.key);
  putOptional(one_, record.value);
  one_.svarint(record.headerCount);
  one_.raw(record.headers);
  records_.svarint(static_cast<std::int64_t>(one_.size()));
  records_.raw(one_.view());
}

Result<std::vector<std::byte>> BatchBuilder::finish(std::optional<Offset> lastOffset) {
  const Offset last = lastOffset.value_or(last_);
  header_.lastOffsetDelta = static_cast<std::int32_t>(last - header_.baseOffset);
  std::vector<std::byte> packed;
  ByteView records = records_.view();
  if (header_.codecId() != 0 && !records.empty()) {
    packed = MR_TRY(compress(static_cast<Codec>(header_.codecId()), records));
    records = packed;
  }
  header_.length =
      static_cast<std::int32_t>(kBatchHeaderBytes - kBatchPrefixBytes + records.size());
  std::vector<std::byte> batch(kBatchHeaderBytes);
  batch.reserve(kBatchHeaderBytes + records.size());
  writeBatchHeader(batch, header_);
  batch.insert(batch.end(), records.begin(), records.end());
  stampCrc(batch);
  return batch;
}

std::vector<std::byte> makeMarkerBatch(std::int64_t producerId, std::int16_t producerEpoch,
                                       MarkerRecord marker, Millis now) {
  std::array<std::byte, 4> key{};
  writeBig(key.data() + 2, static_cast<std::int16_t>(marker.kind));
  std::array<std::byte, 6> value{};
  writeBig(value.data() + 2, marker.coordinatorEpoch);
  BatchHeader fields;
  fields.attributes = BatchHeader::kTransactional | BatchHeader::kControl;
  fields.producerId = producerId;
  fields.producerEpoch = producerEpoch;
  BatchBuilder builder(fields);
  RecordView record;
  record.timestamp = now;
  record.key = key;
  record.value = value;
  builder.add(record);
  auto batch = builder.finish();
  return std::move(batch).value();  // only a codec can fail, and there is none
}

std::optional<MarkerRecord> readMarker(const BatchHeader& header, ByteView batch) {
  if (!header.control()) return std::nullopt;
  auto records = BatchRecords::open(header, batch);
  RecordView record;
  if (!records.ok() || !records->next(record)) return std::nullopt;
  if (!record.key.has_value() || record.key->size() < 4) return std::nullopt;
  const auto kind = readBig<std::int16_t>(record.key->data() + 2);
  if (kind != 0 && kind != 1) return std::nullopt;
  MarkerRecord marker{static_cast<Marker>(kind), 0};
  if (record.value.has_value() && record.value->size() >= 6)
    marker.coordinatorEpoch = readBig<std::int32_t>(record.value->data() + 2);
  return marker;
}

}  // namespace millrace::log
