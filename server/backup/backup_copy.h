// SPDX-License-Identifier: Apache-2.0
#pragma once
// Copying captured files into a backup. Errors: the user's when the target cannot be one, the
// environment's (disk full, say) else; then the folder has no manifest and is no backup.
// Threads: functions of their arguments; they block for as long as it takes.

#include "server/backup/backup_manifest.h"
#include "server/backup/captured_files.h"

#include <atomic>
#include <functional>

namespace millrace::server {

struct CopyProgress {
  std::atomic<std::uint64_t> done{0};  ///< bytes
  std::atomic<std::uint64_t> all{0};
  std::atomic<bool> cancelled{false};  ///< set it to make the copy end with an Error
};

/// Makes the folder for a backup: it must not be there, or be empty.
Result<> prepareTarget(FileSystem& files, const std::string& target);

/// One file, synced, with its permissions; what is zero stays a hole. Gives the CRC of its bytes.
Result<std::uint32_t> copyFile(FileSystem& files, const CapturedFile& from, const std::string& to,
                               CopyProgress& progress);

/// All of them, and then the manifest, of which `about` has the facts.
Result<> copyAll(FileSystem& files, const std::vector<CapturedFile>& captured,
                 const std::string& target, BackupManifest about, CopyProgress& progress);

/// Folders on the way to `path` in `root`, made and synced when all is there.
Result<> makeFolders(FileSystem& files, const std::string& root,
                     const std::vector<std::string>& paths);
Result<> syncFolders(FileSystem& files, const std::string& root,
                     const std::vector<std::string>& paths);

}  // namespace millrace::server
