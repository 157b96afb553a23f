// SPDX-License-Identifier: Apache-2.0
#pragma once
// CapturedFiles: the files of a data directory as they were at one moment: names, lengths, and a
// link to each, so that they stay when they are replaced or removed. What is written in place is
// only ever appended while it is held; whoever captures sees to that.
// Ownership: removes its links; the file system outlives it. Threads: one.

#include "engine/base/file_system.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace millrace::server {

enum class WithKey : std::uint8_t { kNo, kYes };

struct CapturedFile {
  std::string path;    ///< in the data directory
  std::string source;  ///< where it is read
  std::uint64_t size = 0;
  std::uint32_t mode = 0;
  std::uint64_t inode = 0;
};

class CapturedFiles {
 public:
  /// Links every file that belongs into a backup. An Error that may be tried again: a file came,
  /// went or was replaced meanwhile.
  static Result<std::unique_ptr<CapturedFiles>> link(FileSystem& files, const std::string& data,
                                                     WithKey withKey);
  /// Of a directory in which nothing runs: without links.
  static Result<std::unique_ptr<CapturedFiles>> look(FileSystem& files, const std::string& data,
                                                     WithKey withKey);
  /// What a process that was killed left of its links.
  static Result<> clean(FileSystem& files, const std::string& data);
  ~CapturedFiles();
  CapturedFiles(const CapturedFiles&) = delete;
  CapturedFiles& operator=(const CapturedFiles&) = delete;

  const std::vector<CapturedFile>& files() const { return files_; }
  /// Another file, from outside of the directory, under that path, instead of the one that is
  /// there.
  Result<> put(const std::string& path, const std::string& source);

 private:
  CapturedFiles(FileSystem& files, std::string links)
      : fileSystem_(files), links_(std::move(links)) {}

  FileSystem& fileSystem_;
  const std::string links_;  ///< folder; empty: none
  std::vector<CapturedFile> files_;
};

}  // namespace millrace::server
