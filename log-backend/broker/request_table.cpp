// SPDX-License-Identifier: Apache-2.0
#include "log-backend/broker/request_table.h"

#include "log-backend/broker/requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace millrace::log {
namespace {

template <typename Request, typename Begin>
void withRequest(const ExchangePointer& exchange, Begin begin) {
  auto request = wire::decodeBody<Request>(exchange->body(), exchange->version());
  if (!request.ok()) {
    exchange->closeConnection(request.error().message);
    return;
  }
  begin(std::move(request).value());
}

template <typename Request, auto kAnswer>
void answerAtOnce(Desk& desk, const ExchangePointer& exchange) {
  withRequest<Request>(exchange, [&](const Request& request) {
    exchange->answer(kAnswer(desk, request,
                             Call{exchange->version(), exchange->clientId(), exchange->clientHost(),
                                  accessOf(desk, *exchange)}));
  });
}

template <typename Request, auto kBegin>
void answerLater(Desk& desk, const ExchangePointer& exchange) {
  withRequest<Request>(exchange,
                       [&](Request request) { kBegin(desk, std::move(request), exchange); });
}

using namespace wire;
constexpr std::array kServed{
    Served{ProduceRequest::kApi, answerLater<ProduceRequest, produce>},
    Served{wire::FetchRequest::kApi, answerLater<wire::FetchRequest, fetch>},
    Served{ListOffsetsRequest::kApi, answerAtOnce<ListOffsetsRequest, listOffsets>},
    Served{MetadataRequest::kApi, answerAtOnce<MetadataRequest, metadata>},
    Served{OffsetCommitRequest::kApi, answerLater<OffsetCommitRequest, offsetCommit>},
    Served{OffsetFetchRequest::kApi, answerAtOnce<OffsetFetchRequest, offsetFetch>},
    Served{FindCoordinatorRequest::kApi, answerAtOnce<FindCoordinatorRequest, findCoordinator>},
    Served{JoinGroupRequest::kApi, answerLater<JoinGroupRequest, joinGroup>},
    Served{HeartbeatRequest::kApi, answerAtOnce<HeartbeatRequest, heartbeat>},
    Served{LeaveGroupRequest::kApi, answerAtOnce<LeaveGroupRequest, leaveGroup>},
    Served{SyncGroupRequest::kApi, answerLater<SyncGroupRequest, syncGroup>},
    Served{DescribeGroupsRequest::kApi, answerLater<DescribeGroupsRequest, describeGroups>},
    Served{ListGroupsRequest::kApi, answerAtOnce<ListGroupsRequest, listGroups>},
    Served{SaslHandshakeRequest::kApi, answerLater<SaslHandshakeRequest, saslHandshake>},
    Served{ApiVersionsRequest::kApi, apiVersions},
    Served{CreateTopicsRequest::kApi, answerAtOnce<CreateTopicsRequest, createTopics>},
    Served{DeleteTopicsRequest::kApi, answerAtOnce<DeleteTopicsRequest, deleteTopics>},
    Served{DeleteRecordsRequest::kApi, answerAtOnce<DeleteRecordsRequest, deleteRecords>},
    Served{InitProducerIdRequest::kApi, answerLater<InitProducerIdRequest, initProducerId>},
    Served{OffsetForLeaderEpochRequest::kApi,
           answerAtOnce<OffsetForLeaderEpochRequest, offsetForLeaderEpoch>},
    Served{AddPartitionsToTxnRequest::kApi,
           answerLater<AddPartitionsToTxnRequest, addPartitionsToTxn>},
    Served{AddOffsetsToTxnRequest::kApi, answerLater<AddOffsetsToTxnRequest, addOffsetsToTxn>},
    Served{EndTxnRequest::kApi, answerLater<EndTxnRequest, endTxn>},
    Served{TxnOffsetCommitRequest::kApi, answerLater<TxnOffsetCommitRequest, txnOffsetCommit>},
    Served{DescribeAclsRequest::kApi, answerAtOnce<DescribeAclsRequest, describeAcls>},
    Served{CreateAclsRequest::kApi, answerAtOnce<CreateAclsRequest, createAcls>},
    Served{DeleteAclsRequest::kApi, answerAtOnce<DeleteAclsRequest, deleteAcls>},
    Served{DescribeConfigsRequest::kApi, answerAtOnce<DescribeConfigsRequest, describeConfigs>},
    Served{AlterConfigsRequest::kApi, answerAtOnce<AlterConfigsRequest, alterConfigs>},
    Served{DescribeLogDirsRequest::kApi, answerAtOnce<DescribeLogDirsRequest, describeLogDirs>},
    Served{SaslAuthenticateRequest::kApi, answerLater<SaslAuthenticateRequest, saslAuthenticate>},
    Served{CreatePartitionsRequest::kApi, answerAtOnce<CreatePartitionsRequest, createPartitions>},
    Served{DeleteGroupsRequest::kApi, answerLater<DeleteGroupsRequest, deleteGroups>},
    Served{IncrementalAlterConfigsRequest::kApi,
           answerAtOnce<IncrementalAlterConfigsRequest, incrementalAlterConfigs>},
    Served{OffsetDeleteRequest::kApi, answerLater<OffsetDeleteRequest, offsetDelete>},
    Served{DescribeClientQuotasRequest::kApi,
           answerAtOnce<DescribeClientQuotasRequest, describeClientQuotas>},
    Served{AlterClientQuotasRequest::kApi,
           answerAtOnce<AlterClientQuotasRequest, alterClientQuotas>},
    Served{DescribeUserScramCredentialsRequest::kApi,
           answerAtOnce<DescribeUserScramCredentialsRequest, describeUserScramCredentials>},
    Served{AlterUserScramCredentialsRequest::kApi,
           answerAtOnce<AlterUserScramCredentialsRequest, alterUserScramCredentials>},
    Served{DescribeClusterRequest::kApi, answerAtOnce<DescribeClusterRequest, describeCluster>},
    Served{DescribeProducersRequest::kApi,
           answerAtOnce<DescribeProducersRequest, describeProducers>},
    Served{DescribeTransactionsRequest::kApi,
           answerAtOnce<DescribeTransactionsRequest, describeTransactions>},
    Served{ListTransactionsRequest::kApi, answerAtOnce<ListTransactionsRequest, listTransactions>},
};

/// Before a client has proved who it is, it may do that and nothing else.
bool mayAsk(const Desk& desk, const Exchange& exchange) {
  if (!desk.sasl.required) return true;
  const ClientSession* session = exchange.session();
  if (session == nullptr || session->refused) return false;
  return session->isAuthenticated() || exchange.key() == ApiVersionsRequest::kApi.key ||
         exchange.key() == SaslHandshakeRequest::kApi.key ||
         exchange.key() == SaslAuthenticateRequest::kApi.key;
}

}  // namespace

std::span<const Served> servedRequests() { return kServed; }

void beginRequest(Desk& desk, const ExchangePointer& exchange) {
  const auto served = std::find_if(kServed.begin(), kServed.end(), [&](const Served& each) {
    return each.api.key == exchange->key();
  });
  const bool asksForVersions = exchange->key() == ApiVersionsRequest::kApi.key;
  const bool isServed = served != kServed.end() && exchange->api() != nullptr &&
                        served->api.serves(exchange->version());
  if (!isServed && !asksForVersions) {
    exchange->closeConnection(
        fmt::format("API {} in version {} is not served", exchange->key(), exchange->version()));
    return;
  }
  if (!mayAsk(desk, *exchange)) {
    exchange->closeConnection("a client that has not proved who it is asks for something");
    return;
  }
  served->begin(desk, exchange);
}

}  // namespace millrace::log
