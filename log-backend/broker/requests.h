// SPDX-License-Identifier: Apache-2.0
#pragma once
// The requests that a broker serves, one file each. A function that returns a response answers at
// once; one that takes the exchange answers when it can.
// Threads: any; the requests of one connection begin in their order.

#include "log-backend/broker/desk.h"

namespace millrace::log {

/// What a request may want to know of who sent it.
struct Call {
  std::int16_t version = 0;
  std::string clientId;
  std::string clientHost;
  Access access;
};

// acl_requests.cpp
wire::DescribeAclsResponse describeAcls(Desk& desk, const wire::DescribeAclsRequest& request,
                                        const Call& call);
wire::CreateAclsResponse createAcls(Desk& desk, const wire::CreateAclsRequest& request,
                                    const Call& call);
wire::DeleteAclsResponse deleteAcls(Desk& desk, const wire::DeleteAclsRequest& request,
                                    const Call& call);

// quota_requests.cpp
wire::DescribeClientQuotasResponse describeClientQuotas(
    Desk& desk, const wire::DescribeClientQuotasRequest& request, const Call& call);
wire::AlterClientQuotasResponse alterClientQuotas(Desk& desk,
                                                  const wire::AlterClientQuotasRequest& request,
                                                  const Call& call);
wire::DescribeUserScramCredentialsResponse describeUserScramCredentials(
    Desk& desk, const wire::DescribeUserScramCredentialsRequest& request, const Call& call);
wire::AlterUserScramCredentialsResponse alterUserScramCredentials(
    Desk& desk, const wire::AlterUserScramCredentialsRequest& request, const Call& call);

void apiVersions(Desk& desk, const ExchangePointer& exchange);
wire::MetadataResponse metadata(Desk& desk, const wire::MetadataRequest& request, const Call& call);
void saslHandshake(Desk& desk, wire::SaslHandshakeRequest request, const ExchangePointer& exchange);
void saslAuthenticate(Desk& desk, wire::SaslAuthenticateRequest request,
                      const ExchangePointer& exchange);
void produce(Desk& desk, wire::ProduceRequest request, const ExchangePointer& exchange);
void fetch(Desk& desk, wire::FetchRequest request, const ExchangePointer& exchange);
wire::ListOffsetsResponse listOffsets(Desk& desk, const wire::ListOffsetsRequest& request,
                                      const Call& call);
wire::OffsetForLeaderEpochResponse offsetForLeaderEpoch(
    Desk& desk, const wire::OffsetForLeaderEpochRequest& request, const Call& call);
wire::CreateTopicsResponse createTopics(Desk& desk, const wire::CreateTopicsRequest& request,
                                        const Call& call);
wire::DeleteTopicsResponse deleteTopics(Desk& desk, const wire::DeleteTopicsRequest& request,
                                        const Call& call);
wire::DeleteRecordsResponse deleteRecords(Desk& desk, const wire::DeleteRecordsRequest& request,
                                          const Call& call);
wire::DescribeConfigsResponse describeConfigs(Desk& desk,
                                              const wire::DescribeConfigsRequest& request,
                                              const Call& call);
wire::FindCoordinatorResponse findCoordinator(Desk& desk,
                                              const wire::FindCoordinatorRequest& request,
                                              const Call& call);
wire::CreatePartitionsResponse createPartitions(Desk& desk,
                                                const wire::CreatePartitionsRequest& request,
                                                const Call& call);
wire::AlterConfigsResponse alterConfigs(Desk& desk, const wire::AlterConfigsRequest& request,
                                        const Call& call);
wire::IncrementalAlterConfigsResponse incrementalAlterConfigs(
    Desk& desk, const wire::IncrementalAlterConfigsRequest& request, const Call& call);

// describe_cluster.cpp
wire::DescribeClusterResponse describeCluster(Desk& desk,
                                              const wire::DescribeClusterRequest& request,
                                              const Call& call);
wire::DescribeLogDirsResponse describeLogDirs(Desk& desk,
                                              const wire::DescribeLogDirsRequest& request,
                                              const Call& call);
wire::DescribeProducersResponse describeProducers(Desk& desk,
                                                  const wire::DescribeProducersRequest& request,
                                                  const Call& call);

// group_requests.cpp
void joinGroup(Desk& desk, wire::JoinGroupRequest request, const ExchangePointer& exchange);
void syncGroup(Desk& desk, wire::SyncGroupRequest request, const ExchangePointer& exchange);
wire::HeartbeatResponse heartbeat(Desk& desk, const wire::HeartbeatRequest& request,
                                  const Call& call);
wire::LeaveGroupResponse leaveGroup(Desk& desk, const wire::LeaveGroupRequest& request,
                                    const Call& call);
void offsetCommit(Desk& desk, wire::OffsetCommitRequest request, const ExchangePointer& exchange);
wire::OffsetFetchResponse offsetFetch(Desk& desk, const wire::OffsetFetchRequest& request,
                                      const Call& call);
void offsetDelete(Desk& desk, wire::OffsetDeleteRequest request, const ExchangePointer& exchange);
wire::ListGroupsResponse listGroups(Desk& desk, const wire::ListGroupsRequest& request,
                                    const Call& call);
void describeGroups(Desk& desk, wire::DescribeGroupsRequest request,
                    const ExchangePointer& exchange);
void deleteGroups(Desk& desk, wire::DeleteGroupsRequest request, const ExchangePointer& exchange);

// transaction_requests.cpp
void initProducerId(Desk& desk, wire::InitProducerIdRequest request,
                    const ExchangePointer& exchange);
void addPartitionsToTxn(Desk& desk, wire::AddPartitionsToTxnRequest request,
                        const ExchangePointer& exchange);
void addOffsetsToTxn(Desk& desk, wire::AddOffsetsToTxnRequest request,
                     const ExchangePointer& exchange);
void txnOffsetCommit(Desk& desk, wire::TxnOffsetCommitRequest request,
                     const ExchangePointer& exchange);
void endTxn(Desk& desk, wire::EndTxnRequest request, const ExchangePointer& exchange);
wire::ListTransactionsResponse listTransactions(Desk& desk,
                                                const wire::ListTransactionsRequest& request,
                                                const Call& call);
wire::DescribeTransactionsResponse describeTransactions(
    Desk& desk, const wire::DescribeTransactionsRequest& request, const Call& call);

}  // namespace millrace::log
