// SPDX-License-Identifier: Apache-2.0
#pragma once
// GroupWalk: goes through the journal's groups in order, as recovery, snapshot and provenance do.
//
// Promise: every group it yields is whole, of this store, and follows the one before it. It stops
// at the first place where that is not so; whether that is the end, a torn tail or damage is for
// the caller to judge (journal_recovery.h).
// Threads: one walk belongs to one thread; it may read beside the writer up to the durable LSN.

#include "engine/base/planted_fault.h"
#include "log-backend/segment/segment_directory.h"
#include "repositories/journal/frame.h"

#include <memory>
#include <optional>
#include <vector>

namespace millrace::repo {

struct JournalPosition {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;
};

/// One group: the header of its first frame, and its bytes.
struct WalkedGroup {
  FrameHeader header;
  std::vector<std::byte> bytes;
};

class GroupWalk {
 public:
  /// Begins with the last segment whose first LSN is not above `from`.
  static Result<GroupWalk> begin(const log::SegmentDirectory& segments, StoreId store, Lsn from,
                                 PlantedFault plantedForTests = PlantedFault::kNone);

  /// The next whole group; null where the good part ends. Fails when the disk does, or on frames of
  /// a newer version. The group is valid until the next call.
  Result<const WalkedGroup*> next();

  /// Where the group after the last whole one would stand.
  JournalPosition end() const { return end_; }
  Lsn last() const { return last_; }
  Lsn first() const { return first_; }
  std::uint64_t epoch() const { return epoch_; }
  /// The greatest durable LSN that the groups so far speak of.
  Lsn durable() const { return durable_; }

 private:
  GroupWalk(const log::SegmentDirectory& segments, StoreId store, PlantedFault planted)
      : segments_(segments), store_(store), planted_(planted) {}
  struct Frame {
    FrameHeader header;
    std::vector<std::byte> payload;
  };
  /// `continued`: first LSN of the group that the segment must go on with; 0: it begins one.
  Result<bool> enter(std::size_t index, Lsn continued);
  Result<> skipContinuation(Lsn continued);
  Result<std::optional<Frame>> readFrame();
  Result<std::optional<WalkedGroup>> readGroup();
  bool fits(const FrameHeader& header, std::uint32_t part, const FrameHeader* begun) const;

  const log::SegmentDirectory& segments_;
  StoreId store_;
  PlantedFault planted_;
  std::vector<std::uint64_t> numbers_;
  std::size_t index_ = 0;
  std::unique_ptr<File> file_;
  std::uint64_t fileBytes_ = 0;
  std::uint64_t offset_ = 0;
  JournalPosition end_;
  Lsn first_;
  Lsn last_;
  Lsn durable_;
  std::uint64_t epoch_ = 0;
  bool stopped_ = false;
  WalkedGroup group_;
};

}  // namespace millrace::repo
