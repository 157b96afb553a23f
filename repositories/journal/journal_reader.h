// SPDX-License-Identifier: Apache-2.0
#pragma once
// JournalReader: the commits from one LSN to another, for recovery, snapshot and provenance.
//
// Promise: yields every commit of the range in order, and the notes between them, or fails.
// Ownership: the SegmentDirectory outlives it. Threads: belongs to one thread.

#include "engine/commit/group_format.h"
#include "repositories/journal/group_walk.h"

#include <map>

namespace millrace::repo {

class JournalReader {
 public:
  static Result<JournalReader> open(const log::SegmentDirectory& segments, StoreId store, Lsn from,
                                    Lsn upTo, PlantedFault plantedForTests = PlantedFault::kNone);
  /// Nothing at the end. Views in the item live until the next call.
  Result<std::optional<GroupItem>> next();
  /// The last commit of the group that the latest item came from: contents that died within a group
  /// are not in the journal, so that a step over it may end only here.
  Lsn groupLast() const { return groupLast_; }

 private:
  JournalReader(GroupWalk walk, Lsn from, Lsn upTo)
      : walk_(std::move(walk)), from_(from), upTo_(upTo) {}
  GroupWalk walk_;
  Lsn from_;
  Lsn upTo_;
  std::optional<GroupReader> group_;
  Lsn groupLast_;
  bool ended_ = false;
};

/// The effects that a journal asks for and does not call settled: recovery runs them again.
class UnsettledEffects {
 public:
  void add(const GroupItem& item);
  const std::map<EffectId, Effect>& left() const { return left_; }

 private:
  std::map<EffectId, Effect> left_;
};

}  // namespace millrace::repo
