// SPDX-License-Identifier: Apache-2.0
#include "log-backend/partition/message_set.h"

#include "engine/base/big_endian.h"
#include "log-backend/partition/batch_records.h"

#include <zlib.h>

namespace millrace::log {
namespace {

constexpr std::size_t kSizeAt = 8;    ///< behind the offset
constexpr std::size_t kPrefix = 12;   ///< offset and size, not counted by the size
constexpr std::size_t kMagicAt = 4;   ///< of the message, behind its CRC
constexpr std::size_t kFieldsAt = 6;  ///< behind magic and attributes
constexpr std::int8_t kNewest = 1;
constexpr int kCodecMask = 0x07;
constexpr int kAppendTime = 0x08;

struct Message {
  std::int8_t magic = 0;
  int attributes = 0;
  RecordView record;
  int codec() const { return attributes & kCodecMask; }
};

std::uint32_t crcOf(ByteView bytes) {
  const auto* const at = reinterpret_cast<const Bytef*>(bytes.data());
  return static_cast<std::uint32_t>(::crc32(0, at, static_cast<uInt>(bytes.size())));
}

/// A length of four bytes, -1 for none, and as many bytes.
bool take(ByteView& rest, std::optional<ByteView>& into) {
  if (rest.size() < 4) return false;
  const auto length = readBig<std::int32_t>(rest.data());
  rest = rest.subspan(4);
  into.reset();
  if (length < 0) return length == -1;
  const auto size = static_cast<std::size_t>(length);
  if (size > rest.size()) return false;
  into = rest.first(size);
  rest = rest.subspan(size);
  return true;
}

/// The first message of a set, taken from it; false: it is cut short or damaged.
bool take(ByteView& rest, Message& message) {
  if (rest.size() < kPrefix) return false;
  const auto length = readBig<std::int32_t>(rest.data() + kSizeAt);
  rest = rest.subspan(kPrefix);
  if (length < static_cast<std::int32_t>(kFieldsAt) ||
      static_cast<std::size_t>(length) > rest.size())
    return false;
  ByteView fields = rest.first(static_cast<std::size_t>(length));
  rest = rest.subspan(fields.size());
  if (crcOf(fields.subspan(kMagicAt)) != readBig<std::uint32_t>(fields.data())) return false;
  message.magic = readBig<std::int8_t>(fields.data() + kMagicAt);
  if (message.magic < 0 || message.magic > kNewest) return false;
  message.attributes = readBig<std::uint8_t>(fields.data() + kMagicAt + 1);
  fields = fields.subspan(kFieldsAt);
  message.record.timestamp = kNoTimestamp;
  if (message.magic == kNewest) {
    if (fields.size() < sizeof(Millis)) return false;
    message.record.timestamp = readBig<Millis>(fields.data());
    fields = fields.subspan(sizeof(Millis));
  }
  return take(fields, message.record.key) && take(fields, message.record.value) && fields.empty();
}

Refusal damaged() {
  return {ErrorCode::kCorruptMessage,
          "a message of the set is damaged or cut short, send it again"};
}

class Gathering {
 public:
  explicit Gathering(int codec) : builder_(fieldsOf(codec)) {}

  Refusal add(const Message& message) {
    if (message.codec() == 0) {
      RecordView record = message.record;
      record.offset = next_++;
      builder_.add(record);
      return {};
    }
    // Versions that have these formats do not have zstd.
    if (message.codec() > static_cast<int>(Codec::kLz4))
      return {ErrorCode::kUnsupportedCompressionType,
              "messages of this format are compressed with gzip, snappy or lz4, update the client"};
    if (!message.record.value) return damaged();
    return addFolded(message);
  }
  Result<std::vector<std::byte>> finish() { return builder_.finish(); }

 private:
  static BatchHeader fieldsOf(int codec) {
    BatchHeader fields;
    fields.attributes = static_cast<std::int16_t>(codec);
    return fields;
  }

