// SPDX-License-Identifier: Apache-2.0
// The requests of transactions: each is the coordinator's business, and answered when it says, if
// its sender may write with that transactional id.
#include "log-backend/broker/refused_topics.h"
#include "log-backend/broker/requests.h"

#include <algorithm>

namespace millrace::log {
namespace {

constexpr auto kNotYourId = ErrorCode::kTransactionalIdAuthorizationFailed;

template <typename Response>
void refuse(const ExchangePointer& exchange, ErrorCode code) {
  Response response;
  response.errorCode = wireCode(code);
  exchange->answer(response);
}

void addRefused(const wire::AddPartitionsToTxnRequest& request, const ExchangePointer& exchange,
                const std::function<ErrorCode(const std::string& topic)>& codeOf) {
  wire::AddPartitionsToTxnResponse response;
  for (const auto& topic : request.topics) {
    auto& answer = response.results.emplace_back();
    answer.name = topic.name;
    for (const std::int32_t partition : topic.partitions)
      answer.results.push_back({partition, wireCode(codeOf(topic.name))});
  }
  exchange->answer(response);
}

}  // namespace

void initProducerId(Desk& desk, wire::InitProducerIdRequest request,
                    const ExchangePointer& exchange) {
  const Access access = accessOf(desk, *exchange);
  wire::InitProducerIdResponse response;
  response.producerEpoch = -1;
  if (request.transactionalId.has_value()) {
    if (access.mayTransaction(Operation::kWrite, *request.transactionalId)) {
      desk.transactions.initProducer(request, exchange->version(),
                                     [exchange](const auto& done) { exchange->answer(done); });
      return;
    }
    response.errorCode = wireCode(kNotYourId);
    exchange->answer(response);
    return;
  }
  if (!access.mayCluster(Operation::kIdempotentWrite) && !access.mayWriteSomeTopic()) {
    response.errorCode = wireCode(ErrorCode::kClusterAuthorizationFailed);
    exchange->answer(response);
    return;
  }
  // Idempotent only: an id that nobody has, whatever the producer had before.
  if (const auto id = desk.producerIds.next(); id.ok()) {
    response.producerId = *id;
    response.producerEpoch = 0;
  } else {
    response.errorCode = wireCode(ErrorCode::kCoordinatorNotAvailable);
  }
  exchange->answer(response);
}

void addPartitionsToTxn(Desk& desk, wire::AddPartitionsToTxnRequest request,
                        const ExchangePointer& exchange) {
  const Access access = accessOf(desk, *exchange);
  if (!access.mayTransaction(Operation::kWrite, request.transactionalId)) {
    addRefused(request, exchange, [](const std::string&) { return kNotYourId; });
    return;
  }
  const auto isRefused = [&](const std::string& topic) {
    return !access.mayTopic(Operation::kWrite, topic);
  };
  // All or nothing: a transaction gets no part of what was asked for.
  if (std::any_of(request.topics.begin(), request.topics.end(),
                  [&](const auto& topic) { return isRefused(topic.name); })) {
    addRefused(request, exchange, [&](const std::string& topic) {
      return isRefused(topic) ? ErrorCode::kTopicAuthorizationFailed
                              : ErrorCode::kOperationNotAttempted;
    });
    return;
  }
  desk.transactions.addPartitions(request, exchange->version(),
                                  [exchange](const auto& response) { exchange->answer(response); });
}

void addOffsetsToTxn(Desk& desk, wire::AddOffsetsToTxnRequest request,
                     const ExchangePointer& exchange) {
  const Access access = accessOf(desk, *exchange);
  if (!access.mayTransaction(Operation::kWrite, request.transactionalId))
    return refuse<wire::AddOffsetsToTxnResponse>(exchange, kNotYourId);
  if (!access.mayGroup(Operation::kRead, request.groupId))
    return refuse<wire::AddOffsetsToTxnResponse>(exchange, ErrorCode::kGroupAuthorizationFailed);
  desk.transactions.addOffsets(request, exchange->version(),
                               [exchange](const auto& response) { exchange->answer(response); });
}

void txnOffsetCommit(Desk& desk, wire::TxnOffsetCommitRequest request,
                     const ExchangePointer& exchange) {
  const Access access = accessOf(desk, *exchange);
  wire::TxnOffsetCommitResponse response;
  const bool mayWrite = access.mayTransaction(Operation::kWrite, request.transactionalId);
  if (!mayWrite || !access.mayGroup(Operation::kRead, request.groupId)) {
    refuseTopics(request.topics, mayWrite ? ErrorCode::kGroupAuthorizationFailed : kNotYourId,
                 response.topics);
    exchange->answer(response);
    return;
  }
  takeOutRefused(request.topics, access, Operation::kRead, response.topics);
  if (request.topics.empty()) {
    exchange->answer(response);
    return;
  }
  desk.transactions.commitOffsets(
      request, exchange->version(),
      [exchange, refused = std::move(response.topics)](wire::TxnOffsetCommitResponse done) {
        done.topics.insert(done.topics.end(), refused.begin(), refused.end());
        exchange->answer(done);
      });
}

void endTxn(Desk& desk, wire::EndTxnRequest request, const ExchangePointer& exchange) {
  if (!accessOf(desk, *exchange).mayTransaction(Operation::kWrite, request.transactionalId))
    return refuse<wire::EndTxnResponse>(exchange, kNotYourId);
  desk.transactions.end(request, exchange->version(),
                        [exchange](const auto& response) { exchange->answer(response); });
}

wire::ListTransactionsResponse listTransactions(Desk& desk,
                                                const wire::ListTransactionsRequest& request,
                                                const Call& call) {
  wire::ListTransactionsResponse response = desk.transactions.list(request);
  std::erase_if(response.transactionStates, [&](const auto& each) {
    return !call.access.mayTransaction(Operation::kDescribe, each.transactionalId);
  });
  return response;
}

wire::DescribeTransactionsResponse describeTransactions(
    Desk& desk, const wire::DescribeTransactionsRequest& request, const Call& call) {
  wire::DescribeTransactionsResponse response = desk.transactions.describe(request);
  for (auto& each : response.transactionStates) {
    if (!call.access.mayTransaction(Operation::kDescribe, each.transactionalId)) {
      const std::string id = std::move(each.transactionalId);
      each = {};
      each.transactionalId = id;
      each.errorCode = wireCode(kNotYourId);
      continue;
    }
    std::erase_if(each.topics, [&](const auto& topic) {
      return !call.access.mayTopic(Operation::kDescribe, topic.topic);
    });
  }
  return response;
}

}  // namespace millrace::log
