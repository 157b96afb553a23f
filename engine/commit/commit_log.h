// SPDX-License-Identifier: Apache-2.0
#pragma once
// CommitLog: the partitioned log as a session's commit sees it. What the triggers of a session want
// appended is gathered as LogWork; at its commit all of it becomes one LogWriting, whose batches go
// to the ends of their partitions just before the commit takes its LSN.
//
// Promise: a batch that write() appended counts if and only if the commit that names its place is
// durable; until then no reader sees it or anything behind it. In each partition the order of the
// batches is that of their commits' LSNs. Errors: prepare() and write() may fail and then nothing
// of the session happened. Ownership: a LogWriting does not outlive its CommitLog. Threads: a
// CommitLog from any; LogWork and LogWriting belong to their session's thread.

#include "engine/base/result.h"
#include "engine/commit/commit.h"

#include <compare>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace millrace {

/// A partition as the journal names it: by the id of its topic, which no other topic ever has.
struct LogPartitionId {
  std::uint64_t topicHigh = 0;
  std::uint64_t topicLow = 0;
  std::uint32_t partition = 0;
  auto operator<=>(const LogPartitionId&) const = default;
};

/// Up to where the batches of sessions in a partition belong to commits: behind the last batch that
/// this commit appended there.
struct LogPlace {
  LogPartitionId partition;
  std::int64_t end = 0;
  bool operator==(const LogPlace&) const = default;
};

/// What one trigger wants to become durable with its session. Destroyed without having been
/// committed when the session is undone.
class LogWork {
 public:
  virtual ~LogWork() = default;
};

class LogWriting {
 public:
  /// Takes back what write() appended, unless submitted() was called. Lets other commits write.
  virtual ~LogWriting() = default;
  /// An upper bound of the places that write() will return.
  virtual std::size_t mostPlaces() const = 0;
  /// Appends, and adds to the commit who must be synced with it and what to do when it is durable.
  /// Other commits with work for the log wait from here until this object goes.
  virtual Result<std::vector<LogPlace>> write(Commit& commit) = 0;
  /// The commit has its LSN.
  virtual void submitted() = 0;
};

class CommitLog {
 public:
  virtual ~CommitLog() = default;
  /// Does what can be done before anything is written.
  virtual Result<std::unique_ptr<LogWriting>> prepare(
      std::vector<std::unique_ptr<LogWork>> works) = 0;
};

}  // namespace millrace
