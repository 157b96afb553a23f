// SPDX-License-Identifier: Apache-2.0
#include "engine/commit/effect.h"

namespace millrace {
namespace {

/// True when the path names the file that the effect means.
Result<bool> isMeant(FileSystem& files, const Effect& effect) {
  if (!files.exists(effect.path)) return false;
  const FileInfo info = MR_TRY(files.info(effect.path));
  if (info.kind == FileKind::kDirectory) return false;
  if (effect.inode == 0) return true;
  return info.inode == effect.inode && info.size == effect.size && info.modified == effect.modified;
}

}  // namespace

Result<std::vector<std::string>> runEffect(FileSystem& files, const Effect& effect) {
  std::vector<std::string> folders{parentPath(effect.path)};
  const bool meant = MR_TRY(isMeant(files, effect));
  switch (effect.kind) {
    case Effect::Kind::kDeleteFile:
      if (meant) MR_TRY(files.remove(effect.path));
      break;
    case Effect::Kind::kMoveFile: {
      const std::string to = parentPath(effect.target);
      if (meant) {
        if (!files.exists(to)) {
          MR_TRY(files.createDirectories(to));
          folders.push_back(parentPath(to));
        }
        MR_TRY(files.rename(effect.path, effect.target));
      }
      folders.push_back(to);
      break;
    }
  }
  // A folder that went away with its file needs no sync.
  std::erase_if(folders, [&files](const std::string& folder) { return !files.exists(folder); });
  return folders;
}

}  // namespace millrace
