// SPDX-License-Identifier: Apache-2.0
#pragma once
// What each request asks ACLs for, as Kafka's documentation lists it ("Operations in Kafka",
// "Protocols"), and a request of each kind that tells the error code it got.
#include "log-backend/broker/requests.h"
#include "tests/log-backend/broker/desk_fixture.h"
#include "tests/log-backend/broker/wire_bytes.h"

namespace broker_test {

using Send = std::int64_t (*)(DeskFixture&);

inline std::vector<Answer>& answers() {
  static std::vector<Answer> kept;
  return kept;
}

inline ExchangePointer exchangeOf(int key, int version, bool flexible = false) {
  answers().clear();
  Bytes header = request(key, version);
  if (flexible) header.i8(0);  // no tags
  return *Exchange::open(header.get(), "127.0.0.1",
                         [](Answer answer) { answers().push_back(std::move(answer)); });
}
/// Behind size, correlation id and, where there is one, the throttle time.
inline Reader answered(bool throttleTime = true) {
  if (answers().size() != 1 || answers()[0].kind != Answer::Kind::kFrame) abort();
  Reader reader(std::move(answers()[0].frame));
  reader.i32();
  reader.i32();
  if (throttleTime) reader.i32();
  return reader;
}
inline Call callOf(DeskFixture& made, int version) {
  return {static_cast<std::int16_t>(version), "c", "127.0.0.1",
          accessOf(made.desk, *exchangeOf(18, 0))};
}
/// The error of the first partition: ARRAY of topics, name, ARRAY of partitions, number, code.
inline std::int64_t partitionError(Reader reader) {
  if (reader.i32() != 1) abort();
  reader.text();
  if (reader.i32() < 1) abort();
  reader.i32();
  return reader.i16();
}

struct Need {
  ResourceType resource;
  const char* name;
  Operation operation;
};

struct Row {
  const char* request;
  std::vector<Need> needs;  ///< all of them
  std::int64_t refusal;     ///< without the first
  Send send;
};

constexpr ResourceType kTopic = ResourceType::kTopic;
constexpr ResourceType kGroup = ResourceType::kGroup;
constexpr ResourceType kCluster = ResourceType::kCluster;
constexpr ResourceType kTransaction = ResourceType::kTransactionalId;

template <typename Request>
Request ofGroup() {
  Request made;
  made.groupId = "g";
  return made;
}
template <typename Request>
Request ofTransaction() {
  Request made;
  made.transactionalId = "x";
  return made;
}
template <typename Request>
void addTopic(Request& to) {
  auto& topic = to.topics.emplace_back();
  topic.name = "t";
  topic.partitions.emplace_back();
}

inline std::int64_t sendTxnOffsets(DeskFixture& made) {
  auto asked = ofTransaction<wire::TxnOffsetCommitRequest>();
  asked.groupId = "g";
  addTopic(asked);
  txnOffsetCommit(made.desk, asked, exchangeOf(28, 0));
  return partitionError(answered());
}
inline std::int64_t sendPartitions(DeskFixture& made) {
  auto asked = ofTransaction<wire::AddPartitionsToTxnRequest>();
  asked.topics.push_back({"t", {0}});
  addPartitionsToTxn(made.desk, asked, exchangeOf(24, 0));
  return partitionError(answered());
}
inline std::int64_t sendOffsetsToTxn(DeskFixture& made) {
  auto asked = ofTransaction<wire::AddOffsetsToTxnRequest>();
  asked.groupId = "g";
  addOffsetsToTxn(made.desk, asked, exchangeOf(25, 0));
  return answered().i16();
}
inline std::int64_t sendCommit(DeskFixture& made) {
  auto asked = ofGroup<wire::OffsetCommitRequest>();
  addTopic(asked);
  offsetCommit(made.desk, asked, exchangeOf(8, 2));
  if (answers().empty()) made.syncAll();
  return partitionError(answered(false));
}
inline std::int64_t sendOffsetDelete(DeskFixture& made) {
  auto asked = ofGroup<wire::OffsetDeleteRequest>();
  addTopic(asked);
  offsetDelete(made.desk, asked, exchangeOf(47, 0));
  if (answers().empty()) made.syncAll();
  Reader reader = answered(false);
  const std::int64_t code = reader.i16();
  if (code != 0) return code;
  reader.i32();
  return partitionError(std::move(reader));
}
inline std::int64_t sendProduce(DeskFixture& made, std::optional<std::string> transactionalId) {
  wire::ProduceRequest asked;
  asked.acks = 1;
  asked.transactionalId = std::move(transactionalId);
  auto& topic = asked.topicData.emplace_back();
  topic.name = "t";
  topic.partitionData.emplace_back();
  produce(made.desk, asked, exchangeOf(0, 7));
  return partitionError(answered(false));
}
inline std::int64_t sendFetch(DeskFixture& made) {
  wire::FetchRequest asked;
  auto& topic = asked.topics.emplace_back();
  topic.topic = "t";
  topic.partitions.emplace_back().partitionMaxBytes = 100;
  fetch(made.desk, asked, exchangeOf(1, 4));
  return partitionError(answered());
}
inline std::int64_t sendFetchOfId(DeskFixture& made) {
  wire::FetchRequest asked;
  auto& topic = asked.topics.emplace_back();
  topic.topicId = wireId(made.topics->find("t")->entry.id);
  topic.partitions.emplace_back().partitionMaxBytes = 100;
  fetch(made.desk, asked, exchangeOf(1, 13, true));
  // Throttle time, then the header's tags came first in this flexible version.
  Reader reader = answered(false);
  reader.i8();
  reader.i32();
  if (reader.i16() != 0) abort();
  reader.i32();
  if (reader.i8() != 2) abort();
  reader.i64();
  reader.i64();
  if (reader.i8() != 2) abort();
  reader.i32();
  return reader.i16();
}

inline wire::MetadataResponse askMetadata(DeskFixture& made, const std::string& topic) {
  wire::MetadataRequest asked;
  asked.topics.emplace().emplace_back().name = topic;
  return metadata(made.desk, asked, callOf(made, 9));
}
template <auto kFunction, typename Request>
auto ask(DeskFixture& made, const Request& asked, int version) {
  return kFunction(made.desk, asked, callOf(made, version));
}

inline std::vector<Row> rows() {
  const Need readsTopic{kTopic, "t", Operation::kRead};
  const Need seesTopic{kTopic, "t", Operation::kDescribe};
  const Need readsGroup{kGroup, "g", Operation::kRead};
  const Need writesTransaction{kTransaction, "x", Operation::kWrite};
  return {
      {"Produce",
       {{kTopic, "t", Operation::kWrite}},
       29,
       [](DeskFixture& made) { return sendProduce(made, std::nullopt); }},
      {"Produce in a transaction",
       {writesTransaction, {kTopic, "t", Operation::kWrite}},
       53,
       [](DeskFixture& made) { return sendProduce(made, "x"); }},
      {"Produce to a topic in a transaction",
       {{kTopic, "t", Operation::kWrite}, writesTransaction},
       29,
       [](DeskFixture& made) { return sendProduce(made, "x"); }},
      {"Fetch", {readsTopic}, 29, sendFetch},
      {"Fetch by id", {readsTopic}, 29, sendFetchOfId},
      {"ListOffsets",
       {seesTopic},
       29,
       [](DeskFixture& made) {
         wire::ListOffsetsRequest asked;
         auto& topic = asked.topics.emplace_back();
         topic.name = "t";
         topic.partitions.emplace_back().timestamp = -1;
         return std::int64_t{
             ask<listOffsets>(made, asked, 1).topics.at(0).partitions.at(0).errorCode};
       }},
      {"OffsetForLeaderEpoch",
       {seesTopic},
       29,
       [](DeskFixture& made) {
         wire::OffsetForLeaderEpochRequest asked;
         auto& topic = asked.topics.emplace_back();
         topic.topic = "t";
         topic.partitions.emplace_back();
         return std::int64_t{
             ask<offsetForLeaderEpoch>(made, asked, 1).topics.at(0).partitions.at(0).errorCode};
       }},
      {"Metadata",
       {seesTopic},
       29,
       [](DeskFixture& made) {
         return std::int64_t{askMetadata(made, "t").topics.at(0).errorCode};
       }},
      {"Metadata that creates",
       {{kTopic, "n", Operation::kCreate}, {kTopic, "n", Operation::kDescribe}},
       29,
       [](DeskFixture& made) {
         return std::int64_t{askMetadata(made, "n").topics.at(0).errorCode};
       }},
      {"JoinGroup",
       {readsGroup},
       30,
       [](DeskFixture& made) {
         joinGroup(made.desk, ofGroup<wire::JoinGroupRequest>(), exchangeOf(11, 2));
         return answered().i16();
       }},
      {"SyncGroup",
       {readsGroup},
       30,
       [](DeskFixture& made) {
         syncGroup(made.desk, ofGroup<wire::SyncGroupRequest>(), exchangeOf(14, 1));
         return answered().i16();
       }},
      {"Heartbeat",
       {readsGroup},
       30,
       [](DeskFixture& made) {
         return std::int64_t{ask<heartbeat>(made, ofGroup<wire::HeartbeatRequest>(), 1).errorCode};
       }},
      {"LeaveGroup",
       {readsGroup},
       30,
       [](DeskFixture& made) {
         return std::int64_t{
             ask<leaveGroup>(made, ofGroup<wire::LeaveGroupRequest>(), 1).errorCode};
       }},
      {"OffsetCommit for a group", {readsGroup, readsTopic}, 30, sendCommit},
      {"OffsetCommit for a topic", {readsTopic, readsGroup}, 29, sendCommit},
      {"OffsetFetch",
       {{kGroup, "g", Operation::kDescribe}},
       30,
       [](DeskFixture& made) {
         return std::int64_t{
             ask<offsetFetch>(made, ofGroup<wire::OffsetFetchRequest>(), 7).errorCode};
       }},
      {"OffsetFetch of many",
       {{kGroup, "g", Operation::kDescribe}},
       30,
       [](DeskFixture& made) {
         wire::OffsetFetchRequest asked;
         asked.groups.emplace_back().groupId = "g";
         return std::int64_t{ask<offsetFetch>(made, asked, 8).groups.at(0).errorCode};
       }},
      {"OffsetDelete for a group",
       {{kGroup, "g", Operation::kDelete}, readsTopic},
       30,
       sendOffsetDelete},
      {"FindCoordinator of a group",
       {{kGroup, "g", Operation::kDescribe}},
       30,
       [](DeskFixture& made) {
         wire::FindCoordinatorRequest asked;
         asked.key = "g";
         return std::int64_t{ask<findCoordinator>(made, asked, 1).errorCode};
       }},
      {"FindCoordinator of a transaction",
       {{kTransaction, "x", Operation::kDescribe}},
       53,
       [](DeskFixture& made) {
         wire::FindCoordinatorRequest asked;
         asked.keyType = 1;
         asked.coordinatorKeys = {"x"};
         return std::int64_t{ask<findCoordinator>(made, asked, 4).coordinators.at(0).errorCode};
       }},
      {"DescribeGroups",
       {{kGroup, "g", Operation::kDescribe}},
       30,
       [](DeskFixture& made) {
         wire::DescribeGroupsRequest asked;
         asked.groups = {"g"};
         describeGroups(made.desk, asked, exchangeOf(15, 1));
         Reader reader = answered();
         reader.i32();
         return reader.i16();
       }},
      {"DeleteGroups",
       {{kGroup, "g", Operation::kDelete}},
       30,
       [](DeskFixture& made) {
         wire::DeleteGroupsRequest asked;
         asked.groupsNames = {"g"};
         deleteGroups(made.desk, asked, exchangeOf(42, 0));
         Reader reader = answered();
         reader.i32();
         reader.text();
         return reader.i16();
       }},
      {"InitProducerId",
       {{kCluster, "kafka-cluster", Operation::kIdempotentWrite}},
       31,
       [](DeskFixture& made) {
         initProducerId(made.desk, {}, exchangeOf(22, 0));
         return answered().i16();
       }},
      {"InitProducerId by somebody who may write",
       {{kTopic, "t", Operation::kWrite}},
       31,
       [](DeskFixture& made) {
         initProducerId(made.desk, {}, exchangeOf(22, 0));
         return answered().i16();
       }},
      {"InitProducerId for transactions",
       {writesTransaction},
       53,
       [](DeskFixture& made) {
         auto asked = ofTransaction<wire::InitProducerIdRequest>();
         asked.transactionTimeoutMs = 1000;
         initProducerId(made.desk, asked, exchangeOf(22, 0));
         if (answers().empty()) made.syncAll();
         return answered().i16();
       }},
      {"AddPartitionsToTxn",
       {writesTransaction, {kTopic, "t", Operation::kWrite}},
       53,
       sendPartitions},
      {"AddPartitionsToTxn of a topic",
       {{kTopic, "t", Operation::kWrite}, writesTransaction},
       29,
       sendPartitions},
      {"AddOffsetsToTxn", {writesTransaction, readsGroup}, 53, sendOffsetsToTxn},
      {"AddOffsetsToTxn of a group", {readsGroup, writesTransaction}, 30, sendOffsetsToTxn},
      {"TxnOffsetCommit", {writesTransaction, readsGroup, readsTopic}, 53, sendTxnOffsets},
      {"TxnOffsetCommit of a group",
       {readsGroup, writesTransaction, readsTopic},
       30,
       sendTxnOffsets},
      {"TxnOffsetCommit of a topic",
       {readsTopic, writesTransaction, readsGroup},
       29,
       sendTxnOffsets},
      {"EndTxn",
       {writesTransaction},
       53,
       [](DeskFixture& made) {
         endTxn(made.desk, ofTransaction<wire::EndTxnRequest>(), exchangeOf(26, 0));
         return answered().i16();
       }},
      {"DescribeTransactions",
       {{kTransaction, "x", Operation::kDescribe}},
       53,
       [](DeskFixture& made) {
         wire::DescribeTransactionsRequest asked;
         asked.transactionalIds = {"x"};
         return std::int64_t{
             ask<describeTransactions>(made, asked, 0).transactionStates.at(0).errorCode};
       }},
      {"CreateTopics",
       {{kTopic, "n", Operation::kCreate}},
       29,
       [](DeskFixture& made) {
         wire::CreateTopicsRequest asked;
         auto& topic = asked.topics.emplace_back();
         topic.name = "n";
         topic.numPartitions = 1;
         topic.replicationFactor = 1;
         return std::int64_t{ask<createTopics>(made, asked, 1).topics.at(0).errorCode};
       }},
      {"CreateTopics by who may create all",
       {{kCluster, "kafka-cluster", Operation::kCreate}},
       29,
       [](DeskFixture& made) {
         wire::CreateTopicsRequest asked;
         auto& topic = asked.topics.emplace_back();
         topic.name = "n";
         topic.numPartitions = 1;
         topic.replicationFactor = 1;
         return std::int64_t{ask<createTopics>(made, asked, 1).topics.at(0).errorCode};
       }},
      {"DeleteTopics",
       {{kTopic, "t", Operation::kDelete}},
       29,
       [](DeskFixture& made) {
         wire::DeleteTopicsRequest asked;
         asked.topicNames = {"t"};
         return std::int64_t{ask<deleteTopics>(made, asked, 1).responses.at(0).errorCode};
       }},
      {"DeleteTopics by id",
       {{kTopic, "t", Operation::kDelete}},
       29,
       [](DeskFixture& made) {
         wire::DeleteTopicsRequest asked;
         asked.topics.emplace_back().topicId = wireId(made.topics->find("t")->entry.id);
         return std::int64_t{ask<deleteTopics>(made, asked, 6).responses.at(0).errorCode};
       }},
      {"DeleteRecords",
       {{kTopic, "t", Operation::kDelete}},
       29,
       [](DeskFixture& made) {
         wire::DeleteRecordsRequest asked;
         auto& topic = asked.topics.emplace_back();
         topic.name = "t";
         topic.partitions.emplace_back();
         return std::int64_t{
             ask<deleteRecords>(made, asked, 1).topics.at(0).partitions.at(0).errorCode};
       }},
      {"CreatePartitions",
       {{kTopic, "t", Operation::kAlter}},
       29,
       [](DeskFixture& made) {
         wire::CreatePartitionsRequest asked;
         auto& topic = asked.topics.emplace_back();
         topic.name = "t";
         topic.count = 3;
         return std::int64_t{ask<createPartitions>(made, asked, 1).results.at(0).errorCode};
       }},
      {"DescribeConfigs",
       {{kTopic, "t", Operation::kDescribeConfigs}},
       29,
       [](DeskFixture& made) {
         wire::DescribeConfigsRequest asked;
         asked.resources.push_back({2, "t", std::nullopt});
         return std::int64_t{ask<describeConfigs>(made, asked, 1).results.at(0).errorCode};
       }},
      {"DescribeConfigs of the broker",
       {{kCluster, "kafka-cluster", Operation::kDescribeConfigs}},
       31,
       [](DeskFixture& made) {
         wire::DescribeConfigsRequest asked;
         asked.resources.push_back({4, "1", std::nullopt});
         return std::int64_t{ask<describeConfigs>(made, asked, 1).results.at(0).errorCode};
       }},
      {"AlterConfigs",
       {{kTopic, "t", Operation::kAlterConfigs}},
       29,
       [](DeskFixture& made) {
         wire::AlterConfigsRequest asked;
         auto& topic = asked.resources.emplace_back();
         topic.resourceType = 2;
         topic.resourceName = "t";
         return std::int64_t{ask<alterConfigs>(made, asked, 1).responses.at(0).errorCode};
       }},
      {"IncrementalAlterConfigs",
       {{kTopic, "t", Operation::kAlterConfigs}},
       29,
       [](DeskFixture& made) {
         wire::IncrementalAlterConfigsRequest asked;
         auto& topic = asked.resources.emplace_back();
         topic.resourceType = 2;
         topic.resourceName = "t";
         return std::int64_t{
             ask<incrementalAlterConfigs>(made, asked, 1).responses.at(0).errorCode};
       }},
      {"DescribeClientQuotas",
       {{kCluster, "kafka-cluster", Operation::kDescribeConfigs}},
       31,
       [](DeskFixture& made) {
         return std::int64_t{
             ask<describeClientQuotas>(made, wire::DescribeClientQuotasRequest{}, 1).errorCode};
       }},
      {"AlterClientQuotas",
       {{kCluster, "kafka-cluster", Operation::kAlterConfigs}},
       31,
       [](DeskFixture& made) {
         wire::AlterClientQuotasRequest asked;
         asked.entries.emplace_back();
         return std::int64_t{ask<alterClientQuotas>(made, asked, 1).entries.at(0).errorCode};
       }},
      {"DescribeLogDirs",
       {{kCluster, "kafka-cluster", Operation::kDescribe}},
       31,
       [](DeskFixture& made) {
         return std::int64_t{
             ask<describeLogDirs>(made, wire::DescribeLogDirsRequest{}, 3).errorCode};
       }},
      {"DescribeProducers",
       {readsTopic},
       29,
       [](DeskFixture& made) {
         wire::DescribeProducersRequest asked;
         asked.topics.push_back({"t", {0}});
         return std::int64_t{
             ask<describeProducers>(made, asked, 0).topics.at(0).partitions.at(0).errorCode};
       }},
      {"DescribeAcls",
       {{kCluster, "kafka-cluster", Operation::kDescribe}},
       31,
       [](DeskFixture& made) {
         wire::DescribeAclsRequest asked;
         asked.resourceTypeFilter = 1;
         asked.patternTypeFilter = 1;
         asked.operation = 1;
         asked.permissionType = 1;
         return std::int64_t{ask<describeAcls>(made, asked, 1).errorCode};
       }},
      {"CreateAcls",
       {{kCluster, "kafka-cluster", Operation::kAlter}},
       31,
       [](DeskFixture& made) {
         wire::CreateAclsRequest asked;
         asked.creations.push_back({2, "q", 3, "User:bob", "*", 3, 3});
         return std::int64_t{ask<createAcls>(made, asked, 1).results.at(0).errorCode};
       }},
      {"DeleteAcls",
       {{kCluster, "kafka-cluster", Operation::kAlter}},
       31,
       [](DeskFixture& made) {
         wire::DeleteAclsRequest asked;
         auto& filter = asked.filters.emplace_back();
         filter.resourceTypeFilter = 2;
         filter.resourceNameFilter = "nothing";
         filter.operation = 1;
         filter.permissionType = 1;
         return std::int64_t{ask<deleteAcls>(made, asked, 1).filterResults.at(0).errorCode};
       }},
      {"DescribeUserScramCredentials",
       {{kCluster, "kafka-cluster", Operation::kDescribe}},
       31,
       [](DeskFixture& made) {
         const wire::DescribeUserScramCredentialsRequest asked;
         return std::int64_t{ask<describeUserScramCredentials>(made, asked, 0).errorCode};
       }},
      {"AlterUserScramCredentials",
       {{kCluster, "kafka-cluster", Operation::kAlter}},
       31,
       [](DeskFixture& made) {
         wire::AlterUserScramCredentialsRequest asked;
         asked.deletions.push_back({"ann", 1});
         return std::int64_t{
             ask<alterUserScramCredentials>(made, asked, 0).results.at(0).errorCode};
       }},
  };
}

inline bool isRefusal(std::int64_t code) { return (code >= 29 && code <= 31) || code == 53; }

inline Acl aclOf(const Need& need) {
  Acl acl;
  acl.resource = need.resource;
  acl.name = need.name;
  acl.principal = "User:ANONYMOUS";
  acl.host = "127.0.0.1";
  acl.operation = need.operation;
  return acl;
}

}  // namespace broker_test
