// SPDX-License-Identifier: Apache-2.0
#include "log-backend/embedded/fetched_records.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::log {
namespace {

Error damagedBatch(const BatchHeader& header) {
  return Error::environment(
      fmt::format("the batch at offset {} cannot be read, look at it with a client of Kafka or "
                  "go on behind it",
                  header.baseOffset),
      false);
}

}  // namespace

Result<Offset> FetchedRecords::add(std::vector<std::byte> bytes, Offset from, std::size_t most,
                                   std::span<const AbortedTransaction> skip,
                                   std::vector<InRecord>& into) {
  fetched_.push_back(std::move(bytes));
  ByteView left = fetched_.back();
  Offset next = from;
  while (into.size() < most) {
    const auto header = readBatchHeader(left);
    if (!header.has_value() || header->size() > left.size()) break;
    const ByteView batch = left.first(static_cast<std::size_t>(header->size()));
    left = left.subspan(batch.size());
    if (header->nextOffset() <= from) continue;
    const bool aborted =
        header->transactional() && std::any_of(skip.begin(), skip.end(), [&](const auto& each) {
          return each.producerId == header->producerId && each.firstOffset <= header->baseOffset &&
                 header->lastOffset() <= each.markerOffset;
        });
    if (header->control() || aborted) {
      next = header->nextOffset();
      continue;
    }
    auto opened = BatchRecords::open(*header, batch);
    if (!opened.ok()) return damagedBatch(*header);
    opened_.push_back(std::move(*opened));
    BatchRecords& records = opened_.back();
    RecordView record;
    bool whole = true;
    while (records.next(record)) {
      if (record.offset < from) continue;
      if (into.size() == most) {
        whole = false;
        break;
      }
      InRecord& in = into.emplace_back();
      in.offset = record.offset;
      in.timestamp = header->logAppendTime() ? header->maxTimestamp : record.timestamp;
      in.key = record.key;
      in.value = record.value;
      if (record.headerCount > 0) {
        auto headers = decodeHeaders(record);
        if (!headers.ok()) return damagedBatch(*header);
        for (RecordHeader& each : *headers)
          in.headers.push_back({std::move(each.key), std::move(each.value)});
      }
      next = record.offset + 1;
    }
    if (records.damaged()) return damagedBatch(*header);
    if (whole) next = header->nextOffset();
  }
  return next;
}

}  // namespace millrace::log
