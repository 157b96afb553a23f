// SPDX-License-Identifier: Apache-2.0
#include "log-backend/embedded/embedded_writing.h"

#include "log-backend/partition/batch_records.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::log {
namespace {

/// A batch is closed when its records reach so much, or the topic takes no more.
constexpr std::uint64_t kFullBatch = 512U << 10U;
constexpr std::int32_t kMostRecords = 1'000'000;
constexpr std::uint64_t kHeadroom = 256;  ///< of a batch's limit, for its head and codecs

Error refused(const Refusal& refusal) {
  return Error::environment(fmt::format("the log refused a batch: {}", refusal.message));
}

/// The group goes on without the member that was told so.
bool isOutOfGroup(ErrorCode code) {
  return code == ErrorCode::kIllegalGeneration || code == ErrorCode::kUnknownMemberId ||
         code == ErrorCode::kFencedInstanceId;
}

}  // namespace

struct EmbeddedWriting::Open {
  std::optional<BatchBuilder> builder;
  Batches* into = nullptr;
  std::uint64_t limit = kFullBatch;
  std::uint64_t bytes = 0;
  std::int32_t records = 0;
};

EmbeddedWriting::EmbeddedWriting(EmbeddedLog& log, std::vector<std::unique_ptr<LogWork>> works)
    : log_(log), works_(std::move(works)) {}

EmbeddedWriting::~EmbeddedWriting() {
  if (submitted_) return;
  for (const Appended& each : appended_) each.partition->voidBatch(each.range);
  for (const auto& undo : undone_) undo();
}

Result<> EmbeddedWriting::close(Open& open) {
  if (!open.builder.has_value() || open.builder->empty()) return Done{};
  open.into->ready.push_back(MR_TRY(open.builder->finish()));
  open.builder.reset();
  return Done{};
}

Result<> EmbeddedWriting::build() {
  const Millis now = log_.parts().clock.wall();
  std::map<LogPartitionId, Open> openOf;
  for (const auto& each : works_) {
    if (auto* consumed = dynamic_cast<ConsumeWork*>(each.get()); consumed != nullptr) {
      consumed_.push_back(consumed);
      continue;
    }
    auto* work = dynamic_cast<ProduceWork*>(each.get());
    MR_ASSERT(work != nullptr);
    std::vector<Open*> opens;
    for (const ProduceWork::Target& target : work->targets) {
      Open& open = openOf[target.id];
      if (open.into == nullptr) {
        open.into = &batches_[target.id];
        open.into->partition = target.partition;
        const auto most = static_cast<std::uint64_t>(target.partition->config().maxMessageBytes);
        open.limit = std::min(kFullBatch, most > kHeadroom ? most - kHeadroom : most);
      }
      opens.push_back(&open);
    }
    for (const ProduceWork::Item& item : work->items) {
      Open& open = *opens[item.target];
      RecordView record;
      record.timestamp = now;
      std::size_t at = item.at;
      const auto take = [&](std::size_t count) {
        const ByteView part = ByteView(work->bytes).subspan(at, count);
        at += count;
        return part;
      };
      if (item.keyBytes >= 0) record.key = take(static_cast<std::size_t>(item.keyBytes));
      if (item.valueBytes >= 0) record.value = take(static_cast<std::size_t>(item.valueBytes));
      record.headers = take(item.headerBytes);
      record.headerCount = item.headerCount;
      constexpr std::uint64_t kFraming = 32;  // lengths and differences in front of the parts
      const std::uint64_t size = at - item.at + kFraming;
      const bool full = open.bytes + size > open.limit || open.records >= kMostRecords;
      if (open.builder.has_value() && full) MR_TRY(close(open));
      if (!open.builder.has_value()) {
        BatchHeader fields;
        fields.producerId = kSessionProducer;
        fields.attributes = static_cast<std::int16_t>(work->codec);
        open.builder.emplace(fields);
        open.bytes = 0;
        open.records = 0;
      }
      record.offset = open.records++;
      open.bytes += size;
      open.builder->add(record);
    }
  }
  for (auto& [id, open] : openOf) MR_TRY(close(open));
  for (const ConsumeWork* work : consumed_) {
    if (!work->offsets.offsets.empty() && log_.parts().groups.offsetsTopic().ensure().refused())
      return Error::environment("the topic of committed offsets cannot be made");
  }
  return Done{};
}

Result<> EmbeddedWriting::writeBatches() {
  for (auto& [id, batches] : batches_) {
    for (auto& batch : batches.ready) {
      const AppendResult done = batches.partition->appendOfSession(batch);
      if (!done.ok()) return refused(done.refusal);
      appended_.push_back({id, batches.partition, {done.baseOffset, done.lastOffset + 1}});
    }
  }
  return Done{};
}

Result<> EmbeddedWriting::writeOffsets(Commit& commit) {
  for (ConsumeWork* work : consumed_) {
    if (work->offsets.offsets.empty()) continue;
    auto done = log_.parts().groups.commitInSession(work->offsets);
    if (done.code != ErrorCode::kNone) {
      if (isOutOfGroup(done.code)) work->refused();
      return Error::environment(
          fmt::format("group '{}' took its partitions from this member meanwhile (error {})",
                      work->offsets.group, static_cast<int>(done.code)));
    }
    const auto topic = log_.parts().topics.find(log_.parts().groups.offsetsTopic().name());
    const auto number = log_.parts().groups.offsetsTopic().partitionOf(work->offsets.group);
    appended_.push_back(
        {{topic->entry.id.high, topic->entry.id.low, static_cast<std::uint32_t>(number)},
         done.partition,
         done.batch});
    commit.onDurable.push_back(std::move(done.onDurable));
    undone_.push_back(std::move(done.undone));
  }
  return Done{};
}

Result<std::vector<LogPlace>> EmbeddedWriting::write(Commit& commit) {
  order_.emplace(log_.order());
  MR_TRY(writeBatches());
  MR_TRY(writeOffsets(commit));
  std::map<LogPartitionId, std::int64_t> ends;
  std::map<LogPartitionId, std::shared_ptr<Partition>> partitions;
  for (const Appended& each : appended_) {
    ends[each.id] = std::max(ends[each.id], each.range.end);
    partitions[each.id] = each.partition;
  }
  std::vector<LogPlace> places;
  for (const auto& [id, end] : ends) {
    const auto& partition = partitions[id];
    places.push_back({id, end});
    commit.syncs.push_back(partition);
    commit.onDurable.emplace_back([partition, end = end] { partition->decide(end); });
  }
  for (ConsumeWork* work : consumed_)
    commit.onDurable.push_back([settle = work->settled()] { settle(); });
  return places;
}

void EmbeddedWriting::submitted() {
  submitted_ = true;
  for (ConsumeWork* work : consumed_) work->committed();
}

}  // namespace millrace::log
