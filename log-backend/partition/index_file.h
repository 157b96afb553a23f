// SPDX-License-Identifier: Apache-2.0
#pragma once
// IndexFile: the sparse index of one segment, by offset (.index) or by time (.timeindex), in
// Kafka's layout (FORMAT.md). The newest entries are in memory until they are worth a write.
//
// Promise: entries rise in both fields, or at least do not fall. An index is derived: what a crash
// leaves beyond the trusted entries is cut by open(), and recovery adds it again.
// Ownership: OpenFiles outlives it. Threads: any; look-ups read the file without the lock.

#include "log-backend/partition/open_files.h"

#include <optional>

namespace millrace::log {

enum class IndexKind : std::uint8_t {
  kOffset,  ///< key: offset less the segment's base; value: position in the segment
  kTime,    ///< key: greatest timestamp so far; value: offset less the segment's base
};

struct IndexEntry {
  std::int64_t key = 0;
  std::int64_t value = 0;
};

class IndexFile {
 public:
  IndexFile(OpenFiles& files, std::string path, IndexKind kind)
      : files_(files), path_(std::move(path)), kind_(kind) {}

  /// Trusts the first `entries` of the file, all when none is given. False: the file is missing,
  /// shorter or of an impossible size, and has to be made anew after clear().
  Result<bool> open(std::optional<std::uint64_t> entries);
  void clear();

  void add(IndexEntry entry);
  /// The last entry with a key not above `key`.
  Result<std::optional<IndexEntry>> floor(std::int64_t key) const;
  Result<std::optional<IndexEntry>> last() const;
  std::uint64_t entries() const;

  /// Everything is in the file and on the medium when it returns. The file's name is not: the
  /// caller syncs the folder.
  Result<> sync();
  const std::string& path() const { return path_; }
  static constexpr std::size_t entryBytes(IndexKind kind) {
    return kind == IndexKind::kOffset ? 8 : 12;
  }

 private:
  Result<> flush() MR_REQUIRES(mutex_);
  Result<IndexEntry> readEntry(File& file, std::uint64_t number) const;

  OpenFiles& files_;
  const std::string path_;
  const IndexKind kind_;
  mutable Mutex mutex_;
  std::uint64_t written_ MR_GUARDED_BY(mutex_) = 0;       ///< entries in the file
  std::vector<IndexEntry> recent_ MR_GUARDED_BY(mutex_);  ///< behind those
  std::shared_ptr<File> unsynced_ MR_GUARDED_BY(mutex_);  ///< written to since the last sync
  std::optional<Error> broken_ MR_GUARDED_BY(mutex_);     ///< a sync failed: for good
  bool fresh_ MR_GUARDED_BY(mutex_) = false;              ///< cut the file before the next write
};

}  // namespace millrace::log
