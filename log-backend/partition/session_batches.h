// SPDX-License-Identifier: Apache-2.0
#pragma once
// SessionBatches: the batches of the engine's own sessions in one partition: those whose commit is
// not durable yet, which no reader sees, and those whose commit never became durable, which are
// void: no reader ever sees them, and compaction drops them. FORMAT.md, "voided".
// Threads: the partition's lock.

#include "engine/base/result.h"
#include "log-backend/partition/batch_header.h"

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::log {

/// Offsets from `begin` on, before `end`.
struct OffsetRange {
  Offset begin = 0;
  Offset end = 0;
  bool operator==(const OffsetRange&) const = default;
};

/// Ranges that rise and do not touch each other's offsets.
class VoidedRanges {
 public:
  /// Joins it to what is there. True when that was news.
  bool add(OffsetRange range);
  void cutBelow(Offset logStart);
  /// The range that holds the offset.
  std::optional<OffsetRange> at(Offset offset) const;
  /// Where the first range at or behind the offset begins.
  std::optional<Offset> next(Offset offset) const;
  const std::vector<OffsetRange>& all() const { return ranges_; }
  bool empty() const { return ranges_.empty(); }

  std::string encode() const;
  static Result<VoidedRanges> decode(std::string_view text);

 private:
  std::vector<OffsetRange> ranges_;
};

class SessionBatches {
 public:
  /// A batch was appended, and nobody knows yet whether its commit becomes durable.
  void append(OffsetRange batch) { undecided_.push_back(batch); }
  /// The commits of all batches before the offset are durable.
  void decide(Offset below) {
    while (!undecided_.empty() && undecided_.front().begin < below) undecided_.pop_front();
  }
  /// The commit of the batch will never be.
  void drop(OffsetRange batch) {
    std::erase(undecided_, batch);
    voided.add(batch);
  }
  /// No reader may go there or beyond.
  std::optional<Offset> firstUndecided() const {
    if (undecided_.empty()) return std::nullopt;
    return undecided_.front().begin;
  }

  VoidedRanges voided;

 private:
  std::deque<OffsetRange> undecided_;  ///< rising
};

}  // namespace millrace::log
