// SPDX-License-Identifier: Apache-2.0
#pragma once
// SnapshotWriter: a new snapshot file. Call rows of all connections in order of connection and key,
// then the state in order of component, then finish().
//
// Promise: the file gets its name only when all of it is on the medium; until then it is `path`
// with
// ".part", which is taken away again when the writer goes without finish(). Inline content is
// copied into the file. Ownership: the file system outlives it. Threads: one at a time.

#include "engine/base/file_system.h"
#include "repositories/journal/snapshot_format.h"
#include "repositories/journal/snapshot_reader.h"
#include "repositories/journal/store_image.h"

#include <memory>
#include <string>
#include <vector>

namespace millrace::repo {

/// What a snapshot is called while it is written. One that is found was cut short.
std::string unfinishedSnapshotOf(const std::string& path);

class SnapshotWriter {
 public:
  static Result<std::unique_ptr<SnapshotWriter>> create(FileSystem& files, std::string path,
                                                        const SnapshotHead& head);
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;
  ~SnapshotWriter();

  /// Bytes written so far.
  std::uint64_t size() const { return at_; }

  /// Adds a FlowFile under its key.
  Result<> add(ConnectionId connection, const FlowFile& file);
  /// Adds a whole block of another snapshot without decoding it.
  Result<> copy(const SnapshotRows& rows);
  Result<> state(ComponentId component, const StoreImage::ComponentState& state);
  /// After the state.
  Result<> logEnds(const std::map<LogPartitionId, std::int64_t>& ends);
  /// Writes the summary and gives the file its name.
  Result<> finish();

 private:
  SnapshotWriter(FileSystem& files, std::string path, std::unique_ptr<File> file);
  Result<> inOrder(ConnectionId connection, QueueKey first);
  void note(ConnectionId connection, std::uint64_t count, std::uint64_t bytes);
  Result<> closeRows();
  Result<> write(snapshot_format::Kind kind, std::uint8_t flags, std::uint64_t count,
                 ByteView payload);
  Error misuse(std::string_view what) const;

  FileSystem& files_;
  std::string path_;
  std::unique_ptr<File> file_;
  std::uint64_t at_ = 0;

  ByteWriter rows_;  ///< of the open block
  std::uint64_t openCount_ = 0;
  std::uint64_t openBytes_ = 0;
  bool openHasClaims_ = false;
  QueueKey openFirst_;
  ConnectionId connection_;
  QueueKey last_;
  std::vector<SnapshotQueue> queues_;
  std::uint64_t components_ = 0;
  ComponentId lastComponent_;
  bool finished_ = false;
};

}  // namespace millrace::repo
