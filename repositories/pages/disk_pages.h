// SPDX-License-Identifier: Apache-2.0
#pragma once
// DiskPages: pages of queued FlowFiles in files of their own, which live no longer than the
// process.
//
// Nothing is synced: after a crash the queues come from the journal, and what lies here is thrown
// away. Promise: a page whose bytes changed under us is an Error that names file and offset. A file
// goes when its last page does. Ownership: the file system outlives every page. Threads: any.

#include "engine/base/file_system.h"
#include "engine/base/mutex.h"
#include "engine/ports/flowfile_pages.h"

#include <memory>
#include <string>

namespace millrace::repo {

class PageFile;

class DiskPages final : public FlowFilePages {
 public:
  struct Options {
    std::uint64_t fileBytes = 16ULL << 20;  ///< a file is closed when it has grown to this
  };

  /// Makes the folder, and empties it.
  static Result<std::unique_ptr<DiskPages>> open(FileSystem& files, std::string path,
                                                 Options options);
  static Result<std::unique_ptr<DiskPages>> open(FileSystem& files, std::string path) {
    return open(files, std::move(path), Options());
  }

  Result<std::unique_ptr<FlowFilePage>> write(std::span<const FlowFile> files) override;

 private:
  DiskPages(FileSystem& files, std::string path, Options options)
      : files_(files), path_(std::move(path)), options_(options) {}
  /// Room for so many bytes: where in which file.
  struct Room {
    std::shared_ptr<PageFile> file;
    std::uint64_t offset = 0;
  };
  Result<Room> room(std::uint64_t bytes);

  FileSystem& files_;
  const std::string path_;
  const Options options_;
  Mutex mutex_;
  std::shared_ptr<PageFile> open_ MR_GUARDED_BY(mutex_);
  std::uint64_t end_ MR_GUARDED_BY(mutex_) = 0;
  std::uint64_t next_ MR_GUARDED_BY(mutex_) = 1;
};

}  // namespace millrace::repo
