// SPDX-License-Identifier: Apache-2.0
#pragma once
// BlockIndex: which blocks may hold the events that a search asks for. It is derived from the
// blocks' summaries and can always be made again.
//
// Promise: a block that holds an event that fits is among the candidates; some may hold none.
// Threads: any.

#include "repositories/provenance/blocks/block_files.h"

#include <optional>
#include <vector>

namespace millrace::repo {

struct BlockQuery {
  std::vector<std::uint64_t> ids;    ///< FlowFiles or …
  std::vector<std::uint64_t> uuids;  ///< … keys of uuids and names: any of them; both empty: all
  std::vector<ComponentId> components;  ///< any of these; empty: all
  std::uint32_t types = 0;              ///< any of these bits; 0: all
  std::optional<Millis> from;
  std::optional<Millis> to;
  std::vector<std::uint64_t> keys;  ///< all of these
  Lsn below = Lsn(~0ULL);           ///< blocks that begin below it
};

class BlockIndex {
 public:
  struct Entry {
    BlockPlace place;
    BlockSummary summary;
  };

  virtual ~BlockIndex() = default;
  /// The blocks of a file come in order.
  virtual Result<> add(const std::vector<Entry>& blocks) = 0;
  /// Up to which offset the index knows a file; by number.
  virtual Result<std::map<std::uint64_t, std::uint64_t>> known() = 0;
  virtual Result<> forget(std::uint64_t file) = 0;
  /// Forgets everything: the way out when another call failed.
  virtual Result<> reset() = 0;
  struct Candidate {
    BlockPlace place;
    Lsn first;
  };
  /// At most so many, newest first.
  virtual Result<std::vector<Candidate>> candidates(const BlockQuery& query, std::size_t most) = 0;
};

/// An index in memory: for agents and tests, and small directories.
class MemoryBlockIndex final : public BlockIndex {
 public:
  Result<> add(const std::vector<Entry>& blocks) override;
  Result<std::map<std::uint64_t, std::uint64_t>> known() override;
  Result<> forget(std::uint64_t file) override;
  Result<> reset() override;
  Result<std::vector<Candidate>> candidates(const BlockQuery& query, std::size_t most) override;

 private:
  Mutex mutex_;
  std::map<Lsn, Entry> entries_ MR_GUARDED_BY(mutex_);  ///< by first LSN
};

/// True when a block with that summary may hold what the query asks for.
bool mayHold(const BlockSummary& summary, const BlockQuery& query);

}  // namespace millrace::repo
