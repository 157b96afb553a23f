// SPDX-License-Identifier: Apache-2.0
#pragma once
// EmbeddedConsumer: reads the partitions that its group gave it, each for one session at a time.
//
// Promise: records of a partition come in order; a session that is undone gives back what it
// polled. A partition is given up to the group only when every session that polled is durable or
// undone. Ownership: shared by the processor's handle and the work of open sessions; the log
// outlives it. Threads: any.

#include "log-backend/embedded/embedded_log.h"
#include "log-backend/embedded/group_member.h"

#include <map>

namespace millrace::log {

class EmbeddedConsumer;

/// How far one poll came. Without committed() the partitions are as before.
class ConsumeWork final : public LogWork {
 public:
  struct Taken {
    std::string topic;
    std::int32_t partition = 0;
    Offset next = 0;
  };
  ConsumeWork(std::shared_ptr<EmbeddedConsumer> consumer, std::vector<Taken> taken)
      : consumer_(std::move(consumer)), taken_(std::move(taken)) {}
  ~ConsumeWork() override;

  /// What to call when the commit is durable.
  std::function<void()> settled() const;
  void committed() { committed_ = true; }
  /// The group did not take the offsets: it went on without this member.
  void refused() const;

  GroupCoordinator::SessionOffsets offsets;  ///< to commit; empty: none

 private:
  const std::shared_ptr<EmbeddedConsumer> consumer_;
  const std::vector<Taken> taken_;
  bool committed_ = false;
};

class EmbeddedConsumer : public std::enable_shared_from_this<EmbeddedConsumer> {
 public:
  EmbeddedConsumer(EmbeddedLog& log, ConsumerOptions options)
      : log_(log), options_(std::move(options)) {}

  void begin();
  /// Leaves the group.
  void close();
  Result<Polled> poll(const PollLimits& limits);
  /// There may be more to read.
  void advanced();

  /// The end of a session that had polled: whether it committed.
  void ended(const std::vector<ConsumeWork::Taken>& taken, bool committed);
  /// It is durable, or undone.
  void closedOne();
  /// The group went on without this member, which joins anew once its sessions are closed.
  void fenced();

 private:
  using Key = std::pair<std::string, std::int32_t>;
  struct Slot {
    std::shared_ptr<Partition> partition;
    std::optional<Offset> position;
    bool taken = false;
  };
  /// What a poll works on without the lock.
  struct Turn {
    Key key;
    std::shared_ptr<Partition> partition;
    std::optional<Offset> position;
  };
  void assigned(Assignment assignment);
  void revoked();
  bool waitAssigned() MR_REQUIRES(mutex_);
  std::optional<Turn> take(const std::vector<Key>& seen);
  Result<Offset> startOf(const Turn& turn);
  Result<Offset> resetOf(const Turn& turn) const;
  Result<Offset> read(Turn& turn, const PollLimits& limits, std::size_t have,
                      std::vector<InRecord>& records, class FetchedRecords& memory);
  /// Everything that can be read now; false: something will be visible soon.
  Result<bool> gather(const PollLimits& limits, Polled& polled,
                      std::vector<ConsumeWork::Taken>& taken, class FetchedRecords& memory);
  void joinIfQuiet();
  void tellReady();
  /// A poll found nothing to read, having looked when there had been `seen` advances.
  void restUntil(std::uint64_t seen);

  EmbeddedLog& log_;
  const ConsumerOptions options_;
  std::shared_ptr<GroupMember> member_;  ///< constant after begin(); shared with its answers
  Mutex telling_;  ///< held while onReady runs, so that close() ends such calls
  bool silent_ MR_GUARDED_BY(telling_) = false;
  Mutex mutex_;
  Condition changed_;
  std::map<Key, Slot> slots_ MR_GUARDED_BY(mutex_);
  Key lastTaken_ MR_GUARDED_BY(mutex_);
  bool in_ MR_GUARDED_BY(mutex_) = false;       ///< the group gave us partitions
  bool joining_ MR_GUARDED_BY(mutex_) = false;  ///< join() was called and not answered
  bool closed_ MR_GUARDED_BY(mutex_) = false;
  std::size_t open_ MR_GUARDED_BY(mutex_) = 0;  ///< sessions that are neither durable nor undone
  std::uint64_t advances_ MR_GUARDED_BY(mutex_) = 0;
  bool idle_ MR_GUARDED_BY(mutex_) = false;  ///< the last poll found nothing
};

}  // namespace millrace::log
