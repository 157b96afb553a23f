// SPDX-License-Identifier: Apache-2.0
#pragma once
// CommitLedger: books kept from the journal alone: which FlowFile every durable commit made, moved
// and dropped, so that a test can hold the engine's queues against them.
//
// Promise: a record that contradicts an earlier one (a FlowFile made twice, taken where it is not,
// left in two places) is an Error. Threads: one.

#include "engine/flowfile/flowfile.h"
#include "repositories/journal/journal.h"

#include <cstdint>
#include <map>
#include <set>

namespace millrace::tests {

class CommitLedger {
 public:
  struct Totals {
    std::uint64_t created = 0;     ///< FlowFiles that a commit queued for the first time
    std::uint64_t ephemeral = 0;   ///< made and dropped in one commit
    std::uint64_t moved = 0;       ///< transfers of FlowFiles that were there before
    std::uint64_t removed = 0;     ///< by a processor
    std::uint64_t terminated = 0;  ///< by an auto-terminated relationship
    std::uint64_t expired = 0;
    std::uint64_t emptied = 0;
    std::uint64_t crowded = 0;
    std::uint64_t dropped() const { return removed + terminated + expired + emptied + crowded; }
  };
  using Queue = std::map<QueueKey, FlowFile>;

  /// Enters the commits from at() to `upTo`, which the journal must hold.
  Result<> readUpTo(const repo::Journal& journal, Lsn upTo);
  Lsn at() const { return at_; }
  const Totals& totals() const { return totals_; }
  /// Where every FlowFile lies after at().
  const std::map<ConnectionId, Queue>& queues() const { return queues_; }
  std::uint64_t queued() const;
  /// True when some commit so far spoke of the FlowFile.
  bool knows(FlowFileId id) const { return known_.contains(id); }
  /// A checksum over every record, in order: the same history gives the same.
  std::uint32_t history() const { return history_; }

 private:
  class Entry;
  Lsn at_;
  Totals totals_;
  std::map<ConnectionId, Queue> queues_;
  std::map<FlowFileId, ConnectionId> where_;
  std::set<FlowFileId> known_;
  std::uint32_t history_ = 0;
};

}  // namespace millrace::tests
