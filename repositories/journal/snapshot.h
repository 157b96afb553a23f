// SPDX-License-Identifier: Apache-2.0
#pragma once
// Snapshots: a store's image as a file, and how one becomes the next.
//
// Promise: a snapshot is there as a whole or not at all; merging gives what applying the same
// records to the image would. Errors: damage names the file and offset, or LSN, connection and key.
// Threads: any; a path is written by one at a time.

#include "engine/base/file_system.h"
#include "repositories/journal/snapshot_format.h"
#include "repositories/journal/store_image.h"

#include <functional>
#include <span>
#include <string>

namespace millrace::repo {

struct LoadedSnapshot {
  SnapshotHead head;
  StoreImage image;
};

/// `head.lsn` must be image.applied().
Result<> writeSnapshot(FileSystem& files, const std::string& path, const SnapshotHead& head,
                       const StoreImage& image);
Result<LoadedSnapshot> loadSnapshot(FileSystem& files, const std::string& path);

/// One commit of the step that is merged, read from the journal. The bytes live until
/// mergeSnapshot() returns; the buffers must not be those of FlowFiles in the flow, since their
/// FlowFiles are counted here.
struct SnapshotCommit {
  Lsn lsn;
  ByteView record;
  InlineBuffers buffers;
};

/// Who is told of the commits that are merged. `flush` runs when all were told and before the next
/// snapshot takes the place of the previous one: then what the observer wrote is never behind it.
struct SnapshotObserver {
  CommitObserver* commits = nullptr;
  std::function<Result<>()> flush;
};

/// Writes to `next` what `previous` becomes by the commits, which follow it in order of LSN and end
/// where a group ends (contents that died within a group are not in the journal). Both may be the
/// same path. Memory is bounded by the step and the state of components, not by the queues:
/// FlowFiles that the step does not touch are streamed past, most of them without being decoded.
/// The observer, when there is one, is told of every commit, and again by a merge that is done
/// again.
Result<SnapshotHead> mergeSnapshot(FileSystem& files, const std::string& previous,
                                   const std::string& next, std::span<const SnapshotCommit> step,
                                   const SnapshotObserver& observer = {});

}  // namespace millrace::repo
