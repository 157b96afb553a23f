// SPDX-License-Identifier: Apache-2.0
#include "processors/files/file_selection.h"

#include "engine/expression/date_pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace millrace::processors {
namespace {

using Seen = std::set<std::pair<std::uint64_t, std::uint64_t>>;  // device and inode of a folder

bool matches(const std::optional<expression::Regex>& regex, std::string_view text) {
  if (!regex) return true;
  const expression::TimeZone zone;
  expression::Workspace work(zone);
  return regex->matches(text, work);
}

bool wanted(const FileSelection& selection, const FoundFile& file, Millis now) {
  const FileInfo& info = file.info;
  if (info.size < selection.minSize) return false;
  if (selection.maxSize && info.size > *selection.maxSize) return false;
  const Nanos age = now * kMillisecond - info.modified;
  if (selection.minAge > 0 && age < selection.minAge) return false;
  if (selection.maxAge && age > *selection.maxAge) return false;
  return matches(selection.name, file.name);
}

Result<> walk(FileSystem& files, const FileSelection& selection, const std::string& folder,
              const std::string& relative, Millis now, Seen& seen, std::vector<FoundFile>& found) {
  const bool top = relative.empty();
  const FileInfo self = MR_TRY(files.info(folder));
  if (self.kind != FileKind::kDirectory) {
    return Error::user(fmt::format("{} is not a folder: name an existing folder", folder));
  }
  if (!seen.insert({self.device, self.inode}).second) return Done{};
  const bool folderMatches = top || matches(selection.path, relative);
  for (const DirectoryEntry& entry : MR_TRY(files.list(folder))) {
    if (selection.ignoreHidden && entry.name.starts_with('.')) continue;
    const std::string path = joinPath(folder, entry.name);
    if (entry.kind == FileKind::kDirectory) {
      if (!selection.recurse) continue;
      const std::string below = top ? entry.name : relative + "/" + entry.name;
      // A folder below the top may have vanished, or be nobody's business: the others still count.
      (void)walk(files, selection, path, below, now, seen, found).ok();
      continue;
    }
    if (entry.kind != FileKind::kFile || !folderMatches) continue;
    auto info = files.info(path);
    if (!info.ok()) continue;
    FoundFile file{path, entry.name, top ? "./" : relative + "/", std::move(*info)};
    if (wanted(selection, file, now)) found.push_back(std::move(file));
  }
  return Done{};
}

}  // namespace

Result<std::vector<FoundFile>> FileSelection::select(FileSystem& files, Millis now) const {
  std::vector<FoundFile> found;
  Seen seen;
  MR_TRY(walk(files, *this, directory, "", now, seen, found));
  std::sort(found.begin(), found.end(),
            [](const FoundFile& a, const FoundFile& b) { return a.path < b.path; });
  return found;
}

std::string joinPath(std::string_view folder, std::string_view name) {
  std::string path(folder);
  if (!path.empty() && path.back() != '/') path += '/';
  path += name;
  return path;
}

std::string_view fileName(std::string_view path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string folderWithSlash(std::string_view path) {
  std::string folder = parentPath(std::string(path));
  if (folder.back() != '/') folder += '/';
  return folder;
}

std::string permissionText(std::uint32_t mode) {
  std::string text = "rwxrwxrwx";
  for (std::size_t bit = 0; bit < text.size(); ++bit) {
    if ((mode >> (8 - bit) & 1U) == 0) text[bit] = '-';
  }
  return text;
}

std::string fileTimeText(Nanos moment, const expression::TimeZone& zone) {
  const auto pattern = expression::DatePattern::compile("yyyy-MM-dd'T'HH:mm:ssZ");
  return pattern->format(expression::Instant::ofMillis(moment / kMillisecond), zone);
}

std::vector<std::pair<std::string, std::string>> fileAttributes(const FileInfo& info,
                                                                const expression::TimeZone& zone) {
  std::vector<std::pair<std::string, std::string>> attributes{
      {"file.lastModifiedTime", fileTimeText(info.modified, zone)},
      {"file.lastAccessTime", fileTimeText(info.accessed, zone)},
      {"file.creationTime", fileTimeText(info.modified, zone)},
      {"file.permissions", permissionText(info.mode)}};
  if (!info.owner.empty()) attributes.emplace_back("file.owner", info.owner);
  if (!info.group.empty()) attributes.emplace_back("file.group", info.group);
  return attributes;
}

Result<std::string> pathWithin(std::string_view directory, std::string_view name) {
  std::size_t depth = 0;
  for (std::string_view rest = name; !rest.empty();) {
    const std::size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (depth == 0) {
        return Error::user(
            fmt::format("the name '{}' leads out of the folder {}", name, directory));
      }
      --depth;
    } else {
      ++depth;
    }
  }
  const std::string_view last = fileName(name);
  if (depth == 0 || last.empty() || last == "." || last == ".." ||
      name.find('\0') != std::string_view::npos) {
    return Error::user(fmt::format("'{}' is not a file name: set the attribute filename", name));
  }
  return joinPath(directory, name);
}

}  // namespace millrace::processors
