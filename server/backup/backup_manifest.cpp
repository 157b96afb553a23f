// SPDX-License-Identifier: Apache-2.0
#include "server/backup/backup_manifest.h"

#include "engine/base/crc32c.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace millrace::server {
namespace {

using Json = nlohmann::ordered_json;
constexpr int kVersion = 1;

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// A path that stays within the folder.
bool isInside(const std::string& path) {
  if (path.empty() || path.front() == '/' || path.find('\0') != std::string::npos) return false;
  std::string_view rest = path;
  while (true) {
    const std::size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == std::string_view::npos) return true;
    rest.remove_prefix(slash + 1);
  }
}

BackupManifest parsed(const Json& json) {
  BackupManifest manifest;
  manifest.program = json.at("program").get<std::string>();
  manifest.at = json.at("at").get<Millis>();
  manifest.commit = json.at("commit").get<std::uint64_t>();
  for (const Json& each : json.at("files")) {
    manifest.files.push_back(
        {each.at("path").get<std::string>(), each.at("size").get<std::uint64_t>(),
         each.at("crc32c").get<std::uint32_t>(), each.at("mode").get<std::uint32_t>()});
  }
  return manifest;
}

}  // namespace

std::string BackupManifest::text() const {
  Json list = Json::array();
  for (const Item& item : files) {
    list.push_back(
        Json{{"path", item.path}, {"size", item.size}, {"crc32c", item.crc}, {"mode", item.mode}});
  }
  Json json;
  json["millraceBackup"] = kVersion;
  json["program"] = program;
  json["at"] = at;
  json["commit"] = commit;
  const std::string text = dumped(list);
  json["files"] = std::move(list);
  json["check"] = crc32c(asBytes(text));
  return dumped(json) + "\n";
}

Result<BackupManifest> BackupManifest::read(FileSystem& files, const std::string& backup) {
  const std::string path = pathIn(backup);
  if (!files.exists(path)) {
    return Error::user(
        fmt::format("{} is no backup, or its making was cut short: it has no backup.json, which is "
                    "written last; take another backup",
                    backup));
  }
  const std::string text = MR_TRY(files.readAll(path));
  const auto damaged = [&](const std::string& why) {
    return Error::user(fmt::format("{} is damaged ({}); take another backup", path, why));
  };
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return damaged("it is no JSON");
  if (!json.contains("millraceBackup") || json["millraceBackup"] != kVersion) {
    return Error::user(
        fmt::format("{} is of another version than {}; restore it with the program that made it",
                    path, kVersion));
  }
  try {
    if (json.at("check").get<std::uint32_t>() != crc32c(asBytes(dumped(json.at("files")))))
      return damaged("its check does not fit");
    BackupManifest manifest = parsed(json);
    for (const Item& item : manifest.files) {
      if (!isInside(item.path))
        return damaged(fmt::format("'{}' does not lie within it", item.path));
    }
    return manifest;
  } catch (const Json::exception& error) {
    return damaged(error.what());
  }
}

}  // namespace millrace::server
