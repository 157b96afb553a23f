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
};

void apiVersions(Desk& desk, const ExchangePointer& exchange);
wire::MetadataResponse metadata(Desk& desk, const wire::MetadataRequest& request, const Call& call);
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
wire::InitProducerIdResponse initProducerId(Desk& desk, const wire::InitProducerIdRequest& request,
                                            const Call& call);

}  // namespace millrace::log
