// SPDX-License-Identifier: Apache-2.0
#pragma once
// RotatingFile: a file of lines that grows to a size, becomes PATH.1, and so on up to a number of
// files, of which the oldest goes. What was written is in one of them whenever the process ends,
// also between two renames: a gap in the numbers is filled before anything is overwritten. A file
// that somebody else moved or removed is begun anew.
//
// Lines reach the medium when the system writes them. Owner: LogBook. Threads: one.

#include "engine/base/file_system.h"

#include <memory>
#include <string>
#include <string_view>

namespace millrace::server {

class RotatingFile {
 public:
  /// `most`: bytes of a file; `kept`: files beside the one that is written, at least 1.
  RotatingFile(FileSystem& files, std::string path, std::uint64_t most, std::uint32_t kept);

  /// Whole lines. After an Error they are not in the file, and the next call begins as if it were
  /// the first.
  Result<> append(std::string_view lines);
  const std::string& path() const { return path_; }

 private:
  Result<> open();
  Result<> rotate();
  std::string numbered(std::uint32_t number) const;
  bool isStillThere();

  FileSystem& files_;
  const std::string path_;
  const std::uint64_t most_;
  const std::uint32_t kept_;
  std::unique_ptr<File> file_;
  std::uint64_t inode_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace millrace::server
