// SPDX-License-Identifier: Apache-2.0
#pragma once
// OpenFiles: the open files of all partitions, of which only so many stay open at a time.
//
// Promise: a file handed out stays open while anybody holds it, even when it was renamed or
// unlinked meanwhile; beyond the limit the ones that nobody holds are closed, longest unused first.
// More than the limit are open only while more are held: crowded() tells, and whoever holds files
// that it can give back (a partition with unsynced ones) then does.
// Ownership: shared, because a reader may still read what has been evicted or unlinked.
// Threads: any.

#include "engine/base/file_system.h"
#include "engine/base/mutex.h"

#include <atomic>
#include <list>
#include <unordered_map>

namespace millrace::log {

class OpenFiles {
 public:
  OpenFiles(FileSystem& files, std::size_t most) : files_(files), most_(most) {}

  /// For reading and writing; kCreate makes it when it is missing.
  Result<std::shared_ptr<File>> get(const std::string& path, OpenMode mode = OpenMode::kReadWrite);
  /// The next get() of this path opens anew: it was renamed, replaced or unlinked.
  void forget(const std::string& path);
  /// The same of every file in a folder.
  void forgetFolder(const std::string& folder);

  /// Files open now, the held ones among them.
  std::size_t openNow() const { return open_->load(); }
  std::size_t most() const { return most_; }
  bool crowded() const { return openNow() >= most_; }
  FileSystem& files() { return files_; }

 private:
  struct Entry {
    std::string path;
    std::shared_ptr<File> file;
  };
  void closeIdle() MR_REQUIRES(mutex_);

  FileSystem& files_;
  const std::size_t most_;
  // Shared with the files handed out, which may outlive this object.
  const std::shared_ptr<std::atomic<std::size_t>> open_ =
      std::make_shared<std::atomic<std::size_t>>(0);
  Mutex mutex_;
  std::list<Entry> recent_ MR_GUARDED_BY(mutex_);  ///< latest used first
  std::unordered_map<std::string, std::list<Entry>::iterator> byPath_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::log
