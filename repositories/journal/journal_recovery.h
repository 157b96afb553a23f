// SPDX-License-Identifier: Apache-2.0
#pragma once
// Judges the end of a journal: torn tail, or damage.
//
// A bad frame behind everything that was ever known durable is a torn tail: it was never promised
// to anybody and is cut. A bad frame at or before the greatest durable LSN found anywhere is
// damage: the journal does not open, and the error names file, offset and LSN.

#include "repositories/journal/group_walk.h"

#include <string_view>

namespace millrace::repo {

/// What the names of segments end in.
constexpr std::string_view kJournalSuffix = ".journal";

enum class Damage : std::uint8_t {
  kRefuse,
  kSalvage,  ///< keep what stands before the damage; only on an operator's explicit command
};

struct RecoveredJournal {
  Lsn first;            ///< oldest commit there is; last + 1 when there is none
  Lsn last;             ///< newest commit that counts
  Lsn greatestDurable;  ///< found anywhere
  std::uint64_t epoch = 0;
  JournalPosition end;  ///< segment 0: nothing can be appended to
};

/// Reads all frames. `cleanDurable`: what the store's identity remembers of its last clean stop.
Result<RecoveredJournal> recoverJournal(const log::SegmentDirectory& segments, StoreId store,
                                        Lsn cleanDurable, Damage damage,
                                        PlantedFault plantedForTests = PlantedFault::kNone);

}  // namespace millrace::repo
