// SPDX-License-Identifier: Apache-2.0
#include "log-backend/group/internal_topic.h"

#include <fmt/format.h>

namespace millrace::log {
namespace {

constexpr std::uint64_t kReadAtATime = 1U << 20U;

/// A large group, or a commit of many offsets, is one batch.
const TopicConfig::Texts kConfig{{"cleanup.policy", "compact"},
                                 {"max.message.bytes", "52428800"},
                                 {"segment.bytes", "104857600"}};

}  // namespace

Refusal InternalTopic::ensure() {
  if (exists()) return {};
  Refusal refusal = topics_.create(name_, partitions_, kConfig);
  // Somebody else may have been faster.
  if (refusal.code == ErrorCode::kTopicAlreadyExists) return {};
  return refusal;
}

std::int32_t InternalTopic::partitions() const {
  const auto topic = topics_.find(name_);
  return topic == nullptr ? partitions_ : topic->entry.partitions;
}

std::int32_t InternalTopic::partitionOf(std::string_view key) const {
  std::uint32_t hash = 0;
  for (const char each : key) hash = hash * 31 + static_cast<unsigned char>(each);
  return static_cast<std::int32_t>((hash & 0x7fffffffU) % static_cast<std::uint32_t>(partitions()));
}

Result<std::vector<std::byte>> InternalTopic::batchOf(BatchHeader fields,
                                                      std::span<const KeptRecord> records) {
  BatchBuilder builder(fields);
  Offset offset = 0;
  for (const KeptRecord& each : records) {
    RecordView record;
    record.offset = offset++;
    record.timestamp = clock_.wall();
    record.key = each.key;
    if (each.value.has_value()) record.value = ByteView(*each.value);
    builder.add(record);
  }
  return builder.finish();
}

AppendResult InternalTopic::appendOfSession(Partition& log, std::span<const KeptRecord> records) {
  AppendResult result;
  BatchHeader fields;
  fields.producerId = kSessionProducer;
  auto batch = batchOf(fields, records);
  if (!batch.ok()) {
    result.refusal = {ErrorCode::kUnknownServerError, batch.error().message};
    return result;
  }
  return log.appendOfSession(*batch);
}

AppendResult InternalTopic::append(std::int32_t partition, std::span<const KeptRecord> records,
                                   std::function<void()> done,
                                   std::optional<TransactionWriter> writer) {
  AppendResult result;
  const auto log = topics_.partition(name_, partition);
  if (log == nullptr) {
    result.refusal = {ErrorCode::kCoordinatorNotAvailable,
                      fmt::format("there is no partition {} of '{}'", partition, name_)};
    return result;
  }
  BatchHeader fields;
  if (writer.has_value()) {
    fields.producerId = writer->producerId;
    fields.producerEpoch = writer->epoch;
    fields.attributes = BatchHeader::kTransactional;
  }
  auto batch = batchOf(fields, records);
  if (!batch.ok()) {
    result.refusal = {ErrorCode::kUnknownServerError, batch.error().message};
    return result;
  }
  result = log->append(*batch, Origin::kCoordinator);
  if (result.ok()) log->whenDurable(commits_, std::move(done));
  return result;
}

Result<> InternalTopic::readAll(std::int32_t partition,
                                const std::function<void(const Seen&)>& visit) const {
  const auto log = topics_.partition(name_, partition);
  if (log == nullptr) return Done{};
  Offset next = log->bounds().logStart;
  while (true) {
    const FetchResult found = log->fetch({next, kReadAtATime, true, Isolation::kLogEnd});
    if (!found.ok()) return Error::environment(found.refusal.message);
    const auto bytes = MR_TRY(found.read());
    ByteView left = bytes;
    const Offset before = next;
    while (const auto header = readBatchHeader(left)) {
      if (header->size() > left.size()) break;
      const ByteView batch = left.first(header->size());
      auto records = MR_TRY(BatchRecords::open(*header, batch));
      const auto marker = header->control() ? readMarker(*header, batch) : std::nullopt;
      RecordView record;
      while (records.next(record)) {
        if (record.offset < next) continue;
        Seen seen{record.offset, *header, {}, record.value, std::nullopt};
        if (header->control()) {
          if (!marker.has_value()) continue;
          seen.marker = marker->kind;
        } else if (record.key.has_value()) {
          seen.key = *record.key;
        }
        visit(seen);
      }
      if (records.damaged())
        return Error::environment(
            fmt::format("a record of '{}' at {} is malformed", name_, header->baseOffset), false);
      next = header->nextOffset();
      left = left.subspan(batch.size());
    }
    if (next == before) return Done{};
  }
}

}  // namespace millrace::log
