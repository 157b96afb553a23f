// SPDX-License-Identifier: Apache-2.0
#pragma once
// PartitionCheckpoint: what a partition knows to be on its medium, in the file `checkpoint`
// (FORMAT.md). Replaced in one step; a damaged one is an error, since the log cannot be trusted
// without it.

#include "log-backend/partition/batch_header.h"

#include <string>
#include <string_view>

namespace millrace::log {

struct PartitionCheckpoint {
  Offset logStart = 0;
  Offset end = 0;                   ///< everything below was synced
  Offset segment = 0;               ///< base offset of the segment that holds `end`
  std::uint64_t position = 0;       ///< of `end` in that segment
  std::uint64_t offsetEntries = 0;  ///< of that segment's indexes, synced
  std::uint64_t timeEntries = 0;
  Offset cleaned = 0;           ///< compaction went up to here
  std::uint64_t producers = 0;  ///< in the snapshot of `end`; 0: there is none
  std::int32_t epoch = 0;       ///< leader epoch
  /// The first batch of a session whose commit was not known to be durable; -1: there was none.
  Offset undecided = kNoOffset;

  std::string encode() const;
  static Result<PartitionCheckpoint> decode(std::string_view text);
  bool operator==(const PartitionCheckpoint&) const = default;
};

}  // namespace millrace::log
