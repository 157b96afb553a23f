// SPDX-License-Identifier: Apache-2.0
#pragma once
// GroupCoordinator: consumer groups (Kafka's classic protocol, with static members) and the offsets
// that they commit, kept in __consumer_offsets.
//
// Promise: an offset or an assignment that was answered is on the medium; fetched offsets are, too.
// A generation that a restart did not find on the medium was told to nobody who could commit with
// it. A member that is silent for its session is out, and the others are told to join anew.
// Errors: Kafka's codes in the answers. Ownership: topics, commits, clock and deadlines outlive it;
// it outlives the last group commit. Threads: any; answers are given without locks.

#include "engine/base/random.h"
#include "log-backend/group/committed_offsets.h"

#include <set>

namespace millrace::log {

struct GroupSettings {
  std::int32_t minSessionMs = 6'000;         ///< group.min.session.timeout.ms
  std::int32_t maxSessionMs = 1'800'000;     ///< group.max.session.timeout.ms
  std::int32_t initialDelayMs = 0;           ///< group.initial.rebalance.delay.ms
  std::int32_t mostMetadataBytes = 4'096;    ///< offset.metadata.max.bytes
  std::int32_t retentionMinutes = 10'080;    ///< offsets.retention.minutes
  Millis retentionCheckMs = 600'000;         ///< offsets.retention.check.interval.ms
  std::int32_t offsetsPartitions = 1;        ///< offsets.topic.num.partitions
  std::size_t mostMembers = 2'147'483'647U;  ///< group.max.size
};

/// What a coordinator wants to know of who asks.
struct Caller {
  std::int16_t version = 0;  ///< of the request
  std::string clientId;
  std::string clientHost;
};

class GroupCoordinator {
 public:
  struct Parts {
    Topics& topics;
    GroupCommit& commits;
    const Clock& clock;
    Deadlines& deadlines;
    std::uint64_t seed = 0;  ///< of member ids; take it from entropy
  };
  GroupCoordinator(Parts parts, GroupSettings settings);

  /// Reads what the log has; before anything else.
  Result<> load();
  /// Gives up all that waits; nobody is answered any more.
  void stop();

  // group_joining.cpp
  void join(const wire::JoinGroupRequest& request, const Caller& caller, JoinDone done);
  // group_syncing.cpp
  void sync(const wire::SyncGroupRequest& request, SyncDone done);
  // group_members.cpp
  wire::HeartbeatResponse heartbeat(const wire::HeartbeatRequest& request);
  wire::LeaveGroupResponse leave(const wire::LeaveGroupRequest& request, const Caller& caller);

  // group_offsets.cpp
  void commit(const wire::OffsetCommitRequest& request,
              std::function<void(wire::OffsetCommitResponse)> done);
  wire::OffsetFetchResponse fetch(const wire::OffsetFetchRequest& request, const Caller& caller);
  void deleteOffsets(const wire::OffsetDeleteRequest& request,
                     std::function<void(wire::OffsetDeleteResponse)> done);
  /// Inside of a transaction, whose coordinator calls it with its own checks done, and the topic
  /// ensured. The answer, or nothing when `done` will get it.
  std::optional<wire::TxnOffsetCommitResponse> commitPending(
      const wire::TxnOffsetCommitRequest& request,
      std::function<void(wire::TxnOffsetCommitResponse)> done);
  /// A marker is on the medium in the partition of its group.
  void transactionEnded(std::int64_t producerId, Marker marker);

  // group_sessions.cpp
  /// How far a member of a group came, as a session of the engine commits it.
  struct SessionOffsets {
    std::string group;
    std::string member;
    std::int32_t generation = -1;
    std::vector<std::pair<OffsetKey, Offset>> offsets;
  };
  struct SessionCommit {
    ErrorCode code = ErrorCode::kNone;
    std::shared_ptr<Partition> partition;  ///< where the offsets went
    OffsetRange batch;
    std::function<void()> onDurable;  ///< makes them count
    std::function<void()> undone;     ///< called instead where the session is not
  };
  /// Checks the member and appends its offsets, under one lock. The topic is there (ensure()).
  SessionCommit commitInSession(const SessionOffsets& offsets);
  /// The newest durable offset of a group; nothing when it has none.
  std::optional<Offset> committed(const OffsetKey& key);
  /// A session has committed one that is not durable yet: whoever takes the partition over waits,
  /// or it would read again what that session has read.
  bool isUnsettled(const OffsetKey& key);
  InternalTopic& offsetsTopic() { return topic_; }

  // group_admin.cpp
  wire::ListGroupsResponse list(const wire::ListGroupsRequest& request);
  Shown<wire::DescribeGroupsResponse> describe(const wire::DescribeGroupsRequest& request);
  void remove(const wire::DeleteGroupsRequest& request,
              std::function<void(wire::DeleteGroupsResponse)> done);
  /// The offsets of these groups are never too old.
  void keepForEver(std::set<std::string> groups);
  /// Forgets what is too old, when it is time to look again.
  void expire();
  /// A topic is gone, and what was committed for it goes too.
  void forgetTopic(const std::string& topic);

