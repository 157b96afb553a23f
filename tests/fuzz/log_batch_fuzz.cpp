// SPDX-License-Identifier: Apache-2.0
// Record batches as producers send them: checked, unfolded, walked, and their headers read; and
// sets of messages of older producers, made batches.
#include "engine/base/big_endian.h"
#include "log-backend/partition/batch_check.h"
#include "log-backend/partition/batch_records.h"
#include "log-backend/partition/message_set.h"
#include "tests/fuzz/fuzz_input.h"

#include <zlib.h>

#include <algorithm>
#include <vector>

using namespace millrace;
using namespace millrace::log;

namespace {

/// As it came, and with the size and CRC that its first message should have.
void convert(std::vector<std::byte> bytes) {
  constexpr std::size_t kSizeAt = 8;
  constexpr std::size_t kCrcAt = 12;
  if (!isMessageSet(bytes)) return;
  for (const bool corrected : {false, true}) {
    if (corrected) {
      writeBig(bytes.data() + kSizeAt, static_cast<std::int32_t>(bytes.size() - kCrcAt));
      const auto* const summed = reinterpret_cast<const Bytef*>(bytes.data() + kCrcAt + 4);
      const auto length = static_cast<uInt>(bytes.size() - kCrcAt - 4);
      writeBig(bytes.data() + kCrcAt, static_cast<std::uint32_t>(::crc32(0, summed, length)));
    }
    const BatchOfMessages made = batchOfMessages(bytes);
    if (made.refusal.refused()) continue;
    const Refusal refusal =
        checkBatch(made.batch, Origin::kClient, PartitionConfig{.maxMessageBytes = 1 << 30}, 0);
    // How far off a time may be is not the format's business.
    fuzz::expect(!refusal.refused() || refusal.code == ErrorCode::kInvalidTimestamp,
                 "what was made of messages is a batch");
    for (const std::int8_t magic : {std::int8_t{0}, std::int8_t{1}}) {
      const auto back = messagesOf(made.batch, magic, 0, 1 << 30);
      fuzz::expect(back.ok() && !batchOfMessages(back->bytes).refusal.refused(),
                   "messages of a batch can be read");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 64 * 1024) return 0;
  std::vector<std::byte> bytes(size);
  std::copy_n(reinterpret_cast<const std::byte*>(data), size, bytes.begin());
  convert(bytes);
  // As it came, and with the length and CRC that it should have: else few would get far.
  for (const bool corrected : {false, true}) {
    if (corrected) {
      if (bytes.size() < kBatchHeaderBytes) return 0;
      auto header = readBatchHeader(bytes);
      if (!header) return 0;
      header->length = static_cast<std::int32_t>(bytes.size() - kBatchPrefixBytes);
      writeBatchHeader(bytes, *header);
      stampCrc(bytes);
      fuzz::expect(crcMatches(bytes), "a stamped CRC matches");
    }
    const Refusal refusal = checkBatch(bytes, Origin::kClient, PartitionConfig(), 1'000'000);
    const auto header = readBatchHeader(bytes);
    if (!header || header->size() > bytes.size()) {
      fuzz::expect(refusal.refused(), "a batch that is cut off is refused");
      continue;
    }
    auto records = BatchRecords::open(*header, ByteView(bytes).subspan(0, header->size()));
    if (!records.ok()) continue;
    RecordView record;
    std::int32_t count = 0;
    bool headersGood = true;
    while (records->next(record)) {
      ++count;
      headersGood = decodeHeaders(record).ok() && headersGood;
    }
    if (refusal.refused()) continue;
    fuzz::expect(!records->damaged() && count == header->recordCount && headersGood,
                 "every record of a batch that was taken can be read");
  }
  return 0;
}
