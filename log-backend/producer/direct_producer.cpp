// SPDX-License-Identifier: Apache-2.0
#include "log-backend/producer/direct_producer.h"

#include "engine/base/random.h"
#include "log-backend/client/partitioner.h"
#include "log-backend/producer/answer_code.h"
#include "log-backend/producer/record_batches.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace millrace::log {
namespace {

/// What a batch may have beside its longest record: its header, and lengths.
constexpr std::uint64_t kBatchMargin = 1000;

bool isSameRecords(ByteView a, ByteView b) {
  return a.size() == b.size() &&
         std::equal(a.begin() + kBatchHeaderBytes, a.end(), b.begin() + kBatchHeaderBytes);
}

}  // namespace

Result<std::unique_ptr<LogProducer>> DirectProducer::make(net::Network& network, const Clock& clock,
                                                          const DirectSettings& settings,
                                                          ProducerOptions options) {
  const Codec codec = MR_TRY(codecNamed(options.compression));
  std::string transactionalId;
  if (options.transactions && !options.transactionalId.empty()) {
    // A fleet has one flow, whose components have the same numbers everywhere: without something of
    // its own each agent would shut the others out.
    transactionalId =
        fmt::format("{}-{:016x}", options.transactionalId, Random::fromEntropy().next());
  }
  return std::unique_ptr<LogProducer>(new DirectProducer(
      network, clock, settings, std::move(options), codec, std::move(transactionalId)));
}

Result<std::int32_t> DirectProducer::partitionOf(const OutRecord& record, std::int32_t count) {
  if (record.partition.has_value()) {
    if (*record.partition < 0 || *record.partition >= count) {
      return Error::user(
          fmt::format("topic '{}' has partitions 0 to {}, there is none of number {}", record.topic,
                      count - 1, *record.partition));
    }
    return *record.partition;
  }
  if (record.key.has_value() && options_.spread == Spread::kByKey)
    return partitionOfKey(*record.key, count);
  return static_cast<std::int32_t>(next_++ % static_cast<std::uint32_t>(count));
}

Result<std::vector<DirectProducer::Parcel>> DirectProducer::pack(
    std::span<const OutRecord> records) {
  const Nanos deadline = clock_.monotonic() + settings_.metadataWait;
  std::map<PartitionName, Records> byPartition;
  for (const OutRecord& record : records) {
    const std::uint64_t size = encodedSize(record);
    if (size > options_.maxRecordBytes + kBatchMargin) {
      return Error::user(
          fmt::format("a record of {} bytes for topic '{}' is longer than Max Request Size ({}), "
                      "raise it",
                      size, record.topic, options_.maxRecordBytes));
    }
    std::string topic(record.topic);
    const auto leaders = MR_TRY(cluster_.leadersOf(topic, deadline));
    const auto number = MR_TRY(partitionOf(record, static_cast<std::int32_t>(leaders.size())));
    byPartition[{std::move(topic), number}].push_back(&record);
  }
  std::vector<Parcel> parcels;
  for (const auto& [to, all] : byPartition) {
    for (Records& batch : cutIntoBatches(all, options_.maxRecordBytes + kBatchMargin))
      parcels.push_back({to, std::move(batch)});
  }
  return parcels;
}

Result<std::vector<std::byte>> DirectProducer::encode(const Parcel& parcel) {
  BatchHeader fields;
  fields.attributes = static_cast<std::int16_t>(codec_);
  if (idempotent_) {
    fields.producerId = identity_.id();
    fields.producerEpoch = identity_.epoch();
    fields.baseSequence = identity_.nextSequence(parcel.to);
    if (!identity_.transactionalId().empty())
      fields.attributes =
          static_cast<std::int16_t>(fields.attributes | BatchHeader::kTransactional);
  }
  return encodeBatch(parcel.records, fields, clock_.wall());
}

