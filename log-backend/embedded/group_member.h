// SPDX-License-Identifier: Apache-2.0
#pragma once
// GroupMember: one member of a consumer group, from inside of the program: joins, deals out
// partitions when it leads, keeps its session alive, and learns that it must join anew. It is a
// static member, so that a restart takes up what it had.
//
// Promise: between two calls of onAssigned there is one of onRevoked, after which nothing happens
// until join() is called again. Ownership: shared with answers that are on their way; the
// coordinator and the deadlines outlive it. Threads: any; what it calls back it calls without
// locks.

#include "engine/base/mutex.h"
#include "log-backend/embedded/range_assignor.h"
#include "log-backend/group/group_coordinator.h"

namespace millrace::log {

class GroupMember : public std::enable_shared_from_this<GroupMember> {
 public:
  struct Parts {
    GroupCoordinator& groups;
    Deadlines& deadlines;
    const Clock& clock;
  };
  struct Options {
    std::string group;
    std::string instance;
    /// The topics to subscribe to, as of now.
    std::function<std::vector<std::string>()> topics;
    /// Of a topic; 0: it is not there.
    std::function<std::int32_t(const std::string&)> partitionsOf;
    std::function<void(Assignment)> onAssigned;
    std::function<void()> onRevoked;
  };
  GroupMember(Parts parts, Options options) : parts_(parts), options_(std::move(options)) {}

  /// Nothing of an earlier assignment is in use any more.
  void join();
  /// Leaves the group and calls nobody back any more.
  void leave();
  /// Asks whether the topics and partitions are others than those it joined with; if so the member
  /// must join anew.
  bool subscriptionChanged() const;

  std::string id() const;
  std::int32_t generation() const;

 private:
  /// Topics subscribed to, and how many partitions they have.
  using Subscription = std::map<std::string, std::int32_t>;
  Subscription subscription() const;
  void joined(const Shown<wire::JoinGroupResponse>& shown);
  void synced(const Shown<wire::SyncGroupResponse>& shown);
  std::vector<std::pair<std::string, std::vector<std::byte>>> deal(
      const wire::JoinGroupResponse& response) const;
  void again(ErrorCode code);
  void armHeartbeat(std::uint64_t life);
  void heartbeat(std::uint64_t life);

  const Parts parts_;
  const Options options_;
  mutable Mutex mutex_;
  std::string id_ MR_GUARDED_BY(mutex_);
  std::int32_t generation_ MR_GUARDED_BY(mutex_) = -1;
  Subscription joinedWith_ MR_GUARDED_BY(mutex_);
  std::uint64_t life_ MR_GUARDED_BY(mutex_) = 0;  ///< how often it joined; heartbeats are of one
  bool left_ MR_GUARDED_BY(mutex_) = false;
};

}  // namespace millrace::log
