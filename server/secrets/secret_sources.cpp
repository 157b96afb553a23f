// SPDX-License-Identifier: Apache-2.0
#include "server/secrets/secret_sources.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::server {
namespace {

constexpr std::uint64_t kMostBytes = 1ULL << 20U;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

Result<SecretValues> readSecretsFile(FileSystem& files, const std::string& path) {
  const std::string text = MR_TRY(files.readAll(path, kMostBytes));
  SecretValues values;
  std::string_view left = text;
  for (std::size_t number = 1; !left.empty(); ++number) {
    const std::size_t end = left.find('\n');
    std::string_view line = left.substr(0, end);
    left = end == std::string_view::npos ? std::string_view() : left.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (trimmed(line).empty() || trimmed(line).front() == '#') continue;
    const std::size_t equals = line.find('=');
    const std::string_view name = trimmed(line.substr(0, equals));
    if (equals == std::string_view::npos || name.empty())
      return Error::user(fmt::format("{}:{}: write NAME=VALUE", path, number));
    const bool fresh = values.emplace(name, line.substr(equals + 1)).second;
    if (!fresh)
      return Error::user(
          fmt::format("{}:{}: '{}' has a value already; remove one", path, number, name));
  }
  return values;
}

std::string quotedList(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names)
    list += fmt::format("{}'{}'", list.empty() ? "" : ", ", name);
  return list;
}

}  // namespace

std::string secretVariable(std::string_view name) {
  std::string variable = "MILLRACE_PARAM_";
  for (const char c : name) {
    const bool small = c >= 'a' && c <= 'z';
    const bool kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    variable.push_back(small ? static_cast<char>(c - 'a' + 'A') : kept ? c : '_');
  }
  return variable;
}

Result<GatheredSecrets> gatherSecrets(FileSystem& files, const std::vector<std::string>& names,
                                      const SecretSources& sources) {
  GatheredSecrets gathered;
  gathered.values = sources.kept;
  SecretValues inFile;
  if (!sources.file.empty()) {
    inFile = MR_TRY(readSecretsFile(files, sources.file));
    constexpr std::uint32_t kOthers = 077;
    if ((MR_TRY(files.info(sources.file)).mode & kOthers) != 0)
      gathered.notes.push_back(fmt::format("{} can be read by others; chmod 600 it", sources.file));
    for (const auto& [name, value] : inFile) {
      if (std::find(names.begin(), names.end(), name) == names.end())
        gathered.notes.push_back(
            fmt::format("{}: the flow uses no sensitive parameter '{}'", sources.file, name));
    }
  }
  std::vector<std::string> missing;
  for (const std::string& name : names) {
    const auto written = inFile.find(name);
    if (written != inFile.end()) {
      gathered.values[name] = written->second;
      gathered.given[name] = sources.file;
    } else if (auto value = sources.environment(secretVariable(name))) {
      gathered.values[name] = std::move(*value);
      gathered.given[name] = secretVariable(name);
    } else if (!gathered.values.contains(name)) {
      missing.push_back(name);
    }
  }
  if (!missing.empty() && !sources.ask) {
    std::string text = fmt::format(
        "there is no value for the sensitive parameter{} {}; set {}, or give --secrets FILE with a "
        "line NAME=VALUE",
        missing.size() == 1 ? "" : "s", quotedList(missing), secretVariable(missing.front()));
    if (!sources.mayMiss) return Error::user(std::move(text));
    gathered.notes.push_back(std::move(text));
    return gathered;
  }
  for (const std::string& name : missing) gathered.values[name] = MR_TRY(sources.ask(name));
  return gathered;
}

}  // namespace millrace::server
