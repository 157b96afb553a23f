// SPDX-License-Identifier: Apache-2.0
// GroupCoordinator, the offsets: commit, fetch and delete, and those inside of transactions.
#include "log-backend/group/group_coordinator.h"

#include <algorithm>

namespace millrace::log {
namespace {

constexpr std::int16_t kFirstWithGroups = 8;
constexpr std::int16_t kFirstWithNullForAll = 2;

std::int16_t wire16(ErrorCode code) { return static_cast<std::int16_t>(code); }

/// The answers of a request in which every partition gets the same.
template <typename Request, typename Response>
void answerAll(const Request& request, ErrorCode code, Response& response) {
  for (const auto& topic : request.topics) {
    auto& answers = response.topics.emplace_back();
    answers.name = topic.name;
    for (const auto& each : topic.partitions) {
      auto& answer = answers.partitions.emplace_back();
      answer.partitionIndex = each.partitionIndex;
      answer.errorCode = wire16(code);
    }
  }
}

}  // namespace

ErrorCode GroupCoordinator::checkCommit(const std::string& groupId, std::int32_t generation,
                                        const std::string& memberId,
                                        const std::optional<std::string>& instance) {
  if (stopped_) return ErrorCode::kCoordinatorNotAvailable;
  Group* const group = find(groupId);
  const bool simple = generation < 0 && memberId.empty() && !instance.has_value();
  if (group == nullptr || group->state == GroupState::kEmpty) {
    // Somebody who is no member commits for a group that has none.
    if (simple) return ErrorCode::kNone;
    if (group == nullptr) return ErrorCode::kIllegalGeneration;
  }
  // An administrator moves a wire while it runs: commit() sends its members back to the start.
  if (simple && kept_.contains(groupId)) return ErrorCode::kNone;
  const ErrorCode wrong = checkMember(*group, memberId, instance);
  if (wrong != ErrorCode::kNone) return wrong;
  if (generation != group->generation) return ErrorCode::kIllegalGeneration;
  if (group->state == GroupState::kCompleting) return ErrorCode::kRebalanceInProgress;
  alive(*group, group->members.at(memberId));
  return ErrorCode::kNone;
}

ErrorCode GroupCoordinator::checkOffset(const std::string& topic, std::int32_t partition,
                                        const std::optional<std::string>& metadata) const {
  if (metadata.has_value() &&
      metadata->size() > static_cast<std::size_t>(settings_.mostMetadataBytes))
    return ErrorCode::kOffsetMetadataTooLarge;
  return parts_.topics.partition(topic, partition) == nullptr ? ErrorCode::kUnknownTopicOrPartition
                                                              : ErrorCode::kNone;
}

template <typename Request, typename Response>
void GroupCoordinator::commitWith(const Request& request, ErrorCode allowed, Response& response,
                                  std::optional<TransactionWriter> writer,
                                  std::function<void(Response)> done) {
  std::vector<KeptRecord> records;
  std::vector<std::pair<OffsetKey, CommittedOffset>> offsets;
  if (allowed != ErrorCode::kNone) {
    answerAll(request, allowed, response);
    return;
  }
  for (const auto& topic : request.topics) {
    auto& answers = response.topics.emplace_back();
    answers.name = topic.name;
    for (const auto& each : topic.partitions) {
      auto& answer = answers.partitions.emplace_back();
      answer.partitionIndex = each.partitionIndex;
      answer.errorCode =
          wire16(checkOffset(topic.name, each.partitionIndex, each.committedMetadata));
      if (answer.errorCode != 0) continue;
      const OffsetKey key{request.groupId, topic.name, each.partitionIndex};
      const CommittedOffset value{each.committedOffset, each.committedLeaderEpoch,
                                  each.committedMetadata.value_or(""), parts_.clock.wall()};
      records.push_back({encodeKey(key), encodeValue(value)});
      offsets.emplace_back(key, value);
    }
  }
  if (records.empty()) return;
  // Shared with the callback, which learns only afterwards where the records went.
  const auto first = std::make_shared<Offset>(kNoOffset);
  const auto written = topic_.append(
      topic_.partitionOf(request.groupId), records,
      [this, first, writer, offsets, response, done = std::move(done)] {
        if (!writer.has_value()) {
          MutexLock lock(mutex_);
          Offset place = *first;
          for (const auto& [key, value] : offsets) offsets_.put(key, value, place++);
        }
        done(response);
      },
      writer);
  if (!written.ok()) {
    for (auto& topic : response.topics) {
      for (auto& each : topic.partitions) {
        if (each.errorCode == 0) each.errorCode = wire16(ErrorCode::kCoordinatorNotAvailable);
      }
    }
    return;
  }
  *first = written.baseOffset;
  if (writer.has_value()) {
    Offset place = written.baseOffset;
    for (const auto& [key, value] : offsets)
      offsets_.putPending(writer->producerId, key, value, place++);
  }
  response.topics.clear();  // answered later
}

void GroupCoordinator::commit(const wire::OffsetCommitRequest& request,
                              std::function<void(wire::OffsetCommitResponse)> done) {
  const Refusal refusal = topic_.ensure();
  wire::OffsetCommitResponse now;
  inTurn([&](Outbox& outbox) MR_REQUIRES(mutex_) {
    const ErrorCode allowed = refusal.refused()
                                  ? ErrorCode::kCoordinatorNotAvailable
                                  : checkCommit(request.groupId, request.generationIdOrMemberEpoch,
                                                request.memberId, request.groupInstanceId);
    commitWith(request, allowed, now, std::nullopt, done);
    const bool isAppended = now.topics.empty() && !request.topics.empty();
    Group* const group = find(request.groupId);
    // Of somebody who is no member: what the members have in hand belongs to where they were.
    if (isAppended && request.memberId.empty() && group != nullptr &&
        group->state != GroupState::kEmpty)
      fence(*group, outbox);
  });
  if (!now.topics.empty() || request.topics.empty()) done(std::move(now));
}

std::optional<wire::TxnOffsetCommitResponse> GroupCoordinator::commitPending(
    const wire::TxnOffsetCommitRequest& request,
    std::function<void(wire::TxnOffsetCommitResponse)> done) {
  wire::TxnOffsetCommitResponse now;
  MutexLock lock(mutex_);
  ErrorCode allowed = ErrorCode::kNone;
  // Older clients do not say which member they are.
  const bool saysWho =
      request.generationId >= 0 || !request.memberId.empty() || request.groupInstanceId.has_value();
  if (saysWho) {
    allowed = checkCommit(request.groupId, request.generationId, request.memberId,
                          request.groupInstanceId);
  }
  commitWith(request, allowed, now, TransactionWriter{request.producerId, request.producerEpoch},
             std::move(done));
  if (now.topics.empty() && !request.topics.empty()) return std::nullopt;
  return now;
}

void GroupCoordinator::transactionEnded(std::int64_t producerId, Marker marker) {
  MutexLock lock(mutex_);
  offsets_.end(producerId, marker);
}

wire::OffsetFetchResponse GroupCoordinator::fetch(const wire::OffsetFetchRequest& request,
                                                  const Caller& caller) {
  MutexLock lock(mutex_);
  wire::OffsetFetchResponse response;
  // `topics`: none for all that the group has.
  const auto fill = [&](const std::string& group, const auto& topics,
                        auto& answers) MR_REQUIRES(mutex_) {
    const auto add = [&](auto& topic, std::int32_t partition) MR_REQUIRES(mutex_) {
      auto& answer = topic.partitions.emplace_back();
      answer.partitionIndex = partition;
      answer.committedOffset = kNoOffset;
      answer.committedLeaderEpoch = -1;
      answer.metadata = "";
      const OffsetKey key{group, topic.name, partition};
      if (request.requireStable && offsets_.pending(key)) {
        answer.errorCode = wire16(ErrorCode::kUnstableOffsetCommit);
        return;
      }
      const auto found = offsets_.find(key);
      if (!found.has_value()) return;
      answer.committedOffset = found->offset;
      answer.committedLeaderEpoch = found->leaderEpoch;
      answer.metadata = found->metadata;
    };
    if (topics.has_value()) {
      for (const auto& asked : *topics) {
        auto& topic = answers.emplace_back();
        topic.name = asked.name;
        for (const std::int32_t partition : asked.partitionIndexes) add(topic, partition);
      }
      return;
    }
    for (const auto& [place, value] : offsets_.of(group)) {
      if (answers.empty() || answers.back().name != place.first)
        answers.emplace_back().name = place.first;
      add(answers.back(), place.second);
    }
  };
  if (caller.version < kFirstWithGroups) {
    auto topics = request.topics;
    // In the first versions no list is a list of nothing.
    if (!topics.has_value() && caller.version < kFirstWithNullForAll) topics.emplace();
    fill(request.groupId, topics, response.topics);
    return response;
  }
  for (const auto& asked : request.groups) {
    auto& answer = response.groups.emplace_back();
    answer.groupId = asked.groupId;
    fill(asked.groupId, asked.topics, answer.topics);
  }
  return response;
}

void GroupCoordinator::deleteOffsets(const wire::OffsetDeleteRequest& request,
                                     std::function<void(wire::OffsetDeleteResponse)> done) {
  wire::OffsetDeleteResponse response;
  std::vector<OffsetKey> keys;
  bool waits = false;
  {
    MutexLock lock(mutex_);
    Group* const group = find(request.groupId);
    const bool known = group != nullptr || !offsets_.of(request.groupId).empty();
    const bool busy = group != nullptr && group->state != GroupState::kEmpty;
    if (!known) response.errorCode = wire16(ErrorCode::kGroupIdNotFound);
    if (busy && group->protocolType != "consumer")
      response.errorCode = wire16(ErrorCode::kNonEmptyGroup);
    std::set<std::string> subscribed;
    if (busy) {
      for (const auto& [id, member] : group->members) {
        const std::string protocol =
            group->protocol.empty() ? member.protocols.front().name : group->protocol;
        const auto topics = subscribedTopics(bytesOf(member.metadataFor(protocol)));
        if (topics.has_value()) subscribed.insert(topics->begin(), topics->end());
      }
    }
    for (const auto& topic : request.topics) {
      if (response.errorCode != 0) break;
      auto& answers = response.topics.emplace_back();
      answers.name = topic.name;
      for (const auto& each : topic.partitions) {
        auto& answer = answers.partitions.emplace_back();
        answer.partitionIndex = each.partitionIndex;
        const OffsetKey key{request.groupId, topic.name, each.partitionIndex};
        if (subscribed.contains(topic.name)) {
          answer.errorCode = wire16(ErrorCode::kGroupSubscribedToTopic);
        } else if (offsets_.find(key).has_value()) {
          keys.push_back(key);
        }
      }
    }
    if (!keys.empty()) {
      const auto written =
          forget(request.groupId, keys, false, [done, response] { done(response); });
      waits = written.ok();
      if (!waits) {
        response.topics.clear();
        response.errorCode = wire16(ErrorCode::kCoordinatorNotAvailable);
      }
    }
  }
  if (!waits) done(std::move(response));
}

}  // namespace millrace::log