 private:
  using Outbox = std::vector<std::function<void()>>;
  /// Runs `work` under the lock, then what it left in the outbox without.
  template <typename Work>
  void inTurn(Work work) {
    Outbox outbox;
    {
      MutexLock lock(mutex_);
      work(outbox);
    }
    for (const auto& each : outbox) each();
  }

  // group_joining.cpp
  ErrorCode admit(const wire::JoinGroupRequest& request, const Caller& caller, JoinDone& done,
                  std::string& memberId, Outbox& outbox) MR_REQUIRES(mutex_);
  ErrorCode joinUnknown(Group& group, const wire::JoinGroupRequest& request, const Caller& caller,
                        JoinDone& done, std::string& memberId, Outbox& outbox) MR_REQUIRES(mutex_);
  ErrorCode joinKnown(Group& group, Member& member, const wire::JoinGroupRequest& request,
                      JoinDone& done, Outbox& outbox) MR_REQUIRES(mutex_);
  void addMember(Group& group, Member member, Outbox& outbox) MR_REQUIRES(mutex_);
  void replaceStatic(Group& group, const wire::JoinGroupRequest& request, const Caller& caller,
                     Member fresh, JoinDone done, Outbox& outbox) MR_REQUIRES(mutex_);
  Shown<wire::JoinGroupResponse> joined(const Group& group, const std::string& memberId,
                                        const std::string& leader) const MR_REQUIRES(mutex_);
  void prepare(Group& group, Outbox& outbox) MR_REQUIRES(mutex_);
  /// No member commits anything more before it has joined anew, and asked how far the group is.
  void fence(Group& group, Outbox& outbox) MR_REQUIRES(mutex_);
  void tryComplete(Group& group, bool late, Outbox& outbox) MR_REQUIRES(mutex_);
  void completeJoin(Group& group, Outbox& outbox) MR_REQUIRES(mutex_);
  void armPhase(Group& group, Nanos when) MR_REQUIRES(mutex_);
  void phaseIsLate(const std::string& groupId, std::int32_t generation, GroupState state);
  std::string newId(const std::string& prefix) MR_REQUIRES(mutex_);

  // group_syncing.cpp
  void assigned(const std::string& groupId, std::int32_t generation);

  // group_members.cpp
  ErrorCode checkMember(Group& group, const std::string& memberId,
                        const std::optional<std::string>& instance) const MR_REQUIRES(mutex_);
  void alive(Group& group, Member& member) MR_REQUIRES(mutex_);
  void watch(Group& group, Member& member) MR_REQUIRES(mutex_);
  void watchIsDue(const std::string& groupId, const std::string& memberId);
  void promise(Group& group, const std::string& memberId, std::int32_t sessionMs)
      MR_REQUIRES(mutex_);
  void removeMember(Group& group, const std::string& memberId, ErrorCode code, Outbox& outbox)
      MR_REQUIRES(mutex_);
  ErrorCode leaveOne(const std::string& groupId, const std::string& memberId,
                     const std::optional<std::string>& instance, Outbox& outbox)
      MR_REQUIRES(mutex_);
  static void refuseWaiting(Member& member, ErrorCode code, Outbox& outbox);

  // group_offsets.cpp
  ErrorCode checkCommit(const std::string& groupId, std::int32_t generation,
                        const std::string& memberId, const std::optional<std::string>& instance)
      MR_REQUIRES(mutex_);
  ErrorCode checkOffset(const std::string& topic, std::int32_t partition,
                        const std::optional<std::string>& metadata) const;
  template <typename Request, typename Response>
  void commitWith(const Request& request, ErrorCode allowed, Response& response,
                  std::optional<TransactionWriter> writer, std::function<void(Response)> done)
      MR_REQUIRES(mutex_);

  // group_admin.cpp
  Result<> loadPartition(std::int32_t partition);
  Group* find(const std::string& groupId) MR_REQUIRES(mutex_);
  void enter(Group& group, GroupState state) MR_REQUIRES(mutex_);
  /// What the log keeps of a group; `done` when it is on the medium.
  AppendResult persist(Group& group, std::function<void()> done) MR_REQUIRES(mutex_);
  /// Appends tombstones of a group's offsets, and of itself.
  AppendResult forget(const std::string& groupId, const std::vector<OffsetKey>& keys, bool groupToo,
                      std::function<void()> done) MR_REQUIRES(mutex_);
  void expireGroup(const std::string& groupId, Millis now) MR_REQUIRES(mutex_);
  void settle(const OffsetKey& key) MR_REQUIRES(mutex_);

  const Parts parts_;
  const GroupSettings settings_;
  InternalTopic topic_;

  Mutex mutex_;
  Random random_ MR_GUARDED_BY(mutex_);
  std::map<std::string, Group> groups_ MR_GUARDED_BY(mutex_);
  CommittedOffsets offsets_ MR_GUARDED_BY(mutex_);
  std::map<OffsetKey, std::uint32_t> unsettled_ MR_GUARDED_BY(mutex_);  ///< commits of sessions
  std::set<std::string> kept_ MR_GUARDED_BY(mutex_);  ///< groups that are never too old
  Millis lookedAt_ MR_GUARDED_BY(mutex_) = 0;         ///< wall clock of the last expire()
  bool stopped_ MR_GUARDED_BY(mutex_) = false;
};

}  // namespace millrace::log
