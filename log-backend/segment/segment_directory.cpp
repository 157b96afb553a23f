// SPDX-License-Identifier: Apache-2.0
#include "log-backend/segment/segment_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace millrace::log {
namespace {

constexpr std::string_view kSpare = "spare-";
constexpr std::size_t kDigits = 20;

std::optional<std::uint64_t> numberIn(std::string_view digits) {
  std::uint64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stopped, code] = std::from_chars(digits.data(), end, number);
  if (digits.size() != kDigits || code != std::errc{} || stopped != end) return std::nullopt;
  return number;
}

}  // namespace

Result<> createFolderDurably(FileSystem& files, const std::string& path) {
  const std::string parent = parentPath(path);
  // The root is its own parent, and a disk that is gone has not even that.
  if (parent != path && !files.exists(parent)) MR_TRY(createFolderDurably(files, parent));
  MR_TRY(files.createDirectories(path));
  return files.syncDirectory(parent);
}

Result<std::unique_ptr<SegmentDirectory>> SegmentDirectory::open(FileSystem& files,
                                                                 std::string path,
                                                                 SegmentOptions options) {
  MR_TRY(createFolderDurably(files, path));
  std::unique_ptr<SegmentDirectory> made(
      new SegmentDirectory(files, std::move(path), std::move(options)));
  std::vector<std::string> unfinished;
  MutexLock lock(made->mutex_);
  for (const DirectoryEntry& entry : MR_TRY(files.list(made->path_))) {
    std::string_view name = entry.name;
    if (entry.kind != FileKind::kFile || !name.ends_with(made->options_.suffix)) continue;
    name.remove_suffix(made->options_.suffix.size());
    if (const auto number = numberIn(name)) made->numbers_.insert(*number);
    if (!name.starts_with(kSpare)) continue;
    if (const auto spare = numberIn(name.substr(kSpare.size()))) {
      made->nextSpare_ = std::max(made->nextSpare_, *spare + 1);
      // A spare whose making was cut short is shorter, or not wholly on the disk: make it anew.
      unfinished.push_back(made->sparePath(*spare));
    }
  }
  for (const std::string& spare : unfinished) MR_TRY(files.remove(spare));
  return made;
}

Result<std::unique_ptr<SegmentDirectory>> SegmentDirectory::look(FileSystem& files,
                                                                 std::string path,
                                                                 SegmentOptions options) {
  std::unique_ptr<SegmentDirectory> made(
      new SegmentDirectory(files, std::move(path), std::move(options)));
  if (!files.exists(made->path_)) return made;
  MutexLock lock(made->mutex_);
  for (const DirectoryEntry& entry : MR_TRY(files.list(made->path_))) {
    std::string_view name = entry.name;
    if (entry.kind != FileKind::kFile || !name.ends_with(made->options_.suffix)) continue;
    name.remove_suffix(made->options_.suffix.size());
    if (const auto number = numberIn(name)) made->numbers_.insert(*number);
  }
  return made;
}

std::vector<std::uint64_t> SegmentDirectory::numbers() const {
  MutexLock lock(mutex_);
  return {numbers_.begin(), numbers_.end()};
}

std::string SegmentDirectory::pathOf(std::uint64_t number) const {
  return fmt::format("{}/{:020}{}", path_, number, options_.suffix);
}

std::string SegmentDirectory::sparePath(std::uint64_t spare) const {
  return fmt::format("{}/{}{:020}{}", path_, kSpare, spare, options_.suffix);
}

Result<> SegmentDirectory::prepareSpare() {
  std::uint64_t spare = 0;
  {
    MutexLock lock(mutex_);
    spare = nextSpare_++;
  }
  const std::string path = sparePath(spare);
  const auto fill = [&]() -> Result<> {
    auto file = MR_TRY(files_.open(path, OpenMode::kCreateNew));
    MR_TRY(file->preallocate(0, options_.bytes));
    if (options_.space == Space::kReserved) return file->sync();
    const std::vector<std::byte> zeros(
        static_cast<std::size_t>(std::min<std::uint64_t>(options_.bytes, 1ULL << 20U)));
    for (std::uint64_t at = 0; at < options_.bytes; at += zeros.size()) {
      const auto count =
          static_cast<std::size_t>(std::min<std::uint64_t>(zeros.size(), options_.bytes - at));
      MR_TRY(file->writeAt(at, ByteView(zeros).first(count)));
    }
    return file->sync();
  };
  auto filled = fill();
  if (!filled.ok()) {
    (void)files_.remove(path);  // the first error is the one to tell
    return filled;
  }
  MutexLock lock(mutex_);
  spares_.insert(spare);
  return Done{};
}

std::size_t SegmentDirectory::spares() const {
  MutexLock lock(mutex_);
  return spares_.size();
}

Result<std::unique_ptr<File>> SegmentDirectory::create(std::uint64_t number) {
  std::uint64_t spare = 0;
  while (spare == 0) {
    {
      MutexLock lock(mutex_);
      if (!spares_.empty()) {
        spare = *spares_.begin();
        spares_.erase(spares_.begin());
      }
    }
    if (spare == 0) MR_TRY(prepareSpare());
  }
  const std::string path = pathOf(number);
  MR_TRY(files_.rename(sparePath(spare), path));
  if (options_.plantedForTests != PlantedFault::kDirectoryNotSynced)
    MR_TRY(files_.syncDirectory(path_));
  {
    MutexLock lock(mutex_);
    numbers_.insert(number);
  }
  return files_.open(path, OpenMode::kReadWrite);
}

Result<std::unique_ptr<File>> SegmentDirectory::openForRead(std::uint64_t number) const {
  return files_.open(pathOf(number), OpenMode::kRead);
}
Result<std::unique_ptr<File>> SegmentDirectory::openForWrite(std::uint64_t number) const {
  return files_.open(pathOf(number), OpenMode::kReadWrite);
}

Result<> SegmentDirectory::remove(const std::vector<std::uint64_t>& numbers) {
  if (numbers.empty()) return Done{};
  for (const std::uint64_t number : numbers) {
    const std::string path = pathOf(number);
    std::uint64_t spare = 0;
    {
      MutexLock lock(mutex_);
      numbers_.erase(number);
      if (spares_.size() < options_.mostSpares) spare = nextSpare_++;
    }
    const bool whole = MR_TRY(files_.info(path)).size == options_.bytes;
    if (spare == 0 || !whole) {
      MR_TRY(files_.remove(path));
      continue;
    }
    MR_TRY(files_.rename(path, sparePath(spare)));
    MutexLock lock(mutex_);
    spares_.insert(spare);
  }
  return files_.syncDirectory(path_);
}

Result<> SegmentDirectory::removeBelow(std::uint64_t number) {
  std::vector<std::uint64_t> below;
  for (const std::uint64_t each : numbers()) {
    if (each < number) below.push_back(each);
  }
  return remove(below);
}

}  // namespace millrace::log
