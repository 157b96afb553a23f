// SPDX-License-Identifier: Apache-2.0
#pragma once
// LogSegment: one .log file of a partition with its two indexes.
//
// Promise: bytes below size() are whole batches, in offset order. A segment that is retired() was
// replaced or removed: what was looked up since may come from its successor and must be thrown
// away. Look-ups stop at the position that the caller passes.
// Ownership: shared by the partition and its readers, who may outlast its removal.
// Threads: append, note, markSynced and the opening functions under the partition's lock; the rest
// from any thread.

#include "log-backend/partition/batch_walk.h"
#include "log-backend/partition/index_file.h"
#include "log-backend/partition/partition_config.h"

namespace millrace::log {

struct BatchPlace {
  std::uint64_t position = 0;
  BatchHeader header;
};

struct TimeAndOffset {
  Millis timestamp = kNoTimestamp;
  Offset offset = kNoOffset;
};

class LogSegment {
 public:
  LogSegment(OpenFiles& files, const std::string& folder, Offset base,
             const std::string& suffix = {});

  /// An empty file; one that is there already is emptied.
  Result<> create();
  /// A file of `bytes` trusted bytes and, where given, as many trusted index entries. False: the
  /// indexes are unusable and have to be made anew with rebuild().
  Result<bool> openTrusted(std::uint64_t bytes, std::optional<std::uint64_t> offsetEntries,
                           std::optional<std::uint64_t> timeEntries);
  /// Makes the indexes anew from the batches in the file.
  Result<> rebuild(const PartitionConfig& config);

  /// Writes a batch at the end. On failure the segment is as before.
  Result<> append(const BatchHeader& header, ByteView batch, const PartitionConfig& config);
  /// Takes in a batch that stands at the end of the file already.
  void note(const BatchHeader& header, const PartitionConfig& config);
  /// No batch follows: the time index gets its last entry.
  void finish();
  /// Cuts the file to size(): nothing must stand behind the last batch of a closed segment.
  Result<> cutToSize();

  Offset base() const { return base_; }
  std::uint64_t size() const { return size_.load(std::memory_order_acquire); }
  const std::string& path() const { return path_; }
  IndexFile& offsets() { return offsets_; }
  IndexFile& times() { return times_; }
  Result<std::shared_ptr<File>> file() const { return files_.get(path_); }

  /// Reads what note() goes on from; after openTrusted(), before the first append.
  Result<> prepareToAppend();

  /// The first batch that ends at or after `wanted`; none: the segment ends before it.
  Result<std::optional<BatchPlace>> find(Offset wanted, std::uint64_t end) const;
  /// The first record at or after a time, of those from `least` on.
  Result<std::optional<TimeAndOffset>> findTime(Millis wanted, Offset least,
                                                std::uint64_t end) const;
  /// The greatest timestamp, and the last offset of the first batch that has it.
  Result<TimeAndOffset> maxTimestamp() const;
  /// Of the first batch; none in an empty segment.
  Result<std::optional<Millis>> firstTimestamp() const;
  /// The same, of the segment that is appended to.
  std::optional<Millis> firstNoted() const { return first_; }

  /// The descriptor that wrote what is not synced yet; none: nothing.
  const std::shared_ptr<File>& unsynced() const { return unsynced_; }
  /// Bytes found in the file are not known to be on the medium.
  Result<> markUnsynced();
  /// The first `bytes` are on the medium.
  void markSynced(std::uint64_t bytes) {
    if (bytes == size()) unsynced_.reset();
  }

  bool retired() const { return retired_.load(std::memory_order_acquire); }
  /// Before its file is renamed, replaced or unlinked.
  void retire() { retired_.store(true, std::memory_order_release); }
  /// Unlinks its files; the caller syncs the folder.
  Result<> remove();

 private:
  OpenFiles& files_;
  const Offset base_;
  const std::string path_;
  IndexFile offsets_;
  IndexFile times_;
  std::atomic<std::uint64_t> size_{0};
  std::atomic<bool> retired_{false};
  // Under the partition's lock.
  std::shared_ptr<File> unsynced_;
  std::uint64_t sinceIndexed_ = 0;  ///< bytes since the last index entry
  // The latest maximum, read by look-ups.
  mutable Mutex mutex_;
  mutable TimeAndOffset max_ MR_GUARDED_BY(mutex_);
  mutable bool maxKnown_ MR_GUARDED_BY(mutex_) = true;
  Millis lastTimeKey_ = kNoTimestamp;
  std::optional<Millis> first_;
};

/// `<folder>/<20 digits><suffix>`
std::string segmentPath(const std::string& folder, Offset base, std::string_view suffix);

}  // namespace millrace::log
