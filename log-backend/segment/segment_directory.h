// SPDX-License-Identifier: Apache-2.0
#pragma once
// SegmentDirectory: the numbered, preallocated and recycled files of one log. FORMAT.md has names.
//
// Promise: a file that create() returned has its space and its name on the medium; what is in it is
// zeros or stale frames of an earlier life, which the framing above must be able to reject.
// Errors: those of the file system; a full disk is met in prepareSpare().
// Ownership: the file system outlives it. Threads: any; a spare is filled without the lock.

#include "engine/base/file_system.h"
#include "engine/base/mutex.h"
#include "engine/base/planted_fault.h"

#include <set>

namespace millrace::log {

/// How the space of a new file is taken. A file of written blocks syncs in half the time.
enum class Space : std::uint8_t { kReserved, kWritten };

struct SegmentOptions {
  std::string suffix = ".segment";
  std::uint64_t bytes = 16ULL << 20U;  ///< of one file
  std::size_t mostSpares = 4;          ///< kept for the next create(); more are unlinked
  Space space = Space::kReserved;
  PlantedFault plantedForTests = PlantedFault::kNone;
};

class SegmentDirectory {
 public:
  /// Creates the folder when it is missing.
  static Result<std::unique_ptr<SegmentDirectory>> open(FileSystem& files, std::string path,
                                                        SegmentOptions options);

  /// For reading only: changes nothing on the disk. A folder that is missing has no segments.
  static Result<std::unique_ptr<SegmentDirectory>> look(FileSystem& files, std::string path,
                                                        SegmentOptions options);

  /// Rising.
  std::vector<std::uint64_t> numbers() const;
  std::string pathOf(std::uint64_t number) const;
  std::uint64_t segmentBytes() const { return options_.bytes; }

  /// A new segment made from a spare, or from new space where there is none.
  Result<std::unique_ptr<File>> create(std::uint64_t number);
  Result<std::unique_ptr<File>> openForRead(std::uint64_t number) const;
  Result<std::unique_ptr<File>> openForWrite(std::uint64_t number) const;

  /// Takes them out of the log: they become spares, or go.
  Result<> remove(const std::vector<std::uint64_t>& numbers);
  Result<> removeBelow(std::uint64_t number);

  std::size_t spares() const;
  /// Makes one spare with all its space taken.
  Result<> prepareSpare();

 private:
  SegmentDirectory(FileSystem& files, std::string path, SegmentOptions options)
      : files_(files), path_(std::move(path)), options_(std::move(options)) {}
  std::string sparePath(std::uint64_t spare) const;

  FileSystem& files_;
  const std::string path_;
  const SegmentOptions options_;
  mutable Mutex mutex_;
  std::set<std::uint64_t> numbers_ MR_GUARDED_BY(mutex_);
  std::set<std::uint64_t> spares_ MR_GUARDED_BY(mutex_);
  std::uint64_t nextSpare_ MR_GUARDED_BY(mutex_) = 1;
};

/// Creates a folder and makes its name, and those of missing folders above it, last.
Result<> createFolderDurably(FileSystem& files, const std::string& path);

}  // namespace millrace::log
