// SPDX-License-Identifier: Apache-2.0
// ListOffsets: the first, the last, and the one of a time. OffsetForLeaderEpoch: where an epoch
// ended.
#include "log-backend/broker/requests.h"

namespace millrace::log {
namespace {

using wire::ListOffsetsRequest;
using wire::ListOffsetsResponse;
using Asked = ListOffsetsRequest::ListOffsetsTopic::ListOffsetsPartition;
using PartitionAnswer = ListOffsetsResponse::ListOffsetsTopicResponse::ListOffsetsPartitionResponse;

constexpr std::int64_t kLatest = -1;
constexpr std::int64_t kEarliest = -2;
constexpr std::int64_t kMaxTimestamp = -3;
constexpr std::int64_t kEarliestLocal = -4;  // everything is local
constexpr std::int16_t kFirstWithMaxTimestamp = 7;
constexpr std::int16_t kFirstWithLocal = 8;

Result<TimeAndOffset> find(Partition& partition, std::int64_t timestamp, Isolation isolation,
                           const LogBounds& bounds) {
  switch (timestamp) {
    case kLatest:
      return TimeAndOffset{
          -1, isolation == Isolation::kReadCommitted ? bounds.lastStable : bounds.highWatermark};
    case kEarliest:
    case kEarliestLocal:
      return TimeAndOffset{-1, bounds.logStart};
    case kMaxTimestamp:
      return partition.maxTimestamp();
    default:
      return partition.findTime(timestamp, isolation);
  }
}

/// Version 0 takes a list, latest first.
std::vector<std::int64_t> oldStyle(const Asked& asked, std::int64_t offset, std::int64_t start) {
  std::vector<std::int64_t> offsets;
  if (offset < 0 || asked.maxNumOffsets < 1) return offsets;
  offsets.push_back(offset);
  if (asked.maxNumOffsets > 1 && offset != start) offsets.push_back(start);
  return offsets;
}

PartitionAnswer answerFor(Partition* partition, const Asked& asked, std::int8_t isolationLevel,
                          std::int16_t version) {
  PartitionAnswer answer;
  answer.partitionIndex = asked.partitionIndex;
  const auto refuse = [&answer](ErrorCode code) {
    answer.errorCode = wireCode(code);
    return answer;
  };
  if (partition == nullptr) return refuse(ErrorCode::kUnknownTopicOrPartition);
  const LogBounds bounds = partition->bounds();
  if (const ErrorCode wrong = checkEpoch(asked.currentLeaderEpoch, bounds.leaderEpoch);
      wrong != ErrorCode::kNone)
    return refuse(wrong);
  const bool known = asked.timestamp >= kEarliest ||
                     (asked.timestamp == kMaxTimestamp && version >= kFirstWithMaxTimestamp) ||
                     (asked.timestamp == kEarliestLocal && version >= kFirstWithLocal);
  if (!known) return refuse(ErrorCode::kUnsupportedVersion);
  const Isolation isolation =
      isolationLevel == 1 ? Isolation::kReadCommitted : Isolation::kReadUncommitted;
  const auto found = find(*partition, asked.timestamp, isolation, bounds);
  if (!found.ok()) return refuse(ErrorCode::kStorageError);
  answer.timestamp = found->timestamp;
  answer.offset = found->offset;
  if (found->offset >= 0) answer.leaderEpoch = bounds.leaderEpoch;
  answer.oldStyleOffsets = oldStyle(asked, found->offset, bounds.logStart);
  return answer;
}

}  // namespace

ListOffsetsResponse listOffsets(Desk& desk, const ListOffsetsRequest& request, const Call& call) {
  ListOffsetsResponse response;
  for (const auto& topic : request.topics) {
    auto& answers = response.topics.emplace_back();
    answers.name = topic.name;
    for (const auto& asked : topic.partitions) {
      if (!call.access.mayTopic(Operation::kDescribe, topic.name)) {
        auto& refused = answers.partitions.emplace_back();
        refused.partitionIndex = asked.partitionIndex;
        refused.errorCode = wireCode(ErrorCode::kTopicAuthorizationFailed);
        continue;
      }
      const auto partition = desk.topics.partition(topic.name, asked.partitionIndex);
      answers.partitions.push_back(
          answerFor(partition.get(), asked, request.isolationLevel, call.version));
    }
  }
  return response;
}

wire::OffsetForLeaderEpochResponse offsetForLeaderEpoch(
    Desk& desk, const wire::OffsetForLeaderEpochRequest& request, const Call& call) {
  wire::OffsetForLeaderEpochResponse response;
  for (const auto& topic : request.topics) {
    auto& answers = response.topics.emplace_back();
    answers.topic = topic.topic;
    for (const auto& asked : topic.partitions) {
      auto& answer = answers.partitions.emplace_back();
      answer.partition = asked.partition;
      const auto partition = desk.topics.partition(topic.topic, asked.partition);
      ErrorCode wrong = ErrorCode::kUnknownTopicOrPartition;
      if (!call.access.mayTopic(Operation::kDescribe, topic.topic)) {
        wrong = ErrorCode::kTopicAuthorizationFailed;
      } else if (partition != nullptr) {
        wrong = checkEpoch(asked.currentLeaderEpoch, partition->bounds().leaderEpoch);
      }
      answer.errorCode = wireCode(wrong);
      if (wrong != ErrorCode::kNone) continue;
      const EpochStart end = partition->endOfEpoch(asked.leaderEpoch);
      answer.leaderEpoch = end.epoch;
      answer.endOffset = end.start;
    }
  }
  return response;
}

}  // namespace millrace::log
