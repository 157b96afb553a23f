// SPDX-License-Identifier: Apache-2.0
#include "repositories/store/replay.h"

#include "repositories/journal/snapshot.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::repo {

Result<ReplayedStore> replayStore(FileSystem& files, const std::string& path, StoreId store,
                                  const RecoveredJournal& found, const ReadCommits& read,
                                  FlowFilePages& pages) {
  ReplayedStore replayed;
  Lsn snapshot;
  if (files.exists(snapshotPathOf(path))) {
    LoadedSnapshot loaded = MR_TRY(loadSnapshot(files, snapshotPathOf(path)));
    if (!(loaded.head.store == store)) {
      return Error::environment(
          fmt::format("{} belongs to another store; put the right one back", snapshotPathOf(path)),
          false);
    }
    replayed.image = std::move(loaded.image);
    replayed.snapshot = snapshot = loaded.head.lsn;
  }
  // A journal without commits may have had some once: it says where it goes on.
  if (found.first.raw() > snapshot.raw() + 1) {
    return Error::environment(
        fmt::format("{}: the journal begins with commit {}, the snapshot ends with {}; commits "
                    "between them are missing",
                    path, found.first.raw(), snapshot.raw()),
        false);
  }
  replayed.image.foldInto(pages);
  replayed.last = std::max(found.last, snapshot);
  if (found.last < found.first) return replayed;
  JournalReader reader = MR_TRY(read(found.first, found.last));
  while (auto item = MR_TRY(reader.next())) {
    replayed.effects.add(*item);
    if (!item->commit) continue;
    ++replayed.commits;
    if (item->commit->lsn <= snapshot) continue;
    replayed.bytesBehind += item->commit->record.size();
    std::vector<std::shared_ptr<InlineBuffer>> buffers;
    for (const InlinePart& part : item->commit->inlined) {
      replayed.bytesBehind += part.bytes.size();
      buffers.push_back(std::make_shared<InlineBuffer>(
          std::vector<std::byte>(part.bytes.begin(), part.bytes.end())));
    }
    MR_TRY(replayed.image.apply(item->commit->lsn, item->commit->record, buffers));
  }
  return replayed;
}

}  // namespace millrace::repo
