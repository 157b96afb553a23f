// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reading a block's events: its commits are applied again to the FlowFiles that it brings along, by
// the code that recovery uses.
//
// Errors: a block that does not parse is damage; the caller names the file. Threads: any.

#include "engine/ports/commit_events.h"
#include "repositories/provenance/blocks/block_format.h"

namespace millrace::repo {

/// The two decompressed parts of a block.
struct BlockBytes {
  std::vector<std::byte> body;
  std::vector<std::byte> contents;  ///< empty: contents come without their bytes
  bool withContents = false;
};

/// Appends the events that `events` was told to expect, oldest first. `only`: of that commit alone.
Result<> readBlockEvents(const BlockHeader& header, const BlockBytes& bytes, CommitEvents& events,
                         std::vector<ProvenanceEvent>& into, std::optional<Lsn> only = {});

}  // namespace millrace::repo
