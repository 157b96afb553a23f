// SPDX-License-Identifier: Apache-2.0
#include "log-backend/partition/open_files.h"

namespace millrace::log {

Result<std::shared_ptr<File>> OpenFiles::get(const std::string& path, OpenMode mode) {
  MutexLock lock(mutex_);
  if (const auto found = byPath_.find(path); found != byPath_.end()) {
    recent_.splice(recent_.begin(), recent_, found->second);
    return found->second->file;
  }
  closeIdle();
  std::unique_ptr<File> opened = MR_TRY(files_.open(path, mode));
  open_->fetch_add(1);
  std::shared_ptr<File> file(opened.release(), [count = open_](File* gone) {
    const std::unique_ptr<File> closes(gone);
    count->fetch_sub(1);
  });
  recent_.push_front({path, file});
  byPath_[path] = recent_.begin();
  return file;
}

void OpenFiles::closeIdle() {
  auto at = recent_.end();
  while (openNow() >= most_ && at != recent_.begin()) {
    --at;
    if (at->file.use_count() > 1) continue;
    byPath_.erase(at->path);
    at = recent_.erase(at);
  }
}

void OpenFiles::forget(const std::string& path) {
  MutexLock lock(mutex_);
  const auto found = byPath_.find(path);
  if (found == byPath_.end()) return;
  recent_.erase(found->second);
  byPath_.erase(found);
}

void OpenFiles::forgetFolder(const std::string& folder) {
  MutexLock lock(mutex_);
  for (auto at = recent_.begin(); at != recent_.end();) {
    if (parentPath(at->path) != folder) {
      ++at;
      continue;
    }
    byPath_.erase(at->path);
    at = recent_.erase(at);
  }
}

}  // namespace millrace::log
