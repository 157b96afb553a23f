// SPDX-License-Identifier: Apache-2.0
#pragma once
// BackupManifest: what a backup holds (FORMAT.md). Threads: values.

#include "engine/base/clock.h"
#include "engine/base/file_system.h"

#include <cstdint>
#include <string>
#include <vector>

namespace millrace::server {

struct BackupManifest {
  struct Item {
    std::string path;
    std::uint64_t size = 0;
    std::uint32_t crc = 0;  ///< CRC-32C of its bytes
    std::uint32_t mode = 0;
  };
  std::string program;
  Millis at = 0;
  std::uint64_t commit = 0;
  std::vector<Item> files;

  static std::string pathIn(const std::string& backup) { return backup + "/backup.json"; }
  std::string text() const;
  /// Errors: the user's, and say why the folder is no backup, or no whole one.
  static Result<BackupManifest> read(FileSystem& files, const std::string& backup);
};

}  // namespace millrace::server
