// SPDX-License-Identifier: Apache-2.0
#pragma once
// GroupCommit: the one door into the journal of a store, and its one disk writer.
//
// Promise: the order of submit() is the order of LSNs; what is durable is always a prefix of them;
// neither a callback nor an effect runs before its commit is durable. After the first failed write
// or sync nothing more is released, ever, by this object (fail-stop).
// Durable means, by mode: power - synced; process - written; none - taken.
// Ownership: sink, files and clock outlive it. Threads: everything from any thread; between start()
// and stop() a disk writer and an effect runner of its own do the work. Without start() the caller
// does it with runOnce(), and reserve() and waitDurable() call it instead of waiting.

#include "engine/base/planted_fault.h"
#include "engine/commit/effect_runner.h"
#include "engine/commit/journal_sink.h"

#include <stop_token>
#include <thread>

namespace millrace {

struct GroupCommitOptions {
  Durability durability = Durability::kPower;
  std::uint64_t windowBytes = 64ULL << 20U;  ///< of visible work that is not durable yet
  Nanos windowTime = 500 * kMillisecond;     ///< age of the oldest such work
  std::uint64_t groupBytes =
      8ULL << 20U;                 ///< a group is closed at this size; one commit may exceed it
  Nanos backgroundSync = kSecond;  ///< process mode: how often files are synced
  bool keepDropped = false;        ///< write content that is dropped already (the archive is on)
  EffectOptions effects;
  /// Called once, from whoever writes, when a write or sync failed: stop the sources.
  std::function<void(const Error&)> onFailure;
  PlantedFault plantedForTests = PlantedFault::kNone;
};

/// Who writes what submit() takes in.
enum class Writing : std::uint8_t {
  kWriter,  ///< the disk writer, as soon as it can
  kNext,    ///< perhaps the caller, who calls writeNext() before it does anything that may wait
};

class GroupCommit {
 public:
  /// `last` is the last commit that recovery found.
  GroupCommit(JournalSink& sink, FileSystem& files, const Clock& clock, GroupCommitOptions options,
              Lsn last = Lsn(0));
  ~GroupCommit();
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  /// Before the LSN: waits while too much is visible and not durable, then makes sure of the space.
  /// Pass bytesOf(commit). Every success is followed by one submit() or unreserve().
  Result<> reserve(std::uint64_t bytes);
  void unreserve(std::uint64_t bytes);
  /// Takes the commit in; it cannot fail any more. `reserved`: what was passed to reserve(), when
  /// it was not bytesOf(commit).
  Lsn submit(Commit commit, std::uint64_t reserved = 0, Writing writing = Writing::kWriter);
  /// After submit() with Writing::kNext. What has gathered is written here and now when it is
  /// little, nobody writes, and nothing has to be synced: handing over to the disk writer and back
  /// would take longer. Otherwise the disk writer is called.
  void writeNext();
  /// Joins the next group's syncs without a commit; `done` runs as an onDurable callback would.
  void requestSync(std::shared_ptr<Participant> participant, std::function<void()> done);

  Lsn last() const;
  Lsn durable() const;
  /// On the medium, whatever the mode.
  Lsn synced() const;
  /// Fails when the commit will not become durable.
  Result<> waitDurable(Lsn lsn);
  bool failed() const;

  /// An effect that recovery found unsettled; before start().
  void runAgain(EffectId id, Effect effect) { effects_.addAgain(id, std::move(effect)); }
  /// Runs those effects, before any source looks: one that still found its file would take it a
  /// second time. What fails is tried again later, with bulletins.
  void runFoundEffects() {
    while (effects_.runDue()) {
    }
  }
  /// Sum of Commit::flowFiles over all commits written.
  std::uint64_t flowFilesWritten() const { return flowFilesWritten_.load(); }
  /// Commits from here on must stay in the journal, for effects that have not run.
  std::optional<Lsn> effectsMark() const { return effects_.oldestPending(); }
  std::size_t effectsPending() const { return effects_.pending(); }

  /// One group: false when there was nothing to do. Without start() it then runs the effects due.
  Result<bool> runOnce();
  void start();
  /// Makes durable what was submitted, syncs, tries every waiting effect once more, and joins the
  /// threads. Nobody submits any more by then.
  Result<> stop();

 private:
  struct Submitted {
    Commit commit;
    std::uint64_t bytes = 0;
    Nanos at = 0;
  };
  struct SyncRequest {
    std::shared_ptr<Participant> participant;
    std::function<void()> done;
  };
  struct Group {
    Lsn first;
    Lsn last;
    std::vector<Submitted> commits;
    std::vector<SyncRequest> requests;
    std::vector<EffectId> settled;
    std::uint64_t bytes = 0;
    bool empty() const { return commits.empty() && requests.empty() && settled.empty(); }
  };
  enum class Notes : std::uint8_t { kAlongOnly, kAlone };

  Result<bool> runGroup(Notes notes);
  Result<> makeDurable(Group& group, bool background);
  Group take(Notes notes) MR_REQUIRES(mutex_);
  Result<> syncParticipants(const Group& group);
  Result<> write(Group& group);
  void release(Group group);
  Result<> syncBackground();
  bool backgroundDue() const MR_REQUIRES(mutex_);
  bool isLittle() const MR_REQUIRES(mutex_);
  bool windowFull() const MR_REQUIRES(mutex_);
  Error failStop(Error error);
  Error failure() const MR_REQUIRES(mutex_);
  void writerLoop(const std::stop_token& stop);
  void effectLoop(const std::stop_token& stop);
  bool planted(PlantedFault fault) const { return options_.plantedForTests == fault; }

  JournalSink& sink_;
  const Clock& clock_;
  const GroupCommitOptions options_;
  EffectRunner effects_;

  std::atomic<std::uint64_t> flowFilesWritten_{0};
  mutable Mutex mutex_;
  Condition work_;      ///< for the disk writer
  Condition progress_;  ///< for those who wait on durable_, failed_ or busy_
  Condition effectWork_;
  std::deque<Submitted> gathered_ MR_GUARDED_BY(mutex_);
  std::vector<SyncRequest> requests_ MR_GUARDED_BY(mutex_);
  std::vector<EffectId> settled_ MR_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<Participant>> unsynced_ MR_GUARDED_BY(mutex_);  ///< process mode
  Lsn last_ MR_GUARDED_BY(mutex_);
  Lsn taken_ MR_GUARDED_BY(mutex_);
  Lsn durable_ MR_GUARDED_BY(mutex_);
  Lsn synced_ MR_GUARDED_BY(mutex_);
  std::uint64_t window_ MR_GUARDED_BY(mutex_) = 0;    ///< submitted and not durable, bytes
  std::uint64_t reserved_ MR_GUARDED_BY(mutex_) = 0;  ///< reserved and not submitted, bytes
  Nanos inFlightSince_ MR_GUARDED_BY(mutex_) = 0;     ///< 0: nothing in flight
  Nanos lastBackground_ MR_GUARDED_BY(mutex_) = 0;
  bool busy_ MR_GUARDED_BY(mutex_) = false;  ///< somebody writes a group
  bool running_ MR_GUARDED_BY(mutex_) = false;
  bool effectsWoken_ MR_GUARDED_BY(mutex_) = false;
  std::optional<Error> failed_ MR_GUARDED_BY(mutex_);
  std::jthread writer_;
  std::jthread effectThread_;
};

}  // namespace millrace
