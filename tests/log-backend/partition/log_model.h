// SPDX-License-Identifier: Apache-2.0
#pragma once
// A partition beside a plain list of what was written to it. Random operations go to both; after
// each the partition must show what the list allows. Crashes lose what was not durable, and nothing
// else.

#include "tests/log-backend/partition/partition_fixture.h"

#include <fmt/format.h>

#include <map>

namespace partition_test {

class LogModel {
 public:
  enum class Policy { kDelete, kCompact, kBoth };

  LogModel(std::uint64_t seed, Policy policy)
      : random_(seed), policy_(policy), files_(std::make_unique<MemoryFileSystem>(seed)) {
    clock_.advance(kSecond);
    reopen(Closed::kCleanly);
  }

  /// One random operation; what is wrong with the partition after it, if anything.
  std::string step() {
    if (!wrong_.empty()) return wrong_;
    clock_.advance(static_cast<Nanos>(random_.below(20)) * kMillisecond);
    switch (random_.below(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
      case 5:
        append();
        break;
      case 6:
        resend();
        break;
      case 7:
        sync();
        break;
      case 8:
      case 9:
        fetchSome();
        break;
      case 10:
        lookUpTime();
        break;
      case 11:
        if (random_.oneIn(4)) deleteSome();
        break;
      case 12:
        if (random_.oneIn(2)) maintain();
        break;
      case 13:
        if (random_.oneIn(2)) compact();
        break;
      case 14:
        if (random_.oneIn(6)) closeAndReopen();
        break;
      default:
        if (random_.oneIn(5)) crash();
        break;
    }
    return wrong_;
  }
  std::string finish() {
    if (wrong_.empty()) sync();
    if (wrong_.empty()) checkAll();
    return wrong_;
  }

  int crashes = 0;
  int cutTails = 0;  ///< crashes after which something unsynced was gone
  int compactions = 0;
  int removals = 0;

 private:
  struct Written {
    Offset base = 0;
    std::int32_t count = 0;
    std::int64_t producer = kNoProducer;
    std::int32_t sequence = -1;
    std::vector<std::byte> sent;
  };

  PartitionOptions options(Closed closed) {
    PartitionOptions made;
    made.closed = closed;
    made.checkpointBytes = 3000;
    made.config.segmentBytes = 1500;
    made.config.indexIntervalBytes = 200;
    made.config.segmentMs = 400;
    made.config.compacts = policy_ != Policy::kDelete;
    made.config.deletes = policy_ != Policy::kCompact;
    made.config.retentionMs = 1500;
    made.config.retentionBytes = 9000;
    made.config.minCleanableDirtyRatio = 0.2;
    return made;
  }
  void fail(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
  }
  void reopen(Closed closed) {
    log_.reset();
    open_ = std::make_unique<OpenFiles>(*files_, 12);
    auto made = Partition::open(*open_, clock_, "/data/t-0", options(closed));
    if (!made.ok()) return fail("cannot open: " + made.error().message);
    log_ = *made;
  }

  void append() {
    BatchHeader fields;
    const std::uint64_t who = random_.below(4);  // 1 and 2 are idempotent
    if (who == 1 || who == 2)
      fields = producer(static_cast<std::int64_t>(who), 0, nextSequence_[who]);
    fields.attributes = static_cast<std::int16_t>(random_.oneIn(4) ? random_.below(5) : 0);
    std::vector<Line> lines;
    for (std::uint64_t n = random_.below(4) + 1; n > 0; --n) {
      lines.push_back({0, fmt::format("key{}", random_.below(25)),
                       fmt::format("{}-{}", ++written_, std::string(random_.below(80), 'v')),
                       clock_.wall() - static_cast<Millis>(random_.below(30))});
    }
    auto batch = batchOf(lines, fields);
    const auto sent = batch;
    const AppendResult result = log_->append(batch);
    if (!result.ok()) return fail("append refused: " + result.refusal.message);
    if (result.duplicate || result.baseOffset != end()) return fail("append at a wrong offset");
    batches_.push_back({result.baseOffset, static_cast<std::int32_t>(lines.size()),
                        fields.producerId, fields.baseSequence, sent});
    if (fields.producerId > 0) nextSequence_[who] += static_cast<std::int32_t>(lines.size());
    for (Line& line : lines) {
      line.offset = end();
      lines_.push_back(std::move(line));
    }
  }
  void resend() {
    if (batches_.empty()) return;
    const std::size_t back = random_.below(std::min<std::size_t>(5, batches_.size()));
    const Written& old = batches_[batches_.size() - 1 - back];
    if (old.producer < 0) return;
    auto again = old.sent;
    const AppendResult result = log_->append(again);
    if (!result.ok() || !result.duplicate || result.baseOffset != old.base)
      fail("a batch sent again was not known");
  }
  void sync() {
    if (const auto done = log_->sync(); !done.ok()) return fail(done.error().message);
    durable_ = end();
    if (log_->bounds().highWatermark != durable_) fail("the high watermark is not the durable end");
  }
  void fetchSome() {
    const LogBounds bounds = log_->bounds();
    if (bounds.logEnd != end()) return fail("the log end is wrong");
    if (bounds.logStart >= bounds.highWatermark) return;
    const Offset from =
        bounds.logStart + static_cast<Offset>(random_.below(
                              static_cast<std::uint64_t>(bounds.highWatermark - bounds.logStart)));
    compare(readAll(*log_, from, Isolation::kReadUncommitted, random_.below(3000) + 1), from,
            bounds.highWatermark);
  }
  void lookUpTime() {
    if (policy_ != Policy::kDelete) return;
    const LogBounds bounds = log_->bounds();
    const Millis wanted = clock_.wall() - static_cast<Millis>(random_.below(600));
    Offset expected = -1;
    for (const Line& line : lines_) {
      if (line.offset < bounds.logStart || line.timestamp < wanted) continue;
      if (line.offset < bounds.highWatermark) expected = line.offset;
      break;
    }
    const auto found = log_->findTime(wanted, Isolation::kReadUncommitted);
    if (!found.ok()) return fail(found.error().message);
    if (found->offset != expected)
      fail(fmt::format("time {} is at {}, not {}", wanted, found->offset, expected));
  }
  void deleteSome() {
    const LogBounds bounds = log_->bounds();
    const auto room = static_cast<std::uint64_t>(bounds.highWatermark - bounds.logStart);
    const Offset before = bounds.logStart + static_cast<Offset>(random_.below(room / 2 + 1));
    const auto result = log_->deleteRecords(before);
    if (result.refusal.refused()) return fail(result.refusal.message);
    if (result.logStart != before) return fail("records were deleted up to a wrong offset");
    keptStart_ = before;
    ++removals;
  }
  void maintain() {
    const Offset before = log_->bounds().logStart;
    if (const auto done = log_->maintain(); !done.ok()) return fail(done.error().message);
    const LogBounds after = log_->bounds();
    if (policy_ == Policy::kCompact && after.logStart != before)
      return fail("retention took records");
    if (after.logStart > after.highWatermark) return fail("retention passed the high watermark");
    if (after.logStart != before) ++removals;
    keptStart_ = after.logStart;
    // The checkpoint of a removal may have synced.
    durable_ = std::max(durable_, after.highWatermark);
  }
  void compact() {
    const auto done = log_->compact();
    if (!done.ok()) return fail(done.error().message);
    if (*done && policy_ == Policy::kDelete) return fail("compacted against the policy");
    compactions += *done ? 1 : 0;
    durable_ = std::max(durable_, log_->bounds().highWatermark);
    checkAll();
  }
  void closeAndReopen() {
    if (const auto done = log_->close(); !done.ok()) return fail(done.error().message);
    durable_ = end();
    const std::int32_t epoch = log_->bounds().leaderEpoch;
    reopen(Closed::kCleanly);
    if (!wrong_.empty()) return;
    if (log_->bounds().leaderEpoch != epoch) return fail("a clean stop changed the leader epoch");
    checkAll();
  }
  void crash() {
    ++crashes;
    const Offset startBefore = log_->bounds().logStart;
    Offset startHigh = startBefore;
    std::int32_t epoch = log_->bounds().leaderEpoch;
    const bool process = random_.oneIn(4);
    if (!process && random_.oneIn(2)) {
      // In the middle of something.
      files_->cutPowerAt(random_.below(25) + 1);
      while (files_->powered()) {
        const std::uint64_t what = random_.below(5);
        if (what == 0 && log_->sync().ok() && files_->powered()) durable_ = end();
        if (what == 1) (void)log_->maintain();
        if (what == 2) (void)log_->compact();
        if (what == 3) (void)log_->checkpoint();
        if (what == 4) appendUnchecked();
        startHigh = std::max(startHigh, log_->bounds().logStart);
      }
    }
    durable_ = std::max(durable_, log_->bounds().highWatermark);
    log_.reset();
    files_ = files_->crash(process ? MemoryFileSystem::Crash::kProcess
                                   : MemoryFileSystem::Crash::kPower);
    reopen(Closed::kUnknown);
    if (!wrong_.empty()) return;
    const LogBounds bounds = log_->bounds();
    if (bounds.leaderEpoch <= epoch && bounds.logEnd > 0) fail("the leader epoch did not rise");
    if (process && bounds.logEnd != end()) fail("a crash of the process alone lost a batch");
    if (bounds.logEnd < durable_)
      fail(fmt::format("{} was durable, the log ends at {}", durable_, bounds.logEnd));
    if (bounds.logEnd > end()) fail("the log holds what was never written");
    if (bounds.logStart < keptStart_ || bounds.logStart > startHigh)
      fail(fmt::format("the log starts at {}, not from {} to {}", bounds.logStart, keptStart_,
                       startHigh));
    if (bounds.logEnd < end()) ++cutTails;
    forgetFrom(bounds.logEnd);
    keptStart_ = bounds.logStart;
    durable_ = bounds.logEnd;
    checkAll();
  }
  /// An append that may fail because the power goes.
  void appendUnchecked() {
    std::vector<Line> lines{{0, fmt::format("key{}", random_.below(25)),
                             fmt::format("{}-last", ++written_), clock_.wall()}};
    auto batch = batchOf(lines);
    const AppendResult result = log_->append(batch);
    if (!result.ok() && files_->powered()) return fail("append refused: " + result.refusal.message);
    // One that failed may be on the disk all the same: it is the last there is.
    lines[0].offset = end();
    batches_.push_back({end(), 1, kNoProducer, -1, {}});
    lines_.push_back(lines[0]);
  }
  void forgetFrom(Offset end) {
    while (!lines_.empty() && lines_.back().offset >= end) lines_.pop_back();
    while (!batches_.empty() && batches_.back().base >= end) {
      const Written& last = batches_.back();
      if (last.producer > 0)
        nextSequence_[static_cast<std::uint64_t>(last.producer)] = last.sequence;
      batches_.pop_back();
    }
    if (this->end() != end) fail("the log ends within a batch");
  }

  void checkAll() {
    const LogBounds bounds = log_->bounds();
    compare(readAll(*log_, bounds.logStart), bounds.logStart, bounds.highWatermark);
  }
  /// What was read must be what was written in [from, to), but for what compaction may take.
  void compare(const std::vector<Line>& read, Offset from, Offset to) {
    std::map<std::string, Offset> newest;
    for (const Line& line : lines_) newest[*line.key] = line.offset;
    auto at = read.begin();
    for (const Line& line : lines_) {
      if (line.offset < from || line.offset >= to) continue;
      if (at != read.end() && at->offset == line.offset) {
        if (!(*at == line)) return fail(fmt::format("offset {} reads otherwise", line.offset));
        ++at;
      } else if (policy_ == Policy::kDelete || newest[*line.key] == line.offset) {
        return fail(fmt::format("offset {} is lost", line.offset));
      }
    }
    if (at != read.end()) fail(fmt::format("offset {} was never written", at->offset));
  }
  Offset end() const { return lines_.empty() ? firstEnd_ : lines_.back().offset + 1; }

  Random random_;
  const Policy policy_;
  VirtualClock clock_;
  std::unique_ptr<MemoryFileSystem> files_;
  std::unique_ptr<OpenFiles> open_;
  std::shared_ptr<Partition> log_;
  std::vector<Line> lines_;
  std::vector<Written> batches_;
  std::map<std::uint64_t, std::int32_t> nextSequence_;
  std::uint64_t written_ = 0;
  Offset durable_ = 0;
  Offset keptStart_ = 0;
  Offset firstEnd_ = 0;
  std::string wrong_;
};

}  // namespace partition_test
