// SPDX-License-Identifier: Apache-2.0
#include "engine/base/file_system.h"

#include <fmt/format.h>

namespace millrace {

std::string parentPath(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<std::string> FileSystem::readAll(const std::string& path, std::uint64_t limit) {
  auto file = MR_TRY(open(path, OpenMode::kRead));
  std::string content;
  std::uint64_t at = 0;
  constexpr std::size_t kStep = 256 * 1024;
  while (true) {
    content.resize(static_cast<std::size_t>(at) + kStep);
    const std::span<char> room(content.data() + at, kStep);
    const std::size_t got = MR_TRY(file->readAt(at, std::as_writable_bytes(room)));
    at += got;
    if (at > limit) return Error::user(fmt::format("{} is larger than {} bytes", path, limit));
    if (got < kStep) break;
  }
  content.resize(static_cast<std::size_t>(at));
  return content;
}

Result<> FileSystem::replaceAll(const std::string& path, std::string_view content) {
  const std::string temporary = path + ".part";
  {
    auto file = MR_TRY(open(temporary, OpenMode::kTruncate));
    MR_TRY(file->writeAt(0, asBytes(content)));
    MR_TRY(file->sync());
  }
  MR_TRY(rename(temporary, path));
  MR_TRY(syncDirectory(parentPath(path)));
  return Done{};
}

}  // namespace millrace
