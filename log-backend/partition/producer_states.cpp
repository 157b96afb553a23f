// SPDX-License-Identifier: Apache-2.0
#include "log-backend/partition/producer_states.h"

#include "engine/base/crc32c.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace millrace::log {
namespace {

constexpr std::uint16_t kSnapshotVersion = 1;

bool follows(std::int32_t next, std::int32_t last) {
  if (last == std::numeric_limits<std::int32_t>::max()) return next == 0;
  return next == last + 1;
}

}  // namespace

ProducerStates::Verdict ProducerStates::check(const BatchHeader& header) const {
  Verdict verdict;
  const Producer* const known = find(header.producerId);
  if (known == nullptr) return verdict;  // new, or forgotten: any sequence begins
  if (header.producerEpoch < known->epoch) {
    verdict.refusal = {ErrorCode::kInvalidProducerEpoch,
                       fmt::format("producer {} has epoch {} here, {} is fenced off",
                                   header.producerId, known->epoch, header.producerEpoch)};
    return verdict;
  }
  const bool sameEpoch = header.producerEpoch == known->epoch;
  if (sameEpoch) {
    for (const Batch& batch : known->recent) {
      if (batch.firstSequence == header.baseSequence &&
          batch.lastSequence == header.lastSequence()) {
        verdict.duplicate = batch;
        return verdict;
      }
    }
  }
  const bool inOrder =
      sameEpoch ? follows(header.baseSequence, known->lastSequence()) : header.baseSequence == 0;
  if (!inOrder) {
    verdict.refusal = {ErrorCode::kOutOfOrderSequence,
                       fmt::format("producer {} sent sequence {} after {}", header.producerId,
                                   header.baseSequence, sameEpoch ? known->lastSequence() : -1)};
    return verdict;
  }
  if (known->transactionFirst != kNoOffset && !header.transactional()) {
    verdict.refusal = {ErrorCode::kInvalidTxnState,
                       fmt::format("producer {} has an open transaction and wrote outside of it",
                                   header.producerId)};
  }
  return verdict;
}

Refusal ProducerStates::checkMarker(std::int64_t producerId, std::int16_t epoch,
                                    std::int32_t coordinatorEpoch) const {
  const Producer* const known = find(producerId);
  if (known == nullptr) return {};
  if (epoch < known->epoch) {
    return {ErrorCode::kInvalidProducerEpoch,
            fmt::format("producer {} has epoch {} here, the marker has {}", producerId,
                        known->epoch, epoch)};
  }
  if (coordinatorEpoch < known->coordinatorEpoch) {
    return {ErrorCode::kTransactionCoordinatorFenced,
            fmt::format("the coordinator's epoch is {} here, the marker has {}",
                        known->coordinatorEpoch, coordinatorEpoch)};
  }
  return {};
}

void ProducerStates::append(const BatchHeader& header, Millis now) {
  Producer& producer = producers_[header.producerId];
  if (producer.epoch != header.producerEpoch) {
    producer.epoch = header.producerEpoch;
    producer.recent.clear();
  }
  producer.seen = now;
  producer.recent.push_back({header.baseSequence, header.lastSequence(), header.baseOffset,
                             header.lastOffset(), header.maxTimestamp});
  if (producer.recent.size() > kRemembered) producer.recent.pop_front();
  if (header.transactional() && producer.transactionFirst == kNoOffset) {
    producer.transactionFirst = header.baseOffset;
    open_[header.baseOffset] = header.producerId;
  }
}

std::optional<CompletedTransaction> ProducerStates::complete(const BatchHeader& header,
                                                             MarkerRecord marker, Millis now) {
  Producer& producer = producers_[header.producerId];
  if (producer.epoch != header.producerEpoch) {
    producer.epoch = header.producerEpoch;
    producer.recent.clear();
  }
  producer.seen = now;
  producer.coordinatorEpoch = marker.coordinatorEpoch;
  if (producer.transactionFirst == kNoOffset) return std::nullopt;
  CompletedTransaction done{header.producerId, producer.transactionFirst, header.lastOffset(),
                            marker.kind};
  open_.erase(producer.transactionFirst);
  notYetVisible_[producer.transactionFirst] = header.lastOffset();
  producer.transactionFirst = kNoOffset;
  return done;
}

