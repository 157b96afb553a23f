// SPDX-License-Identifier: Apache-2.0
#include "server/backup/captured_files.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::server {
namespace {

constexpr int kDeepest = 8;
constexpr std::string_view kLinks = "backup.links";

/// What is made anew, belongs to a process, or is nothing.
bool belongs(const std::string& path, WithKey withKey) {
  if (path == "lock" || path == "pages" || path == kLinks) return false;
  if (path == "secret.key") return withKey == WithKey::kYes;
  if (path.starts_with("history.sqlite") || path.starts_with("provenance/index.sqlite"))
    return false;
  return !path.starts_with("journal/spare-");
}

Result<> walk(FileSystem& files, const std::string& data, const std::string& folder, int deep,
              WithKey withKey, std::vector<CapturedFile>& into) {
  if (deep > kDeepest) return Done{};
  for (const DirectoryEntry& entry :
       MR_TRY(files.list(folder.empty() ? data : data + "/" + folder))) {
    const std::string path = folder.empty() ? entry.name : folder + "/" + entry.name;
    if (!belongs(path, withKey)) continue;
    if (entry.kind == FileKind::kDirectory) {
      MR_TRY(walk(files, data, path, deep + 1, withKey, into));
    } else if (entry.kind == FileKind::kFile) {
      const auto info = files.info(data + "/" + path);
      // Gone since it was listed: the other look will tell.
      if (info.ok()) into.push_back({path, data + "/" + path, info->size, info->mode, info->inode});
    }
  }
  return Done{};
}

Result<std::vector<CapturedFile>> filesOf(FileSystem& files, const std::string& data,
                                          WithKey withKey) {
  std::vector<CapturedFile> found;
  MR_TRY(walk(files, data, "", 0, withKey, found));
  std::sort(found.begin(), found.end(),
            [](const CapturedFile& a, const CapturedFile& b) { return a.path < b.path; });
  return found;
}

bool isSame(const std::vector<CapturedFile>& a, const std::vector<CapturedFile>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const CapturedFile& x, const CapturedFile& y) {
                      return x.path == y.path && x.inode == y.inode;
                    });
}

}  // namespace

CapturedFiles::~CapturedFiles() {
  if (!links_.empty()) (void)fileSystem_.removeAll(links_);
}

Result<> CapturedFiles::clean(FileSystem& files, const std::string& data) {
  const std::string links = fmt::format("{}/{}", data, kLinks);
  return files.exists(links) ? files.removeAll(links) : Result<>(Done{});
}

Result<std::unique_ptr<CapturedFiles>> CapturedFiles::look(FileSystem& files,
                                                           const std::string& data,
                                                           WithKey withKey) {
  std::unique_ptr<CapturedFiles> captured(new CapturedFiles(files, ""));
  captured->files_ = MR_TRY(filesOf(files, data, withKey));
  return captured;
}

Result<std::unique_ptr<CapturedFiles>> CapturedFiles::link(FileSystem& files,
                                                           const std::string& data,
                                                           WithKey withKey) {
  MR_TRY(clean(files, data));
  std::unique_ptr<CapturedFiles> captured(
      new CapturedFiles(files, fmt::format("{}/{}", data, kLinks)));
  MR_TRY(files.createDirectories(captured->links_));
  const auto before = MR_TRY(filesOf(files, data, withKey));
  for (std::size_t i = 0; i < before.size(); ++i) {
    CapturedFile file = before[i];
    file.source = fmt::format("{}/{}", captured->links_, i);
    const auto linked = files.link(data + "/" + file.path, file.source);
    if (!linked.ok()) break;
    const auto info = files.info(file.source);
    if (!info.ok() || info->inode != file.inode) break;
    file.size = info->size;
    captured->files_.push_back(std::move(file));
  }
  const auto after = MR_TRY(filesOf(files, data, withKey));
  if (!isSame(captured->files_, after))
    return Error::environment("files of the data directory came and went meanwhile");
  return captured;
}

Result<> CapturedFiles::put(const std::string& path, const std::string& source) {
  const FileInfo info = MR_TRY(fileSystem_.info(source));
  std::erase_if(files_, [&](const CapturedFile& each) { return each.path == path; });
  CapturedFile file{path, source, info.size, info.mode, info.inode};
  if (!links_.empty()) {
    // Copied at once: it may lie on another file system, and is small.
    file.source = links_ + "/outside";
    MR_TRY(fileSystem_.replaceAll(file.source, MR_TRY(fileSystem_.readAll(source))));
    file.size = MR_TRY(fileSystem_.info(file.source)).size;
  }
  files_.push_back(std::move(file));
  return Done{};
}

}  // namespace millrace::server
