// SPDX-License-Identifier: Apache-2.0
#pragma once
// StoreCheck: reads all of a data directory that nothing runs on and says what is there and what is
// damaged: every journal frame, the snapshot, each record against what it builds on, and the
// checksum of every content that a queued FlowFile refers to.
//
// Promise: apart from the lock nothing in the directory is written. Errors: a user fault when it is
// no data directory or a process holds it; damage is no Error but in the report. Threads: any.

#include "engine/base/file_system.h"
#include "engine/flowfile/flowfile.h"
#include "repositories/journal/frame.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace millrace::repo {

struct StoreCheck {
  struct Queue {
    ConnectionId connection;
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;  ///< of content
  };

  StoreId id;
  StoreId seen;  ///< its identity towards others
  std::uint64_t epoch = 0;
  bool cleanStop = false;
  std::uint64_t journalSegments = 0;
  std::uint64_t journalBytes = 0;  ///< of the files, prepared room included
  Lsn first;                       ///< oldest commit in the journal
  Lsn last;                        ///< newest commit
  std::uint64_t commits = 0;       ///< in the journal
  std::optional<Lsn> snapshot;     ///< the commit that it ends with
  std::uint64_t snapshotBytes = 0;
  std::vector<Queue> queues;  ///< those that are not empty, by id
  std::uint64_t components = 0;
  std::uint64_t stateEntries = 0;
  std::uint64_t contentSegments = 0;
  std::uint64_t contentBytes = 0;  ///< of the files
  std::uint64_t claims = 0;        ///< contents that were read and compared
  std::uint64_t claimBytes = 0;
  std::vector<std::string> damage;  ///< one sentence each; empty: the store is sound

  /// What a flow file calls its connections; others are called by their number.
  using Names = std::map<ConnectionId, std::string>;
  static Result<StoreCheck> of(FileSystem& files, const std::string& path, const Names& names = {});
};

}  // namespace millrace::repo
