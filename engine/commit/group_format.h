// SPDX-License-Identifier: Apache-2.0
#pragma once
// The bytes of one group of commits, as they stand in a journal frame. Grammar: FORMAT.md.
//
// GroupWriter collects them without copying records or content; GroupReader takes them apart and
// trusts nothing. Threads: each object belongs to one thread.

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/commit/commit.h"

#include <optional>
#include <vector>

namespace millrace {

/// One effect of one commit, by place.
struct EffectId {
  Lsn lsn;
  std::uint32_t index = 0;
  auto operator<=>(const EffectId&) const = default;
};

/// Content that a commit carries; `elided` when it was dropped before it was written.
struct InlinePart {
  bool elided = false;
  ByteView bytes;
};

/// A commit as read back. The views live as long as the bytes given to GroupReader.
struct CommitView {
  Lsn lsn;
  ByteView record;
  std::vector<InlinePart> inlined;
  std::vector<Effect> effects;
};

struct GroupItem {
  std::optional<CommitView> commit;
  std::vector<EffectId> settled;  ///< effects that need not run again
};

class GroupWriter {
 public:
  /// `last` is the group's last LSN: buffers dead by then are left out unless `keepDead`.
  void add(const Commit& commit, Lsn last, bool keepDead = false);
  void addSettled(const std::vector<EffectId>& settled);
  std::uint64_t size() const { return size_; }
  /// Valid while the commits and this object live unchanged.
  std::vector<ByteView> parts() const;

 private:
  struct Piece {
    std::size_t scratchBegin = 0;
    std::size_t scratchLength = 0;
    ByteView outside;
  };
  void external(ByteView bytes);
  void endScratch(std::size_t begin);
  ByteWriter scratch_;
  ByteWriter head_;             ///< of one commit, kept for its memory
  std::vector<ByteView> kept_;  ///< content of one commit, kept for its memory
  std::vector<Piece> pieces_;
  std::uint64_t size_ = 0;
};

class GroupReader {
 public:
  GroupReader(ByteView bytes, Lsn first) : in_(bytes), next_(first) {}
  /// Nothing at the end. Fails on bytes that no GroupWriter made and on kinds of item that this
  /// version must not skip.
  Result<std::optional<GroupItem>> next();

 private:
  Result<CommitView> readCommit(ByteView body);
  ByteReader in_;
  Lsn next_;
};

/// Upper bound of the bytes that a commit takes in a group.
std::uint64_t bytesOf(const Commit& commit);

}  // namespace millrace
