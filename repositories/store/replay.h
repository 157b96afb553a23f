// SPDX-License-Identifier: Apache-2.0
#pragma once
// Replay: what a data directory says is there: its snapshot with the journal's commits behind it
// applied. Opening a store and checking one both begin with it. It writes nothing but pages.
// Errors: damage names file and offset, or LSN, connection and key. Threads: any.

#include "engine/base/file_system.h"
#include "repositories/journal/journal_reader.h"
#include "repositories/journal/journal_recovery.h"
#include "repositories/journal/store_image.h"

#include <functional>
#include <optional>
#include <string>

namespace millrace::repo {

struct ReplayedStore {
  StoreImage image;
  std::optional<Lsn> snapshot;    ///< the commit that the snapshot ends with; absent: there is none
  Lsn last;                       ///< the newest commit
  std::uint64_t commits = 0;      ///< read from the journal
  std::uint64_t bytesBehind = 0;  ///< of the commits behind the snapshot
  UnsettledEffects effects;
};

/// Reads commits from one LSN to another.
using ReadCommits = std::function<Result<JournalReader>(Lsn from, Lsn upTo)>;

inline std::string snapshotPathOf(const std::string& store) { return store + "/snapshot"; }
inline std::string journalPathOf(const std::string& store) { return store + "/journal"; }
inline std::string pagesPathOf(const std::string& store) { return store + "/pages"; }
inline std::string contentPathOf(const std::string& store) { return store + "/content"; }

/// Deep queues go into `pages` meanwhile, which outlive the image.
Result<ReplayedStore> replayStore(FileSystem& files, const std::string& path, StoreId store,
                                  const RecoveredJournal& found, const ReadCommits& read,
                                  FlowFilePages& pages);

}  // namespace millrace::repo