std::optional<Offset> ProducerStates::firstUnstable(Offset visible) const {
  std::optional<Offset> first;
  if (!open_.empty()) first = open_.begin()->first;
  for (const auto& [begin, marker] : notYetVisible_) {
    if (first.has_value() && begin >= *first) break;
    if (marker >= visible) return begin;
  }
  return first;
}

std::optional<Offset> ProducerStates::firstOpen() const {
  if (open_.empty()) return std::nullopt;
  return open_.begin()->first;
}

void ProducerStates::markersVisibleTo(Offset visible) {
  std::erase_if(notYetVisible_, [visible](const auto& each) { return each.second < visible; });
}

void ProducerStates::expire(Millis now, Millis after) {
  std::erase_if(producers_, [now, after](const auto& each) {
    return each.second.transactionFirst == kNoOffset && now - each.second.seen > after;
  });
}

const ProducerStates::Producer* ProducerStates::find(std::int64_t producerId) const {
  const auto found = producers_.find(producerId);
  return found == producers_.end() ? nullptr : &found->second;
}

std::vector<std::pair<std::int64_t, ProducerStates::Producer>> ProducerStates::all() const {
  std::vector<std::pair<std::int64_t, Producer>> every(producers_.begin(), producers_.end());
  std::sort(every.begin(), every.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return every;
}

std::unordered_map<std::int64_t, Offset> ProducerStates::lastOffsets() const {
  std::unordered_map<std::int64_t, Offset> offsets;
  for (const auto& [id, producer] : producers_) {
    if (!producer.recent.empty()) offsets[id] = producer.recent.back().lastOffset;
  }
  return offsets;
}

std::vector<std::byte> ProducerStates::encode() const {
  std::vector<std::int64_t> ids;
  ids.reserve(producers_.size());
  for (const auto& [id, producer] : producers_) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  ByteWriter writer;
  writer.u16(kSnapshotVersion);
  writer.u32(0);
  writer.varint(ids.size());
  for (const std::int64_t id : ids) {
    const Producer& producer = producers_.at(id);
    writer.svarint(id);
    writer.svarint(producer.epoch);
    writer.svarint(producer.coordinatorEpoch);
    writer.svarint(producer.transactionFirst);
    writer.svarint(producer.seen);
    writer.varint(producer.recent.size());
    for (const Batch& batch : producer.recent) {
      writer.svarint(batch.firstSequence);
      writer.svarint(batch.lastSequence);
      writer.svarint(batch.baseOffset);
      writer.svarint(batch.lastOffset);
      writer.svarint(batch.timestamp);
    }
  }
  writer.patchU32(2, crc32c(writer.view().subspan(6)));
  return writer.take();
}

Result<ProducerStates> ProducerStates::decode(ByteView bytes) {
  ByteReader reader(bytes);
  const std::uint16_t version = reader.u16();
  const std::uint32_t crc = reader.u32();
  if (reader.failed() || version != kSnapshotVersion || crc32c(bytes.subspan(6)) != crc)
    return Error::environment("the producer snapshot is damaged", false);
  ProducerStates states;
  const std::uint64_t count = reader.varint();
  for (std::uint64_t i = 0; i < count && !reader.failed(); ++i) {
    const std::int64_t id = reader.svarint();
    Producer producer;
    producer.epoch = static_cast<std::int16_t>(reader.svarint());
    producer.coordinatorEpoch = static_cast<std::int32_t>(reader.svarint());
    producer.transactionFirst = reader.svarint();
    producer.seen = reader.svarint();
    const std::uint64_t batches = std::min<std::uint64_t>(reader.varint(), kRemembered);
    for (std::uint64_t b = 0; b < batches; ++b) {
      Batch batch;
      batch.firstSequence = static_cast<std::int32_t>(reader.svarint());
      batch.lastSequence = static_cast<std::int32_t>(reader.svarint());
      batch.baseOffset = reader.svarint();
      batch.lastOffset = reader.svarint();
      batch.timestamp = reader.svarint();
      producer.recent.push_back(batch);
    }
    if (producer.transactionFirst != kNoOffset) states.open_[producer.transactionFirst] = id;
    states.producers_[id] = std::move(producer);
  }
  if (reader.failed() || !reader.atEnd())
    return Error::environment("the producer snapshot is damaged", false);
  return states;
}

}  // namespace millrace::log
