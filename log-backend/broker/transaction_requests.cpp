// SPDX-License-Identifier: Apache-2.0
// The requests of transactions: each is the coordinator's business, and answered when it says.
#include "log-backend/broker/requests.h"

namespace millrace::log {

void initProducerId(Desk& desk, wire::InitProducerIdRequest request,
                    const ExchangePointer& exchange) {
  if (request.transactionalId.has_value()) {
    desk.transactions.initProducer(request, exchange->version(), [exchange](const auto& response) {
      exchange->answer(response);
    });
    return;
  }
  // Idempotent only: an id that nobody has, whatever the producer had before.
  wire::InitProducerIdResponse response;
  response.producerEpoch = -1;
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
  desk.transactions.addPartitions(request, exchange->version(),
                                  [exchange](const auto& response) { exchange->answer(response); });
}

void addOffsetsToTxn(Desk& desk, wire::AddOffsetsToTxnRequest request,
                     const ExchangePointer& exchange) {
  desk.transactions.addOffsets(request, exchange->version(),
                               [exchange](const auto& response) { exchange->answer(response); });
}

void txnOffsetCommit(Desk& desk, wire::TxnOffsetCommitRequest request,
                     const ExchangePointer& exchange) {
  desk.transactions.commitOffsets(request, exchange->version(),
                                  [exchange](const auto& response) { exchange->answer(response); });
}

void endTxn(Desk& desk, wire::EndTxnRequest request, const ExchangePointer& exchange) {
  desk.transactions.end(request, exchange->version(),
                        [exchange](const auto& response) { exchange->answer(response); });
}

wire::ListTransactionsResponse listTransactions(Desk& desk,
                                                const wire::ListTransactionsRequest& request,
                                                const Call&) {
  return desk.transactions.list(request);
}

wire::DescribeTransactionsResponse describeTransactions(
    Desk& desk, const wire::DescribeTransactionsRequest& request, const Call&) {
  return desk.transactions.describe(request);
}

}  // namespace millrace::log
