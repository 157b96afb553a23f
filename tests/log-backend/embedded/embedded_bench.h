// SPDX-License-Identifier: Apache-2.0
#pragma once
// The embedded log on files in memory, whose disk and time the test moves by hand, and sessions as
// the engine makes them: work, commit, and the word that it is durable.

#include "engine/base/fault_file_system.h"
#include "engine/commit/group_commit.h"
#include "log-backend/embedded/embedded_log.h"
#include "repositories/memory/memory_journal.h"

#include <map>

namespace embedded_test {

using namespace millrace;
using namespace millrace::log;

class EmbeddedBench {
 public:
  /// By itself commits are written by sync(); with threads at once, by those of the group commit.
  enum class Writing { kBySync, kByThreads };
  explicit EmbeddedBench(Writing writing = Writing::kBySync) : writing_(writing) { open(); }
  ~EmbeddedBench() { close(); }

  EmbeddedLog& log() { return *log_; }
  Topics& topics() { return *topics_; }
  GroupCoordinator& groups() { return *groups_; }
  GroupCommit& commits() { return *commits_; }

  /// Ends a session with this work. False when the log refused it.
  bool commit(std::vector<std::unique_ptr<LogWork>> works) {
    auto writing = log_->prepare(std::move(works));
    if (!writing.ok()) return false;
    Commit made;
    auto places = (*writing)->write(made);
    if (!places.ok()) return false;
    made.record.resize(1);
    made.onDurable.emplace_back([this, named = *places] {
      MutexLock lock(mutex_);
      for (const LogPlace& place : named) ends_[place.partition] = place.end;
    });
    if (!commits_->reserve(1).ok()) return false;
    commits_->submit(std::move(made), 1);
    (*writing)->submitted();
    return true;
  }
  bool commit(std::unique_ptr<LogWork> work) {
    std::vector<std::unique_ptr<LogWork>> works;
    works.push_back(std::move(work));
    return commit(std::move(works));
  }
  /// Everything committed becomes durable.
  void sync() {
    if (writing_ == Writing::kByThreads) return;
    while (*commits_->runOnce()) {
    }
  }
  enum class Disk { kWrites, kStandsStill };
  void pass(Nanos time, Disk disk = Disk::kWrites) {
    const Nanos until = clock_.monotonic() + time;
    while (true) {
      const auto next = deadlines_->next();
      if (!next.has_value() || *next > until) break;
      clock_.advance(std::max<Nanos>(0, *next - clock_.monotonic()));
      deadlines_->runDue(clock_.monotonic());
      if (disk == Disk::kWrites) sync();
    }
    clock_.advance(until - clock_.monotonic());
  }
  /// As after a kill: what was written is there, and of commits what was durable.
  void killAndOpen() {
    close();
    open();
  }

  std::vector<std::string> values(const std::string& topic, std::int32_t partition) {
    std::vector<std::string> found;
    const auto log = topics_->partition(topic, partition);
    Offset next = log->bounds().logStart;
    while (true) {
      const auto part = log->fetch({next, 1U << 20U, true, Isolation::kReadUncommitted});
      if (!part.ok() || part.length == 0) return found;
      const auto bytes = part.read().value();
      ByteView left = bytes;
      while (const auto header = readBatchHeader(left)) {
        auto records = BatchRecords::open(*header, left.first(header->size()));
        RecordView record;
        while (records->next(record))
          if (record.offset >= next) found.emplace_back(asText(record.value.value_or(ByteView())));
        ++batches_;
        next = header->nextOffset();
        left = left.subspan(header->size());
      }
    }
  }
  /// Batches that values() has read so far.
  int batches() const { return batches_; }

 private:
  void open() {
    open_ = std::make_unique<OpenFiles>(files_, 50);
    journal_ = std::make_unique<repo::MemoryJournal>();
    commits_ = std::make_unique<GroupCommit>(*journal_, files_, clock_, GroupCommitOptions{});
    deadlines_ = std::make_unique<Deadlines>();
    TopicsOptions options;
    options.seed = 5;
    options.onAdvance = [this] {
      if (log_ != nullptr) log_->advanced();
    };
    options.committedEnd = [this](TopicId id, std::int32_t number) {
      MutexLock lock(mutex_);
      const auto found = ends_.find({id.high, id.low, static_cast<std::uint32_t>(number)});
      return found == ends_.end() ? Offset{0} : found->second;
    };
    topics_ = Topics::open(*open_, clock_, "/data/log", options).value();
    groups_ = std::make_unique<GroupCoordinator>(
        GroupCoordinator::Parts{*topics_, *commits_, clock_, *deadlines_, ++seed_},
        GroupSettings{});
    if (!groups_->load().ok()) abort();
    log_ = std::make_unique<EmbeddedLog>(
        EmbeddedLog::Parts{*topics_, clock_, *deadlines_, *groups_, true, 1});
    if (writing_ == Writing::kByThreads) commits_->start();
  }
  void close() {
    groups_->stop();
    deadlines_->clear();
    commits_.reset();
    log_.reset();
    groups_.reset();
    topics_.reset();
  }

  MemoryFileSystem files_;
  VirtualClock clock_;
  std::uint64_t seed_ = 8;
  int batches_ = 0;
  const Writing writing_;
  Mutex mutex_;
  std::map<LogPartitionId, std::int64_t> ends_ MR_GUARDED_BY(mutex_);
  std::unique_ptr<OpenFiles> open_;
  std::unique_ptr<repo::MemoryJournal> journal_;
  std::unique_ptr<GroupCommit> commits_;
  std::unique_ptr<Deadlines> deadlines_;
  std::unique_ptr<Topics> topics_;
  std::unique_ptr<GroupCoordinator> groups_;
  std::unique_ptr<EmbeddedLog> log_;
};

}  // namespace embedded_test
