// SPDX-License-Identifier: Apache-2.0
#include "server/backup/backup_copy.h"

#include "engine/base/crc32c.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace millrace::server {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;

std::set<std::string> foldersOf(const std::vector<std::string>& paths) {
  std::set<std::string> folders;
  for (const std::string& path : paths) {
    for (std::size_t slash = path.find('/'); slash != std::string::npos;
         slash = path.find('/', slash + 1))
      folders.insert(path.substr(0, slash));
  }
  return folders;
}

}  // namespace

Result<> prepareTarget(FileSystem& files, const std::string& target) {
  if (files.exists(target)) {
    const auto entries = files.list(target);
    if (!entries.ok() || !entries->empty())
      return Error::user(
          fmt::format("{} is there already; name a folder that is not, or an empty one", target));
  }
  MR_TRY(files.createDirectories(target));
  constexpr std::uint32_t kOwnerOnly = 0700;
  return files.setPermissions(target, kOwnerOnly);
}

Result<std::uint32_t> copyFile(FileSystem& files, const CapturedFile& from, const std::string& to,
                               CopyProgress& progress) {
  const auto source = MR_TRY(files.open(from.source, OpenMode::kRead));
  const auto target = MR_TRY(files.open(to, OpenMode::kCreateNew));
  // The journal counts on its room: no holes in it.
  if (from.path.starts_with("journal/") && from.size > 0) MR_TRY(target->preallocate(0, from.size));
  std::vector<std::byte> buffer(
      static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, from.size)));
  std::uint32_t crc = 0;
  for (std::uint64_t at = 0; at < from.size;) {
    if (progress.cancelled) return Error::environment("the backup was cut short", false);
    const std::span<std::byte> room(
        buffer.data(), static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, from.size - at)));
    const std::size_t got = MR_TRY(source->readAt(at, room));
    if (got == 0)
      return Error::environment(fmt::format("{} is shorter than it was", from.path), false);
    const ByteView bytes(buffer.data(), got);
    crc = crc32c(bytes, crc);
    const bool isZero = std::all_of(bytes.begin(), bytes.end(),
                                    [](std::byte each) { return each == std::byte{0}; });
    if (!isZero) MR_TRY(target->writeAt(at, bytes));
    at += got;
    progress.done += got;
  }
  MR_TRY(target->truncate(from.size));
  MR_TRY(target->sync());
  MR_TRY(files.setPermissions(to, from.mode));
  return crc;
}

Result<> makeFolders(FileSystem& files, const std::string& root,
                     const std::vector<std::string>& paths) {
  for (const std::string& folder : foldersOf(paths))
    MR_TRY(files.createDirectories(root + "/" + folder));
  return Done{};
}

Result<> syncFolders(FileSystem& files, const std::string& root,
                     const std::vector<std::string>& paths) {
  for (const std::string& folder : foldersOf(paths))
    MR_TRY(files.syncDirectory(root + "/" + folder));
  return files.syncDirectory(root);
}

Result<> copyAll(FileSystem& files, const std::vector<CapturedFile>& captured,
                 const std::string& target, BackupManifest about, CopyProgress& progress) {
  std::vector<std::string> paths;
  std::uint64_t all = 0;
  for (const CapturedFile& file : captured) {
    paths.push_back(file.path);
    all += file.size;
  }
  progress.all = all;
  MR_TRY(makeFolders(files, target, paths));
  about.files.clear();
  for (const CapturedFile& file : captured) {
    const std::uint32_t crc = MR_TRY(copyFile(files, file, target + "/" + file.path, progress));
    about.files.push_back({file.path, file.size, crc, file.mode});
  }
  MR_TRY(syncFolders(files, target, paths));
  return files.replaceAll(BackupManifest::pathIn(target), about.text());
}

}  // namespace millrace::server
