// SPDX-License-Identifier: Apache-2.0
#pragma once
// A desk over files in memory, with a topic "t" of two partitions.
#include "engine/commit/group_commit.h"
#include "log-backend/broker/request_table.h"
#include "repositories/memory/memory_journal.h"
#include "tests/log-backend/partition/partition_fixture.h"

namespace broker_test {

using namespace millrace;
using namespace millrace::log;

struct DeskFixture {
  MemoryFileSystem files;
  OpenFiles open{files, 50};
  VirtualClock clock;
  repo::MemoryJournal journal;
  GroupCommit commits{journal, files, clock, GroupCommitOptions{}};
  FetchWaiters waiters;
  Deadlines deadlines;
  ProducerIds ids{[](std::int64_t) -> Result<std::int64_t> { return std::int64_t{4000}; }};
  std::unique_ptr<Topics> topics = openTopics();
  GroupCoordinator groups{GroupCoordinator::Parts{*topics, commits, clock, deadlines, 9},
                          GroupSettings{}};
  TransactionCoordinator transactions{
      TransactionCoordinator::Parts{*topics, commits, clock, deadlines, groups,
                                    [this] { return ids.next(); }},
      TransactionSettings{}};
  Desk desk{*topics,         commits,      clock,
            waiters,         deadlines,    ids,
            groups,          transactions, BrokerIdentity{"cluster", 1, "host", 9092},
            BrokerSettings{}};

  ~DeskFixture() {
    waiters.detach();
    deadlines.clear();
  }
  DeskFixture() {
    if (topics->create("t", 2, {}).refused()) abort();
  }
  void syncAll() {
    while (*commits.runOnce()) {
    }
  }

 private:
  std::unique_ptr<Topics> openTopics() {
    waiters.attach([](const std::function<void()>& sweep) { sweep(); });
    TopicsOptions options;
    options.seed = 5;
    options.onAdvance = [this] { waiters.advanced(); };
    auto opened = Topics::open(open, clock, "/data/log", options);
    if (!opened.ok()) abort();
    return std::move(opened).value();
  }
};

}  // namespace broker_test