  Refusal addFolded(const Message& outer) {
    std::vector<std::byte> folded(outer.record.value->begin(), outer.record.value->end());
    const auto codec = static_cast<Codec>(outer.codec());
    if (codec == Codec::kLz4 && outer.magic == 0) mendLz4Header(folded);
    const auto unfolded = decompress(codec, folded, kMostDecompressed - unfolded_);
    if (!unfolded.ok()) return {ErrorCode::kCorruptMessage, unfolded.error().message};
    unfolded_ += unfolded->size();
    Message inner;
    for (ByteView rest = *unfolded; !rest.empty();) {
      if (!take(rest, inner) || inner.codec() != 0) return damaged();
      if (const Refusal refusal = add(inner); refusal.refused()) return refusal;
    }
    return {};
  }

  BatchBuilder builder_;
  Offset next_ = 0;
  std::size_t unfolded_ = 0;
};

std::vector<std::byte> encoded(const RecordView& record, std::int8_t magic, bool isAppendTime) {
  const auto sizeOf = [](const std::optional<ByteView>& bytes) {
    return 4 + (bytes ? bytes->size() : 0);
  };
  const std::size_t times = magic == kNewest ? sizeof(Millis) : 0;
  std::vector<std::byte> bytes(kPrefix + kFieldsAt + times + sizeOf(record.key) +
                               sizeOf(record.value));
  std::byte* at = bytes.data();
  const auto put = [&at](auto number) {
    writeBig(at, number);
    at += sizeof number;
  };
  const auto putOptional = [&](const std::optional<ByteView>& each) {
    put(each ? static_cast<std::int32_t>(each->size()) : std::int32_t{-1});
    if (each) at = std::copy(each->begin(), each->end(), at);
  };
  put(record.offset);
  put(static_cast<std::int32_t>(bytes.size() - kPrefix));
  put(std::uint32_t{0});  // the CRC
  put(magic);
  put(static_cast<std::uint8_t>(magic == kNewest && isAppendTime ? kAppendTime : 0));
  if (magic == kNewest) put(record.timestamp);
  putOptional(record.key);
  putOptional(record.value);
  writeBig(bytes.data() + kPrefix, crcOf(ByteView(bytes).subspan(kPrefix + kMagicAt)));
  return bytes;
}

/// False: no more fit.
Result<bool> addRecords(const BatchHeader& header, ByteView batch, std::int8_t magic, Offset from,
                        std::uint64_t most, MessageSet& set) {
  BatchRecords records = MR_TRY(BatchRecords::open(header, batch));
  RecordView record;
  while (records.next(record)) {
    if (record.offset < from) continue;
    const auto message = encoded(record, magic, header.logAppendTime());
    if (!set.bytes.empty() && set.bytes.size() + message.size() > most) return false;
    set.bytes.insert(set.bytes.end(), message.begin(), message.end());
    set.next = record.offset + 1;
  }
  if (records.damaged()) return Error::environment("a record of a stored batch is damaged");
  return true;
}

}  // namespace

bool isMessageSet(ByteView bytes) {
  constexpr std::size_t kAt = kPrefix + kMagicAt;
  if (bytes.size() <= kAt) return false;
  const auto magic = readBig<std::int8_t>(bytes.data() + kAt);
  return magic == 0 || magic == kNewest;
}

BatchOfMessages batchOfMessages(ByteView set) {
  Message message;
  std::optional<Gathering> gathering;
  while (!set.empty()) {
    if (!take(set, message)) return {damaged(), {}};
    if (!gathering) gathering.emplace(message.codec());
    if (Refusal refusal = gathering->add(message); refusal.refused())
      return {std::move(refusal), {}};
  }
  if (!gathering) return {damaged(), {}};
  auto batch = gathering->finish();
  if (!batch.ok()) return {{ErrorCode::kUnknownServerError, batch.error().message}, {}};
  return {{}, std::move(*batch)};
}

Result<MessageSet> messagesOf(ByteView batches, std::int8_t magic, Offset from,
                              std::uint64_t most) {
  MessageSet set;
  set.next = from;
  while (const auto header = readBatchHeader(batches)) {
    if (header->size() > batches.size()) break;
    const ByteView batch = batches.first(static_cast<std::size_t>(header->size()));
    batches = batches.subspan(batch.size());
    if (!header->control() && !MR_TRY(addRecords(*header, batch, magic, from, most, set))) break;
    set.next = std::max(set.next, header->nextOffset());
  }
  return set;
}

}  // namespace millrace::log
