// SPDX-License-Identifier: Apache-2.0
#pragma once
// WatchedFile: what a processor makes of a small file, such as a dictionary, made anew when the
// file has changed. It is looked at when somebody asks, at most once in a while.
//
// Promise: who asks gets what is there; while a newer file cannot be read, that is the Error.
// Threads: any; a value that was given out stays as it is.

#include "engine/base/clock.h"
#include "engine/base/file_system.h"
#include "engine/base/mutex.h"
#include "engine/base/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace millrace::processors {

template <typename Value>
class WatchedFile {
 public:
  static constexpr std::uint64_t kMostBytes = 1ULL << 30;
  using Make = std::function<Result<Value>(const std::string& bytes)>;

  /// Forgets what was there; the next current() reads the file.
  void watch(std::string path, Nanos interval, Make make) {
    MutexLock lock(mutex_);
    path_ = std::move(path);
    interval_ = interval;
    make_ = std::move(make);
    value_.reset();
  }

  /// Shared with whoever still uses it when a newer one takes its place.
  Result<std::shared_ptr<const Value>> current(FileSystem& files, const Clock& clock) {
    MutexLock lock(mutex_);
    const Nanos now = clock.monotonic();
    if (value_ != nullptr && now - lookedAt_ < interval_) return value_;
    const FileInfo info = MR_TRY(files.info(path_));
    const bool same = value_ != nullptr && info.inode == inode_ && info.size == size_ &&
                      info.modified == modified_;
    if (!same) {
      value_ =
          std::make_shared<const Value>(MR_TRY(make_(MR_TRY(files.readAll(path_, kMostBytes)))));
      inode_ = info.inode;
      size_ = info.size;
      modified_ = info.modified;
    }
    lookedAt_ = now;
    return value_;
  }

 private:
  Mutex mutex_;
  std::string path_ MR_GUARDED_BY(mutex_);
  Nanos interval_ MR_GUARDED_BY(mutex_) = 0;
  Make make_ MR_GUARDED_BY(mutex_);
  std::shared_ptr<const Value> value_ MR_GUARDED_BY(mutex_);
  Nanos lookedAt_ MR_GUARDED_BY(mutex_) = 0;
  std::uint64_t inode_ MR_GUARDED_BY(mutex_) = 0;
  std::uint64_t size_ MR_GUARDED_BY(mutex_) = 0;
  Nanos modified_ MR_GUARDED_BY(mutex_) = 0;
};

}  // namespace millrace::processors
