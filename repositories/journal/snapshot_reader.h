// SPDX-License-Identifier: Apache-2.0
#pragma once
// SnapshotReader: goes through a snapshot file block by block, rows first, then state.
//
// Promise: nothing is believed before its CRC held; memory is bounded by one block; damage is an
// Error that names file and offset. Order of connections and keys, counts and sums are checked too.
// Ownership: holds its open file. Threads: one at a time.

#include "engine/base/file_system.h"
#include "engine/base/result.h"
#include "engine/commit/commit_log.h"
#include "engine/ports/flowfile_pages.h"
#include "repositories/journal/snapshot_format.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace millrace::repo {

/// One block of rows, not decoded yet.
struct SnapshotRows {
  ConnectionId connection;
  QueueKey first;
  QueueKey last;
  std::uint32_t count = 0;
  std::uint64_t bytes = 0;   ///< of content
  bool noClaims = false;     ///< every content is empty or inline
  ByteView payload;          ///< the whole block
  std::size_t rowsAt = 0;    ///< where in it the rows begin
  std::uint64_t offset = 0;  ///< of the payload in the file
};

/// State of one component; a large one comes in several parts.
struct SnapshotState {
  struct Value {
    std::string key;
    std::string value;
    Lsn version;
  };
  ComponentId component;
  Lsn version;
  std::vector<Value> values;
};

class SnapshotReader {
 public:
  static Result<SnapshotReader> open(FileSystem& files, std::string path);

  const SnapshotHead& head() const { return head_; }
  /// By connection.
  const std::vector<SnapshotQueue>& queues() const { return queues_; }

  /// The next block of rows, valid until the next call; null after the last.
  Result<const SnapshotRows*> nextRows();
  Result<std::vector<FlowFile>> decode(const SnapshotRows& rows) const;
  /// The block as a page, to be decoded when it is needed. The page keeps the file open, so that it
  /// can be read after another snapshot has taken the file's name.
  std::unique_ptr<FlowFilePage> page(const SnapshotRows& rows) const;
  /// The next part of the state, once nextRows() gave null; null after the last.
  Result<const SnapshotState*> nextState();
  /// The next part of how far the log belongs to commits, once nextState() gave null.
  Result<const std::vector<LogPlace>*> nextLogEnds();
  /// Back to the first block of rows.
  void rewind();

 private:
  SnapshotReader(std::string path, std::shared_ptr<File> file, std::uint64_t size)
      : path_(std::move(path)), file_(std::move(file)), size_(size) {}
  struct Block {
    snapshot_format::BlockHead head;
    std::uint64_t payloadAt = 0;
    std::uint64_t end = 0;  ///< offset of the block after
  };
  Error damage(std::uint64_t offset, std::string_view what) const;
  Result<std::vector<std::byte>> bytesAt(std::uint64_t offset, std::uint64_t count) const;
  Result<> readHead();
  Result<> readSummary();
  /// Reads the block at `offset` into payload_.
  Result<Block> readBlock(std::uint64_t offset, std::uint64_t limit);
  /// The next block of a known kind before the summary; none when there is none.
  Result<bool> advance(snapshot_format::Kind kind);
  Result<> checkOrder();
  Result<> checkQueue() const;

  std::string path_;
  std::shared_ptr<File> file_;
  std::uint64_t size_ = 0;
  SnapshotHead head_;
  std::vector<SnapshotQueue> queues_;
  std::uint64_t components_ = 0;
  std::uint64_t summaryAt_ = 0;

  std::uint64_t at_ = 0;
  std::vector<std::byte> payload_;
  Block block_;
  SnapshotRows rows_;
  SnapshotState state_;
  std::vector<LogPlace> logEnds_;
  SnapshotQueue seen_;          ///< of the connection that is being read
  std::size_t seenQueues_ = 0;  ///< connections read to their end, and the one being read
  QueueKey lastKey_;
  std::uint64_t seenComponents_ = 0;
};

}  // namespace millrace::repo
