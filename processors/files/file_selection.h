// SPDX-License-Identifier: Apache-2.0
#pragma once
// FileSelection: which files of a folder a source is interested in, and what it tells about each.
// Promise: a selection is sorted by path; a folder that is reached twice through links is walked
// once; what vanishes while it looks is left out. Threads: constant once built.

#include "engine/base/clock.h"
#include "engine/base/file_system.h"
#include "engine/base/result.h"
#include "engine/expression/regex.h"
#include "engine/expression/time_zone.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::processors {

struct FoundFile {
  std::string path;  ///< folder and name
  std::string name;
  std::string relativeFolder;  ///< `./` for the top, else `a/b/`
  FileInfo info;               ///< without owner and group
};

struct FileSelection {
  std::string directory;
  std::optional<expression::Regex> name;  ///< must match the whole name
  std::optional<expression::Regex> path;  ///< must match the whole relative folder, below the top
  bool recurse = false;
  bool ignoreHidden = true;
  Nanos minAge = 0;
  std::optional<Nanos> maxAge;
  std::uint64_t minSize = 0;
  std::optional<std::uint64_t> maxSize;

  /// An Error when the folder itself cannot be listed.
  Result<std::vector<FoundFile>> select(FileSystem& files, Millis now) const;
};

/// A folder and a name in it.
std::string joinPath(std::string_view folder, std::string_view name);
/// The last part of a path.
std::string_view fileName(std::string_view path);
/// The folder with a slash at its end, as in the attribute `absolute.path`.
std::string folderWithSlash(std::string_view path);
/// `rwxr-x---` of permission bits.
std::string permissionText(std::uint32_t mode);
/// `2024-02-29T13:45:10+0100`.
std::string fileTimeText(Nanos moment, const expression::TimeZone& zone);
/// file.lastModifiedTime, file.owner and so on of a file that describe() told about.
std::vector<std::pair<std::string, std::string>> fileAttributes(const FileInfo& info,
                                                                const expression::TimeZone& zone);
/// The path that keeps its directory, when `name` must not lead out of it: an Error names both.
Result<std::string> pathWithin(std::string_view directory, std::string_view name);

}  // namespace millrace::processors
