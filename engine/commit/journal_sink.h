// SPDX-License-Identifier: Apache-2.0
#pragma once
// JournalSink: where GroupCommit writes groups of commits. repositories/journal keeps them on disk,
// repositories/memory in memory.
//
// Promise: a group counts as a whole or not at all, and only together with all groups before it.
// Errors: a failed append or sync is final; the caller writes nothing after it. Ownership: outlives
// its GroupCommit. Threads: append and sync from the disk writer alone; reserve from any thread.

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/commit/commit.h"

#include <span>

namespace millrace {

struct JournalGroup {
  Lsn first;                        ///< of its commits
  Lsn last;                         ///< one less than `first` in a group that holds notes only
  Lsn durable;                      ///< what was on the medium when this group was written
  std::span<const ByteView> parts;  ///< the group's bytes, see engine/commit/group_format.h
};

class JournalSink {
 public:
  virtual ~JournalSink() = default;
  /// Makes sure that `bytes` more can be appended, and a snapshot besides. Meets the full disk
  /// here, where the caller can still roll back.
  virtual Result<> reserve(std::uint64_t bytes) = 0;
  virtual Result<> append(const JournalGroup& group) = 0;
  /// All that was appended is on the medium when it returns.
  virtual Result<> sync() = 0;
};

}  // namespace millrace
