// SPDX-License-Identifier: Apache-2.0
// Fetch: bytes from partitions, at once when there are enough, else as soon as there are, or when
// the client does not want to wait any longer.
#include "engine/base/sendable_file.h"
#include "log-backend/broker/requests.h"
#include "log-backend/partition/message_set.h"

#include <algorithm>
#include <atomic>

namespace millrace::log {
namespace {

using wire::FetchResponse;
using PartitionAnswer = FetchResponse::FetchableTopicResponse::PartitionData;
constexpr std::int16_t kFirstWithIds = 13;
constexpr std::int16_t kFirstWithTimes = 2;      ///< messages of magic 1
constexpr std::int16_t kFirstWithMostBytes = 3;  ///< of the whole answer
constexpr std::int16_t kFirstWithBatches = 4;
/// An earlier answer than asked for is a legal one, and frees what a client left behind.
constexpr std::int32_t kLongestWaitMs = 300'000;
/// Fewer are read: a part of its own in the frame costs two calls more.
constexpr std::uint64_t kLeastSentFromFile = 16U << 10U;

/// One attempt at a fetch: what there is, not read yet.
struct Found {
  FetchResponse response;
  struct Piece {
    FetchResult range;
    std::vector<std::byte> messages;  ///< instead, for clients who know no batches
  };
  std::vector<Piece> pieces;  ///< of the partitions, in the order of the response
  std::uint64_t bytes = 0;
  bool mustAnswer = false;  ///< an error: the client has to hear of it now
};

class Fetching {
 public:
  Fetching(Desk& desk, wire::FetchRequest request, ExchangePointer exchange)
      : desk_(desk),
        request_(std::move(request)),
        exchange_(std::move(exchange)),
        access_(accessOf(desk, *exchange_)) {
    most_ =
        static_cast<std::uint64_t>(std::clamp(request_.maxBytes, 0, desk_.settings.fetchMaxBytes));
    // Else a batch that the quota never allows would never be given.
    if (desk_.quotas != nullptr) {
      const auto quota = desk_.quotas->mostAtOnce(QuotaList::Direction::kFetch, userOf(*exchange_),
                                                  exchange_->clientId());
      if (quota) most_ = static_cast<std::uint64_t>(std::min(static_cast<double>(most_), *quota));
    }
    enough_ = std::min(static_cast<std::uint64_t>(std::max(request_.minBytes, 0)), most_);
  }

  std::int32_t patience() const { return std::min(request_.maxWaitMs, kLongestWaitMs); }

  /// True: answered, now or before.
  bool attempt(bool whatever) {
    if (answered_.load()) return true;
    Found found = look();
    if (!whatever && !found.mustAnswer && found.bytes < enough_) return false;
    if (answered_.exchange(true)) return true;
    send(std::move(found));
    return true;
  }

 private:
  Found look() const {
    Found found;
    for (const auto& asked : request_.topics) {
      const bool byId = exchange_->version() >= kFirstWithIds;
      const auto topic =
          byId ? desk_.topics.find(topicId(asked.topicId)) : desk_.topics.find(asked.topic);
      auto& answer = found.response.responses.emplace_back();
      answer.topic = asked.topic;
      answer.topicId = asked.topicId;
      const bool isRefused = topic != nullptr
                                 ? !access_.mayTopic(Operation::kRead, topic->entry.name)
                                 : !byId && !access_.mayTopic(Operation::kRead, asked.topic);
      for (const auto& each : asked.partitions) {
        if (isRefused) {
          auto& partition = answer.partitions.emplace_back();
          partition.partitionIndex = each.partition;
          refuse(partition, found, ErrorCode::kTopicAuthorizationFailed);
        } else if (topic != nullptr && each.partition >= 0 &&
                   each.partition < topic->entry.partitions) {
          lookAt(*topic->partitions[static_cast<std::size_t>(each.partition)], each, answer, found);
        } else {
          const bool unknownId = byId && topic == nullptr;
          auto& partition = answer.partitions.emplace_back();
          partition.partitionIndex = each.partition;
          refuse(partition, found,
                 unknownId ? ErrorCode::kUnknownTopicId : ErrorCode::kUnknownTopicOrPartition);
        }
      }
    }
    return found;
  }

  static void refuse(PartitionAnswer& answer, Found& found, ErrorCode code) {
    answer.errorCode = wireCode(code);
    answer.highWatermark = kNoOffset;
    found.pieces.emplace_back();
    found.mustAnswer = true;
  }

  void lookAt(Partition& partition, const wire::FetchRequest::FetchTopic::FetchPartition& asked,
              FetchResponse::FetchableTopicResponse& topic, Found& found) const {
    auto& answer = topic.partitions.emplace_back();
    answer.partitionIndex = asked.partition;
    const ErrorCode epoch = checkEpoch(asked.currentLeaderEpoch, partition.bounds().leaderEpoch);
    if (epoch != ErrorCode::kNone) {
      refuse(answer, found, epoch);
      return;
    }
    log::FetchRequest wanted;
    wanted.offset = asked.fetchOffset;
    const std::uint64_t left = most_ - std::min(most_, found.bytes);
    wanted.maxBytes =
        std::min(left, static_cast<std::uint64_t>(std::max(asked.partitionMaxBytes, 0)));
    // The oldest clients know no limit but that of each partition, and wait for ever at a message
    // that is beyond it.
    const bool eachAtLeastOne = exchange_->version() < kFirstWithMostBytes && left > 0;
    wanted.atLeastOneBatch = found.bytes == 0 || eachAtLeastOne;
    wanted.isolation =
        request_.isolationLevel == 1 ? Isolation::kReadCommitted : Isolation::kReadUncommitted;
    FetchResult range = partition.fetch(wanted);
    if (!range.ok()) {
      refuse(answer, found, range.refusal.code);
      answer.highWatermark = range.highWatermark;
      answer.logStartOffset = range.logStart;
      return;
    }
    answer.highWatermark = range.highWatermark;
    answer.lastStableOffset = range.lastStable;
    answer.logStartOffset = range.logStart;
    if (request_.isolationLevel == 1) {
      auto& aborted = answer.abortedTransactions.emplace();
      for (const AbortedTransaction& each : range.aborted)
        aborted.push_back({each.producerId, each.firstOffset});
    }
    if (exchange_->version() < kFirstWithBatches) {
      convert(partition, wanted, std::move(range), answer, found);
      return;
    }
    found.bytes += range.file == nullptr ? 0 : range.length;
    found.pieces.push_back({std::move(range), {}});
  }

