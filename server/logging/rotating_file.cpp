// SPDX-License-Identifier: Apache-2.0
#include "server/logging/rotating_file.h"

#include <algorithm>
#include <array>

namespace millrace::server {
namespace {

constexpr std::uint32_t kOwnerAndGroup = 0640;  // for those who collect logs

}  // namespace

RotatingFile::RotatingFile(FileSystem& files, std::string path, std::uint64_t most,
                           std::uint32_t kept)
    : files_(files), path_(std::move(path)), most_(most), kept_(std::max(1U, kept)) {}

std::string RotatingFile::numbered(std::uint32_t number) const {
  return path_ + "." + std::to_string(number);
}

bool RotatingFile::isStillThere() {
  const auto info = files_.info(path_);
  return info.ok() && info->inode == inode_;
}

Result<> RotatingFile::open() {
  const bool isNew = !files_.exists(path_);
  if (isNew) MR_TRY(files_.createDirectories(parentPath(path_)));
  auto file = MR_TRY(files_.open(path_, OpenMode::kCreate));
  if (isNew) MR_TRY(files_.setPermissions(path_, kOwnerAndGroup));
  const FileInfo info = MR_TRY(file->info());
  inode_ = info.inode;
  size_ = info.size;
  if (size_ > 0) {
    // The line in whose middle a process ended stays, and ends here.
    std::array<std::byte, 1> last{};
    MR_TRY(file->readAt(size_ - 1, last));
    if (last[0] != std::byte{'\n'}) {
      MR_TRY(file->writeAt(size_, asBytes("\n")));
      ++size_;
    }
  }
  file_ = std::move(file);
  return Done{};
}

Result<> RotatingFile::rotate() {
  file_.reset();
  std::uint32_t free = 1;
  while (free < kept_ && files_.exists(numbered(free))) ++free;
  for (std::uint32_t number = free; number > 1; --number)
    MR_TRY(files_.rename(numbered(number - 1), numbered(number)));
  return files_.rename(path_, numbered(1));
}

Result<> RotatingFile::append(std::string_view lines) {
  if (file_ != nullptr && !isStillThere()) file_.reset();
  if (file_ == nullptr) MR_TRY(open());
  if (size_ > 0 && size_ + lines.size() > most_) {
    MR_TRY(rotate());
    MR_TRY(open());
  }
  const auto written = file_->writeAt(size_, asBytes(lines));
  if (written.ok()) {
    size_ += lines.size();
    return Done{};
  }
  // A part may be there; without it the file ends with a whole line, else open() ends that one.
  (void)file_->truncate(size_);
  file_.reset();
  return written;
}

}  // namespace millrace::server
