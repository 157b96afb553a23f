// SPDX-License-Identifier: Apache-2.0
#pragma once
// Coordinators on a log in memory whose time and disk the test moves by hand.

#include "engine/commit/group_commit.h"
#include "log-backend/group/group_coordinator.h"
#include "repositories/memory/memory_journal.h"
#include "tests/log-backend/partition/partition_fixture.h"

namespace group_test {

using namespace partition_test;
namespace wire = millrace::log::wire;

class CoordinatorBench {
 public:
  explicit CoordinatorBench(GroupSettings settings = {}) : settings_(settings) { open(); }
  ~CoordinatorBench() { groups().stop(); }

  /// As after a power cut: what is not on the medium may be lost.
  void cutAndOpen() {
    groups().stop();
    auto left = files_->crash();
    close();
    files_ = std::move(left);
    open();
  }

  Topics& topics() { return *topics_; }
  GroupCoordinator& groups() { return *groups_; }
  GroupCommit& commits() { return *commits_; }
  Deadlines& deadlines() { return *deadlines_; }
  VirtualClock& clock() { return clock_; }
  /// Everything that was appended gets onto the medium, and its answers go out.
  void sync() {
    while (*commits_->runOnce()) {
    }
  }
  /// Time passes, and what is due happens, one after the other.
  void pass(Millis time) {
    const Nanos until = clock_.monotonic() + time * kMillisecond;
    while (true) {
      const auto next = deadlines_->next();
      if (!next.has_value() || *next > until) break;
      clock_.advance(std::max<Nanos>(0, *next - clock_.monotonic()));
      deadlines_->runDue(clock_.monotonic());
      sync();
    }
    clock_.advance(until - clock_.monotonic());
  }

 private:
  void open() {
    open_ = std::make_unique<OpenFiles>(*files_, 50);
    journal_ = std::make_unique<millrace::repo::MemoryJournal>();
    commits_ = std::make_unique<GroupCommit>(*journal_, *files_, clock_, GroupCommitOptions{});
    deadlines_ = std::make_unique<Deadlines>();
    TopicsOptions options;
    options.seed = 5;
    topics_ = Topics::open(*open_, clock_, "/data/log", options).value();
    groups_ = std::make_unique<GroupCoordinator>(
        GroupCoordinator::Parts{*topics_, *commits_, clock_, *deadlines_, ++seed_}, settings_);
    if (!groups_->load().ok()) abort();
  }
  void close() {
    deadlines_->clear();
    groups_.reset();
    commits_.reset();
    topics_.reset();
  }

  const GroupSettings settings_;
  std::unique_ptr<MemoryFileSystem> files_ = std::make_unique<MemoryFileSystem>();
  VirtualClock clock_;
  std::uint64_t seed_ = 8;
  std::unique_ptr<OpenFiles> open_;
  std::unique_ptr<millrace::repo::MemoryJournal> journal_;
  std::unique_ptr<GroupCommit> commits_;
  std::unique_ptr<Deadlines> deadlines_;
  std::unique_ptr<Topics> topics_;
  std::unique_ptr<GroupCoordinator> groups_;
};

/// A consumer as its requests show it. Answers land in it when they come.
struct Consumer {
  CoordinatorBench& bench;
  std::string group = "g";
  std::string id = {};
  std::optional<std::string> instance = {};
  std::string subscription = "s";
  std::int16_t version = 5;
  std::int32_t sessionMs = 10000;
  std::int32_t rebalanceMs = 60000;
  std::int32_t generation = -1;
  std::optional<int> joinCode = {};
  std::optional<int> syncCode = {};
  std::string leader = {};
  std::map<std::string, std::string> members = {};
  std::string assignment = {};
  bool skips = false;

  bool leads() const { return leader == id; }

  void join() {
    joinCode.reset();
    wire::JoinGroupRequest request;
    request.groupId = group;
    request.memberId = id;
    request.groupInstanceId = instance;
    request.sessionTimeoutMs = sessionMs;
    request.rebalanceTimeoutMs = rebalanceMs;
    request.protocolType = "consumer";
    request.protocols.push_back({"range", asBytes(subscription)});
    bench.groups().join(request, {version, "client", "host"}, [this](const auto& shown) {
      joinCode = shown.response.errorCode;
      if (!shown.response.memberId.empty()) id = shown.response.memberId;
      if (*joinCode != 0) return;
      generation = shown.response.generationId;
      leader = shown.response.leader;
      skips = shown.response.skipAssignment;
      members.clear();
      for (const auto& each : shown.response.members)
        members[each.memberId] = std::string(asText(each.metadata));
    });
  }
  /// The id is promised first, as newer clients do it.
  void enter() {
    join();
    if (joinCode == 79) join();
  }
  void sync(const std::map<std::string, std::string>& assignments = {}) {
    syncCode.reset();
    wire::SyncGroupRequest request;
    request.groupId = group;
    request.memberId = id;
    request.groupInstanceId = instance;
    request.generationId = generation;
    for (const auto& [member, text] : assignments)
      request.assignments.push_back({member, asBytes(text)});
    bench.groups().sync(request, [this](const auto& shown) {
      syncCode = shown.response.errorCode;
      assignment = std::string(asText(shown.response.assignment));
    });
  }
  int heartbeat() {
    wire::HeartbeatRequest request;
    request.groupId = group;
    request.memberId = id;
    request.groupInstanceId = instance;
    request.generationId = generation;
    return bench.groups().heartbeat(request).errorCode;
  }
  int leave() {
    wire::LeaveGroupRequest request;
    request.groupId = group;
    request.memberId = id;
    return bench.groups().leave(request, {1, "client", "host"}).errorCode;
  }
  /// The code of the one partition; nothing: no answer yet.
  std::shared_ptr<std::optional<int>> commit(Offset offset, const std::string& topic = "t",
                                             std::int32_t partition = 0,
                                             const std::string& metadata = "") {
    wire::OffsetCommitRequest request;
    request.groupId = group;
    request.memberId = id;
    request.groupInstanceId = instance;
    request.generationIdOrMemberEpoch = generation;
    request.topics.push_back({topic, {{partition, offset, -1, -1, metadata}}});
    const auto code = std::make_shared<std::optional<int>>();
    bench.groups().commit(request, [code](const auto& response) {
      *code = response.topics.at(0).partitions.at(0).errorCode;
    });
    return code;
  }
};

struct FetchedOffset {
  int code = 0;
  Offset offset = 0;
  std::string metadata;
  bool operator==(const FetchedOffset&) const = default;
};

inline FetchedOffset fetchOffset(GroupCoordinator& groups, const std::string& group,
                                 const std::string& topic = "t", std::int32_t partition = 0,
                                 bool stable = false) {
  wire::OffsetFetchRequest request;
  request.groupId = group;
  request.requireStable = stable;
  request.topics.emplace().push_back({topic, {partition}});
  const auto response = groups.fetch(request, {7, "client", "host"});
  const auto& only = response.topics.at(0).partitions.at(0);
  return {only.errorCode, only.committedOffset, only.metadata.value_or("null")};
}

}  // namespace group_test
