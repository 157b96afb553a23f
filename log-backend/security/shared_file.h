// SPDX-License-Identifier: Apache-2.0
#pragma once
// SharedFile: a small text file of a data directory that a running server and commands beside it
// both read and change, one at a time.
// Promise: a change is on the medium when update() returned, all of it or nothing.
// Ownership: the file system outlives it. Threads: one at a time.

#include "engine/base/file_system.h"

#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace millrace::log {

class SharedFile {
 public:
  SharedFile(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  /// Whether it is another version than the last that was read or written here.
  bool isChanged();
  /// Empty when it is not there.
  Result<std::string> read();
  /// With the file locked: what `edit` makes of its text now. An Error of `edit` changes nothing.
  Result<> update(const std::function<Result<std::string>(const std::string&)>& edit);

 private:
  using Version = std::pair<std::uint64_t, Nanos>;  // inode, time of change
  Version versionNow();

  FileSystem& files_;
  const std::string path_;
  Version seen_;
};

/// Text without bytes below 0x20, 0x7F and %: these are % and two hexadecimal digits.
std::string escapedField(std::string_view text);
/// Nothing: an escape is cut off or wrong.
std::optional<std::string> unescapedField(std::string_view text);

}  // namespace millrace::log
