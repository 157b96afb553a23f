// SPDX-License-Identifier: Apache-2.0
#include "server/backup/backup_restore.h"

#include <fmt/format.h>

namespace millrace::server {

Result<BackupManifest> restoreBackup(FileSystem& files, const std::string& backup,
                                     const std::string& data) {
  const BackupManifest manifest = MR_TRY(BackupManifest::read(files, backup));
  if (files.exists(data)) {
    const auto entries = files.list(data);
    if (!entries.ok() || !entries->empty()) {
      return Error::user(fmt::format(
          "{} is there already and is not empty; name another directory, or move it away", data));
    }
  }
  // Under another name until all of it is there: nobody takes a part of it for the whole.
  const std::string making = data + ".restoring";
  if (files.exists(making)) MR_TRY(files.removeAll(making));
  MR_TRY(prepareTarget(files, making));
  std::vector<std::string> paths;
  for (const BackupManifest::Item& item : manifest.files) paths.push_back(item.path);
  MR_TRY(makeFolders(files, making, paths));
  CopyProgress progress;
  for (const BackupManifest::Item& item : manifest.files) {
    CapturedFile file;
    file.path = item.path;
    file.source = backup + "/" + item.path;
    file.size = item.size;
    file.mode = item.mode;
    const auto info = files.info(file.source);
    const auto copied = info.ok() && info->size == item.size
                            ? copyFile(files, file, making + "/" + item.path, progress)
                            : Result<std::uint32_t>(item.crc + 1);
    if (copied.ok() && *copied == item.crc) continue;
    (void)files.removeAll(making);
    if (!copied.ok()) return copied.error();
    return Error::user(fmt::format(
        "{} is damaged: {} is not what was backed up; take another backup", backup, item.path));
  }
  MR_TRY(syncFolders(files, making, paths));
  MR_TRY(files.rename(making, data));
  MR_TRY(files.syncDirectory(parentPath(data)));
  return manifest;
}

}  // namespace millrace::server