Result<DirectProducer::Word> DirectProducer::attempt(const PartitionName& to, ByteView batch,
                                                     Nanos deadline, std::string& why) {
  const auto leaders = MR_TRY(cluster_.leadersOf(to.first, deadline));
  const auto number = static_cast<std::size_t>(to.second);
  const std::int32_t leader = number < leaders.size() ? leaders[number] : Cluster::kNobody;
  if (leader == Cluster::kNobody) {
    cluster_.forgetLeaders(to.first);
    why = "the partition has no leader";
    return Word::kAgain;
  }
  const auto link = cluster_.linkTo(leader, deadline);
  if (!link.ok()) {
    cluster_.forgetLeaders(to.first);
    if (!link.error().retry) return link.error();
    why = link.error().message;
    return Word::kAgain;
  }
  const Nanos patience = cluster_.patience(deadline);
  wire::ProduceRequest request;
  if (!identity_.transactionalId().empty()) request.transactionalId = identity_.transactionalId();
  request.acks =
      static_cast<std::int16_t>(options_.acknowledgement == Acknowledgement::kAll    ? -1
                                : options_.acknowledgement == Acknowledgement::kNone ? 0
                                                                                     : 1);
  request.timeoutMs = static_cast<std::int32_t>(
      std::clamp<Nanos>(patience / kMillisecond, 1, std::numeric_limits<std::int32_t>::max()));
  auto& topic = request.topicData.emplace_back();
  topic.name = to.first;
  auto& data = topic.partitionData.emplace_back();
  data.index = to.second;
  data.records = batch;
  Cluster& cluster = cluster_;
  const auto broke = [&](const Error& error) {
    cluster.drop(*link);
    cluster.forgetLeaders(to.first);
    why = error.message;
    return Word::kAgainUnsure;
  };
  if (options_.acknowledgement == Acknowledgement::kNone) {
    const auto posted = (*link)->post(request, patience);
    return posted.ok() ? Word::kTaken : broke(posted.error());
  }
  const auto answer = (*link)->call<wire::ProduceResponse>(request, patience);
  if (!answer.ok()) return broke(answer.error());
  if (answer->responses.empty() || answer->responses.front().partitionResponses.empty())
    return broke(Error::environment("the broker's answer says nothing of the batch"));
  const auto& word = answer->responses.front().partitionResponses.front();
  if (word.errorCode == answer::kNone || word.errorCode == answer::kDuplicateSequence)
    return Word::kTaken;
  why = answerText(word.errorCode);
  if (word.errorMessage.has_value()) why += " (" + *word.errorMessage + ")";
  switch (remedyOf(word.errorCode)) {
    case Remedy::kNone:
      return Error::environment(fmt::format("publishing to '{}' failed: {}", to.first, why), false);
    case Remedy::kRetry:
      cluster_.forgetLeaders(to.first);
      return Word::kAgain;
    case Remedy::kRetryUnsure:
      cluster_.forgetLeaders(to.first);
      return Word::kAgainUnsure;
    case Remedy::kNewIdentity:
      break;
  }
  return Word::kNewIdentity;
}

Result<> DirectProducer::deliver(const Parcel& parcel) {
  const Nanos deadline = clock_.monotonic() + settings_.acknowledgementWait;
  if (idempotent_) MR_TRY(identity_.ensure(deadline));
  std::vector<std::byte> batch = MR_TRY(encode(parcel));
  const auto doubt = unsure_.find(parcel.to);
  if (idempotent_ && doubt != unsure_.end()) {
    if (isSameRecords(doubt->second, batch)) {
      batch = std::move(doubt->second);
    } else {
      // Whether that batch took its sequences is not known, so that none can follow it.
      identity_.renew();
      unsure_.clear();
      MR_TRY(identity_.ensure(deadline));
      batch = MR_TRY(encode(parcel));
    }
    unsure_.erase(parcel.to);
  }
  bool unsure = false;
  std::string why;
  do {
    const auto word = attempt(parcel.to, batch, deadline, why);
    // The next who asks gets to know of it; for this batch time is over, or it is refused.
    if (!word.ok()) {
      if (unsure && idempotent_) unsure_[parcel.to] = std::move(batch);
      return word.error();
    }
    if (*word == Word::kTaken) {
      if (idempotent_)
        identity_.counted(parcel.to, static_cast<std::int32_t>(parcel.records.size()));
      return Done{};
    }
    unsure = unsure || *word == Word::kAgainUnsure;
    if (*word == Word::kNewIdentity) {
      identity_.renew();
      unsure_.clear();
      if (!idempotent_ || !identity_.transactionalId().empty())
        return Error::environment(
            fmt::format("publishing to '{}' failed: {}", parcel.to.first, why));
      MR_TRY(identity_.ensure(deadline));
      batch = MR_TRY(encode(parcel));
    }
  } while (cluster_.pause(deadline));
  if (unsure && idempotent_) unsure_[parcel.to] = std::move(batch);
  return Error::environment(fmt::format(
      "topic '{}' did not acknowledge within Acknowledgment Wait Time: {}", parcel.to.first, why));
}

Result<> DirectProducer::sendAll(const std::vector<Parcel>& parcels) {
  for (const Parcel& parcel : parcels) MR_TRY(deliver(parcel));
  return Done{};
}

Result<> DirectProducer::sendAsTransaction(const std::vector<Parcel>& parcels) {
  const Nanos deadline = clock_.monotonic() + settings_.answerWait;
  MR_TRY(identity_.ensure(deadline));
  std::vector<PartitionName> partitions;
  for (const Parcel& parcel : parcels) {
    if (partitions.empty() || partitions.back() != parcel.to) partitions.push_back(parcel.to);
  }
  Result<> sent = identity_.enlist(partitions, deadline);
  if (sent.ok()) sent = sendAll(parcels);
  if (sent.ok()) {
    sent = identity_.end(true, clock_.monotonic() + settings_.answerWait);
    if (sent.ok()) return sent;
  } else if (identity_.id() >= 0) {
    // Should that fail too, the transaction's timeout ends it, or our next one.
    (void)identity_.end(false, clock_.monotonic() + settings_.acknowledgementWait);
  }
  identity_.renew();
  unsure_.clear();
  return sent;
}

Result<std::unique_ptr<LogWork>> DirectProducer::send(std::span<const OutRecord> records) {
  const MutexLock lock(turn_);
  const auto parcels = MR_TRY(pack(records));
  if (parcels.empty()) return std::unique_ptr<LogWork>();
  if (identity_.transactionalId().empty()) {
    MR_TRY(sendAll(parcels));
  } else {
    MR_TRY(sendAsTransaction(parcels));
  }
  return std::unique_ptr<LogWork>();
}

}  // namespace millrace::log
