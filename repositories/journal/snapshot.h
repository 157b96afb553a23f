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

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

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

/// Commits that are merged at once, gathered one after the other.
class SnapshotStep {
 public:
  /// `previous`: the last commit of the snapshot that the step continues.
  explicit SnapshotStep(Lsn previous);
  ~SnapshotStep();
  SnapshotStep(SnapshotStep&&) noexcept;
  SnapshotStep& operator=(SnapshotStep&&) noexcept;

  Result<> add(const SnapshotCommit& commit);
  bool empty() const { return commits_.empty(); }
  /// FlowFiles that the step takes and queues: what merging it costs in memory.
  std::uint64_t flowFiles() const;

 private:
  friend Result<SnapshotHead> mergeSnapshot(FileSystem& files, const std::string& previous,
                                            const std::string& next, SnapshotStep step,
                                            const SnapshotObserver& observer);
  class Touched;
  std::vector<SnapshotCommit> commits_;
  std::unique_ptr<Touched> touched_;
};

/// Writes to `next` what `previous` becomes by the commits, which follow it in order of LSN and end
/// where a group ends (contents that died within a group are not in the journal). Both may be the
/// same path. Memory is bounded by the step and the state of components, not by the queues:
/// FlowFiles that the step does not touch are streamed past, most of them without being decoded.
/// The observer, when there is one, is told of every commit, and again by a merge that is done
/// again.
Result<SnapshotHead> mergeSnapshot(FileSystem& files, const std::string& previous,
                                   const std::string& next, SnapshotStep step,
                                   const SnapshotObserver& observer = {});
Result<SnapshotHead> mergeSnapshot(FileSystem& files, const std::string& previous,
                                   const std::string& next, std::span<const SnapshotCommit> step);

}  // namespace millrace::repo
