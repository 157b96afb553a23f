// SPDX-License-Identifier: Apache-2.0
#pragma once
// StoreIdentity: who a data directory is. Its file `store` (FORMAT.md) holds the store's random id,
// the open epoch, the end of the reserved FlowFile ids, and the durable LSN of the last clean stop;
// its lock keeps a second process out. A copy of a directory that lives on beside the original is
// adopted: it keeps the id that its files carry and gets an identity of its own for what others see
// (uuids of FlowFiles, the id of the log's cluster).
//
// Promise: epoch and reserved ids are on the medium before they are used, so that neither is ever
// used twice. Errors: a locked directory names the process that holds it. Ownership: the file
// system outlives it. Threads: any.

#include "engine/base/file_system.h"
#include "engine/base/mutex.h"
#include "engine/base/random.h"
#include "repositories/journal/frame.h"

#include <memory>

namespace millrace::repo {

class StoreIdentity {
 public:
  struct IdRange {
    std::uint64_t first = 0;
    std::uint64_t count = 0;
  };

  /// What the file says.
  struct Facts {
    StoreId id;    ///< in the directory's own files
    StoreId seen;  ///< what others see; the same unless the directory was adopted
    std::uint64_t epoch = 0;
    std::uint64_t nextId = 1;
    Lsn cleanDurable;
  };
  /// Reads the identity of a directory without a change to it; the lock is the caller's affair.
  static Result<Facts> read(FileSystem& files, const std::string& path);
  static std::string lockPath(const std::string& path) { return path + "/lock"; }
  static std::string filePath(const std::string& path) { return path + "/store"; }

  /// Takes the lock, creates the folder and its identity when they are missing, raises the epoch.
  static Result<std::unique_ptr<StoreIdentity>> open(FileSystem& files, const std::string& path,
                                                     Random& random);

  /// Gives a directory that nobody has open a new identity towards others, and returns it. The
  /// FlowFiles in it have other uuids from then on.
  static Result<StoreId> adopt(FileSystem& files, const std::string& path, Random& random);

  StoreId id() const { return facts_.id; }
  StoreId seen() const { return facts_.seen; }
  std::uint64_t epoch() const { return facts_.epoch; }
  /// When it was opened.
  Lsn cleanDurable() const { return facts_.cleanDurable; }
  /// FlowFile ids that nobody had before; the first id is 1.
  Result<IdRange> reserveIds(std::uint64_t count);
  /// Remembers at a clean stop what is on the medium.
  Result<> noteCleanStop(Lsn synced);

 private:
  StoreIdentity(FileSystem& files, std::string path, std::unique_ptr<FileLock> lock)
      : files_(files), path_(std::move(path)), lock_(std::move(lock)) {}
  static Result<> save(FileSystem& files, const std::string& file, const Facts& facts);
  Result<> save(std::uint64_t nextId, Lsn cleanDurable);

  FileSystem& files_;
  const std::string path_;
  std::unique_ptr<FileLock> lock_;
  Facts facts_;  // constant once it is open
  Mutex mutex_;
  std::uint64_t nextId_ MR_GUARDED_BY(mutex_) = 1;
  Lsn cleanDurable_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::repo