  /// A range of nothing but markers of transactions gives no message: what is behind it is looked
  /// at, for the client would ask for the same range for ever.
  void convert(Partition& partition, log::FetchRequest wanted, FetchResult range,
               PartitionAnswer& answer, Found& found) const {
    const std::int8_t magic = exchange_->version() < kFirstWithTimes ? 0 : 1;
    MessageSet set;
    while (range.ok() && range.file != nullptr && range.length > 0) {
      const auto bytes = range.read();
      if (!bytes.ok()) return refuse(answer, found, ErrorCode::kStorageError);
      auto made = messagesOf(*bytes, magic, wanted.offset, wanted.maxBytes);
      if (!made.ok()) return refuse(answer, found, ErrorCode::kCorruptMessage);
      set = std::move(*made);
      if (!set.bytes.empty() || set.next <= wanted.offset) break;
      wanted.offset = set.next;
      range = partition.fetch(wanted);
    }
    found.bytes += set.bytes.size();
    found.pieces.push_back({FetchResult(), std::move(set.bytes)});
  }

  void send(Found found) {
    if (holdUp(found)) return;
    std::vector<std::vector<std::byte>> kept;  // what the response shows until it is encoded
    kept.reserve(found.pieces.size());
    std::vector<FilePart> parts;
    std::size_t next = 0;
    for (auto& topic : found.response.responses) {
      for (auto& partition : topic.partitions) {
        const Found::Piece& piece = found.pieces[next++];
        const FetchResult& range = piece.range;
        partition.records = ByteView(piece.messages);
        if (range.file == nullptr || range.length == 0 || partition.errorCode != 0) continue;
        if (range.length >= kLeastSentFromFile && isSendable(*range.file)) {
          partition.records = wire::Records::elsewhere(static_cast<std::size_t>(range.length));
          parts.push_back({0, range.file, range.position, range.length});
          continue;
        }
        auto bytes = range.read();
        if (!bytes.ok()) {
          partition.errorCode = wireCode(ErrorCode::kStorageError);
          continue;
        }
        kept.push_back(std::move(bytes).value());
        partition.records = ByteView(kept.back());
      }
    }
    exchange_->answer(found.response, std::move(parts));
  }

  /// True: its client is over its quota, and gets no records now.
  bool holdUp(Found& found) {
    const Nanos already = charge(desk_, *exchange_, QuotaList::Direction::kFetch, 0);
    const Nanos pause = already > 0
                            ? already
                            : charge(desk_, *exchange_, QuotaList::Direction::kFetch, found.bytes);
    if (pause <= 0) return false;
    found.response.throttleTimeMs = static_cast<std::int32_t>(pause / kMillisecond);
    exchange_->holdUp(pause);
    // What takes it over the limit is given, and paid for afterwards.
    if (already <= 0) return false;
    for (auto& topic : found.response.responses) {
      for (auto& partition : topic.partitions) partition.records = ByteView();
    }
    exchange_->answer(found.response);
    return true;
  }

  Desk& desk_;
  const wire::FetchRequest request_;
  const ExchangePointer exchange_;
  const Access access_;
  std::uint64_t most_ = 0;
  std::uint64_t enough_ = 0;
  std::atomic<bool> answered_{false};
};

}  // namespace

void fetch(Desk& desk, wire::FetchRequest request, const ExchangePointer& exchange) {
  if ((request.sessionId != 0 && request.sessionEpoch != -1) || request.sessionEpoch > 0) {
    // No session was ever given: every answer declines one with the id 0.
    FetchResponse response;
    response.errorCode = wireCode(ErrorCode::kFetchSessionIdNotFound);
    exchange->answer(response);
    return;
  }
  // Shared: the waiting list and the deadline both hold it, and either may be first.
  const auto fetching = std::make_shared<Fetching>(desk, std::move(request), exchange);
  if (fetching->attempt(fetching->patience() <= 0)) return;
  const Nanos until = desk.clock.monotonic() + fetching->patience() * kMillisecond;
  const auto place = std::make_shared<std::atomic<std::uint64_t>>(0);
  const auto deadline = desk.deadlines.at(until, [&desk, fetching, place] {
    desk.fetchWaiters.remove(place->load());
    fetching->attempt(true);
  });
  const std::uint64_t token =
      desk.fetchWaiters.add([&desk, deadline, weak = std::weak_ptr(fetching)] {
        const auto waiting = weak.lock();
        if (waiting != nullptr && !waiting->attempt(false)) return false;
        desk.deadlines.cancel(deadline);
        return true;
      });
  place->store(token);
  // What came between the first look and add() woke nobody.
  if (fetching->attempt(false)) {
    desk.fetchWaiters.remove(token);
    desk.deadlines.cancel(deadline);
  }
}

}  // namespace millrace::log
