// SPDX-License-Identifier: Apache-2.0
#include "processors/files/placed_file.h"

#include "processors/files/file_selection.h"

#include <fmt/format.h>

#include <utility>

namespace millrace::processors {

Result<PlacedFile> PlacedFile::begin(FileSystem& files, std::string path, std::string_view tag,
                                     std::uint64_t size) {
  const std::string folder = parentPath(path);
  const std::string name =
      tag.empty() ? fmt::format(".{}", fileName(path)) : fmt::format(".{}.{}", fileName(path), tag);
  std::string temporary = joinPath(folder, name);
  auto file = MR_TRY(files.open(temporary, OpenMode::kTruncate));
  return PlacedFile(files, std::move(path), std::move(temporary), std::move(file), size);
}

PlacedFile::PlacedFile(PlacedFile&& other) noexcept
    : files_(std::exchange(other.files_, nullptr)),
      path_(std::move(other.path_)),
      temporary_(std::move(other.temporary_)),
      file_(std::move(other.file_)),
      behind_(other.behind_),
      at_(other.at_) {}

PlacedFile::~PlacedFile() {
  if (files_ == nullptr) return;
  file_.reset();
  // Best effort: a hidden file that stays is overwritten by the next attempt.
  (void)files_->remove(temporary_).ok();
}

Result<> PlacedFile::write(ByteView bytes) {
  MR_TRY(file_->writeAt(at_, bytes));
  at_ += bytes.size();
  return behind_.wroteUpTo(*file_, at_);
}

Result<> PlacedFile::sync() { return file_->sync(); }

Result<> PlacedFile::place() {
  file_.reset();
  MR_TRY(files_->rename(temporary_, path_));
  files_ = nullptr;
  return Done{};
}

Result<bool> PlacedFile::placeNew() {
  file_.reset();
  // A link fails where the name exists; a rename would take it.
  if (!files_->link(temporary_, path_).ok()) {
    if (files_->exists(path_)) return false;
    MR_TRY(place());  // a file system without links
  }
  return true;  // the destructor removes the hidden name
}

}  // namespace millrace::processors
