// SPDX-License-Identifier: Apache-2.0
// Record batches as producers send them: checked, unfolded, walked, and their headers read.
#include "log-backend/partition/batch_check.h"
#include "log-backend/partition/batch_records.h"
#include "tests/fuzz/fuzz_input.h"

#include <algorithm>
#include <vector>

using namespace millrace;
using namespace millrace::log;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 64 * 1024) return 0;
  std::vector<std::byte> bytes(size);
  std::copy_n(reinterpret_cast<const std::byte*>(data), size, bytes.begin());
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
