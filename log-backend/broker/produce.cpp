// SPDX-License-Identifier: Apache-2.0
// Produce: batches into partitions. With acks=all the answer waits for the group sync; with acks 0
// and 1 the sync is asked for all the same, for readers see what is durable.
#include "engine/commit/group_commit.h"
#include "log-backend/broker/requests.h"
#include "log-backend/partition/message_set.h"

#include <fmt/format.h>

#include <atomic>

namespace millrace::log {
namespace {

using wire::ProduceRequest;
using wire::ProduceResponse;
using PartitionAnswer = ProduceResponse::TopicProduceResponse::PartitionProduceResponse;

constexpr std::int16_t kAcksAll = -1;
constexpr std::int16_t kFirstWithBatches = 3;
constexpr std::int16_t kFirstWithZstd = 7;

/// What of a batch depends on the request around it.
Refusal checkAround(const ProduceRequest& request, std::int16_t version,
                    const std::optional<BatchHeader>& header) {
  if (!header.has_value()) return {};  // the partition says what is wrong with it
  if (header->codecId() == 4 && version < kFirstWithZstd) {
    return {ErrorCode::kUnsupportedCompressionType,
            "zstd needs a newer version of Produce, update the client"};
  }
  if (header->transactional() && !request.transactionalId.has_value()) {
    return {ErrorCode::kInvalidTxnState,
            "the batch is of a transaction, but the request names none"};
  }
  return {};
}

PartitionAnswer append(Desk& desk, const ProduceRequest& request, const ExchangePointer& exchange,
                       const Topic* topic, bool mayWrite,
                       const ProduceRequest::TopicProduceData& data,
                       const ProduceRequest::TopicProduceData::PartitionProduceData& given,
                       std::vector<std::shared_ptr<Partition>>& changed) {
  PartitionAnswer answer;
  answer.index = given.index;
  answer.baseOffset = kNoOffset;
  const auto refuse = [&answer](const Refusal& refusal) {
    answer.errorCode = wireCode(refusal.code);
    answer.errorMessage = wireMessage(refusal);
    return answer;
  };
  if (!mayWrite)
    return refuse({ErrorCode::kTopicAuthorizationFailed,
                   fmt::format("you may not write to '{}'", data.name)});
  if (isInternal(data.name))
    return refuse({ErrorCode::kInvalidTopic,
                   fmt::format("'{}' is the log's own topic, write to another", data.name)});
  if (topic == nullptr || given.index < 0 || given.index >= topic->entry.partitions) {
    return refuse({ErrorCode::kUnknownTopicOrPartition,
                   fmt::format("there is no partition {} of '{}'", given.index, data.name)});
  }
  if (request.acks == kAcksAll && topic->entry.config.minInsyncReplicas() > 1) {
    return refuse({ErrorCode::kNotEnoughReplicas,
                   fmt::format("'{}' asks for {} replicas, there is one: lower "
                               "min.insync.replicas",
                               data.name, topic->entry.config.minInsyncReplicas())});
  }
  const ByteView records = given.records.value_or(ByteView());
  std::span<std::byte> batch = exchange->changeable(records);
  BatchOfMessages made;
  if (exchange->version() < kFirstWithBatches && isMessageSet(records)) {
    made = batchOfMessages(records);
    if (made.refusal.refused()) return refuse(made.refusal);
    batch = made.batch;
  }
  const auto header = readBatchHeader(batch);
  if (const Refusal around = checkAround(request, exchange->version(), header); around.refused())
    return refuse(around);
  const auto& partition = topic->partitions[static_cast<std::size_t>(given.index)];
  const AppendResult result =
      header.has_value() && header->transactional()
          ? desk.transactions.append(*request.transactionalId, *header, data.name, given.index,
                                     *partition, batch)
          : partition->append(batch);
  if (!result.ok()) return refuse(result.refusal);
  answer.baseOffset = result.baseOffset;
  answer.logAppendTimeMs = result.logAppendTime;
  answer.logStartOffset = result.logStart;
  // A duplicate too: what it repeats may not be durable yet.
  changed.push_back(partition);
  return answer;
}

/// Runs an action when the last of several things is done.
class Countdown {
 public:
  Countdown(std::size_t count, std::function<void()> action)
      : left_(count), action_(std::move(action)) {}
  void one() {
    if (left_.fetch_sub(1) == 1) action_();
  }

 private:
  std::atomic<std::size_t> left_;
  const std::function<void()> action_;
};

void refuseAll(const ProduceRequest& request, ErrorCode code, ProduceResponse& response) {
  for (const auto& data : request.topicData) {
    auto& topic = response.responses.emplace_back();
    topic.name = data.name;
    for (const auto& given : data.partitionData) {
      auto& answer = topic.partitionResponses.emplace_back();
      answer.index = given.index;
      answer.baseOffset = kNoOffset;
      answer.errorCode = wireCode(code);
    }
  }
}

}  // namespace

void produce(Desk& desk, ProduceRequest request, const ExchangePointer& exchange) {
  ProduceResponse response;
  if (request.acks < kAcksAll || request.acks > 1) {
    refuseAll(request, ErrorCode::kInvalidRequiredAcks, response);
    exchange->answer(response);
    return;
  }
  const Access access = accessOf(desk, *exchange);
  if (request.transactionalId.has_value() &&
      !access.mayTransaction(Operation::kWrite, *request.transactionalId)) {
    refuseAll(request, ErrorCode::kTransactionalIdAuthorizationFailed, response);
    exchange->answer(response);
    return;
  }
  std::vector<std::shared_ptr<Partition>> changed;
  std::string firstWrong;
  for (const auto& data : request.topicData) {
    const auto topic = desk.topics.find(data.name);
    const bool mayWrite = access.mayTopic(Operation::kWrite, data.name);
    auto& answers = response.responses.emplace_back();
    answers.name = data.name;
    for (const auto& given : data.partitionData) {
      auto answer = append(desk, request, exchange, topic.get(), mayWrite, data, given, changed);
      if (answer.errorCode != 0 && firstWrong.empty())
        firstWrong = answer.errorMessage.value_or("");
      answers.partitionResponses.push_back(std::move(answer));
    }
  }
  // The request itself is what went through; the answer says how long, and the broker hears nothing
  // more meanwhile.
  if (const Nanos pause =
          charge(desk, *exchange, QuotaList::Direction::kPublish, exchange->body().size());
      pause > 0) {
    response.throttleTimeMs = static_cast<std::int32_t>(pause / kMillisecond);
    exchange->holdUp(pause);
  }
  if (request.acks == kAcksAll && !changed.empty()) {
    const auto countdown = std::make_shared<Countdown>(
        changed.size(), [exchange, response = std::move(response)] { exchange->answer(response); });
    for (const auto& each : changed)
      each->whenDurable(desk.commits, [countdown] { countdown->one(); });
    return;
  }
  for (const auto& each : changed) each->whenDurable(desk.commits, [] {});
  if (request.acks != 0) {
    exchange->answer(response);
  } else if (firstWrong.empty()) {
    exchange->answerNothing();
  } else {
    // The only way to tell somebody who does not listen.
    exchange->closeConnection("a request with acks=0 was refused: " + firstWrong);
  }
}

}  // namespace millrace::log
