// SPDX-License-Identifier: Apache-2.0
#pragma once
// A data directory made of a backup. Errors: the user's when the folder is no whole backup or the
// directory is in use; nothing is left under the directory's name then. Threads: as backup_copy.h.

#include "server/backup/backup_copy.h"

namespace millrace::server {

/// What was restored. `data` must not be there, or be empty.
Result<BackupManifest> restoreBackup(FileSystem& files, const std::string& backup,
                                     const std::string& data);

}  // namespace millrace::server
