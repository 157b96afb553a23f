// SPDX-License-Identifier: Apache-2.0
#include "log-backend/partition/batch_cleaner.h"

#include <algorithm>

namespace millrace::log {
namespace {

constexpr std::uint64_t kEntryCost = 80;  // of a node of the map beside the key's bytes

std::vector<std::byte> copyOf(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

void NewestOffsets::put(ByteView key, Offset offset) {
  const std::string_view text = asText(key);
  if (const auto found = newest_.find(text); found != newest_.end()) {
    found->second = std::max(found->second, offset);
    return;
  }
  newest_.emplace(std::string(text), offset);
  bytes_ += kEntryCost + text.size();
}

std::optional<Offset> NewestOffsets::of(ByteView key) const {
  const auto found = newest_.find(asText(key));
  if (found == newest_.end()) return std::nullopt;
  return found->second;
}

BatchCleaner::BatchCleaner(const NewestOffsets& newest, CleanRules rules)
    : newest_(newest), rules_(std::move(rules)) {
  for (const AbortedTransaction& each : rules_.aborted) abortedOf_[each.producerId].push_back(each);
}

bool BatchCleaner::aborted(const BatchHeader& header) const {
  if (header.ofSession()) return rules_.voided.at(header.baseOffset).has_value();
  if (!header.transactional() || header.control()) return false;
  const auto found = abortedOf_.find(header.producerId);
  if (found == abortedOf_.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [&](const auto& each) {
    return each.firstOffset <= header.baseOffset && header.lastOffset() <= each.markerOffset;
  });
}

BatchCleaner::Horizon BatchCleaner::horizonOf(const BatchHeader& header) const {
  if (!header.hasDeleteHorizon()) return Horizon::kNotSet;
  return rules_.now < header.baseTimestamp ? Horizon::kAhead : Horizon::kPassed;
}

bool BatchCleaner::lastOfProducer(const BatchHeader& header) const {
  const auto found = rules_.producers.find(header.producerId);
  return found != rules_.producers.end() && found->second == header.lastOffset();
}

Result<std::vector<std::byte>> BatchCleaner::clean(const BatchHeader& header, ByteView batch) {
  if (header.baseOffset >= rules_.end) return copyOf(batch);
  return header.control() ? cleanMarker(header, batch) : cleanData(header, batch);
}

bool BatchCleaner::keeps(const RecordView& record, Horizon horizon) const {
  if (!record.key.has_value()) return false;
  if (const auto newest = newest_.of(*record.key); newest.has_value() && *newest > record.offset)
    return false;
  return record.value.has_value() || horizon != Horizon::kPassed;
}

Result<std::vector<std::byte>> BatchCleaner::cleanMarker(const BatchHeader& header,
                                                         ByteView batch) {
  if (header.recordCount == 0)
    return lastOfProducer(header) ? copyOf(batch) : std::vector<std::byte>{};
  const bool hadData = hasData_.erase(header.producerId) > 0;
  const Horizon horizon = horizonOf(header);
  if (hadData || horizon == Horizon::kAhead) return copyOf(batch);
  if (horizon == Horizon::kPassed)
    return lastOfProducer(header) ? emptied(header) : std::vector<std::byte>{};
  auto records = MR_TRY(BatchRecords::open(header, batch));
  RecordView record;
  if (!records.next(record)) return copyOf(batch);
  return rebuilt(header, std::span(&record, 1), true);
}

Result<std::vector<std::byte>> BatchCleaner::cleanData(const BatchHeader& header, ByteView batch) {
  std::vector<RecordView> kept;
  const Horizon horizon = horizonOf(header);
  bool tombstones = false;
  // The views in `kept` point into it.
  auto records = MR_TRY(BatchRecords::open(header, batch));
  if (!aborted(header)) {
    RecordView record;
    while (records.next(record)) {
      if (!keeps(record, horizon)) continue;
      tombstones = tombstones || !record.value.has_value();
      kept.push_back(record);
    }
    if (records.damaged()) return copyOf(batch);  // better kept than guessed at
  }
  if (kept.empty()) return lastOfProducer(header) ? emptied(header) : std::vector<std::byte>{};
  if (header.transactional()) hasData_.insert(header.producerId);
  const bool setHorizon = tombstones && horizon == Horizon::kNotSet;
  if (!setHorizon && static_cast<std::int32_t>(kept.size()) == header.recordCount)
    return copyOf(batch);
  return rebuilt(header, kept, setHorizon);
}

Result<std::vector<std::byte>> BatchCleaner::rebuilt(const BatchHeader& header,
                                                     std::span<const RecordView> records,
                                                     bool setHorizon) const {
  BatchHeader fields = header;
  fields.recordCount = 0;
  if (setHorizon) {
    fields.attributes = static_cast<std::int16_t>(fields.attributes | BatchHeader::kDeleteHorizon);
    fields.baseTimestamp = rules_.now + rules_.deleteRetentionMs;
  }
  BatchBuilder builder(fields);
  for (const RecordView& record : records) builder.add(record);
  return builder.finish(header.lastOffset());
}

std::vector<std::byte> BatchCleaner::emptied(BatchHeader header) const {
  header.recordCount = 0;
  header.attributes = static_cast<std::int16_t>(header.attributes & ~BatchHeader::kDeleteHorizon);
  header.length = static_cast<std::int32_t>(kBatchHeaderBytes - kBatchPrefixBytes);
  std::vector<std::byte> batch(kBatchHeaderBytes);
  writeBatchHeader(batch, header);
  stampCrc(batch);
  return batch;
}

}  // namespace millrace::log
