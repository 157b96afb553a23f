// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/paths.h"

#include "engine/flow/flow.h"

#include <algorithm>

namespace millrace::flow {

std::string escapeName(std::string_view name) {
  std::string result;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool last = i + 1 == name.size();
    const bool ambiguous = name[i] == '\\' && (last || name[i + 1] == '/' || name[i + 1] == '\\');
    if (name[i] == '/' || ambiguous) result.push_back('\\');
    result.push_back(name[i]);
  }
  return result;
}

std::vector<std::string> splitPath(std::string_view path) {
  std::vector<std::string> names(1);
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool escapes =
        path[i] == '\\' && i + 1 < path.size() && (path[i + 1] == '/' || path[i + 1] == '\\');
    if (escapes) {
      names.back().push_back(path[++i]);
    } else if (path[i] == '/') {
      names.emplace_back();
    } else {
      names.back().push_back(path[i]);
    }
  }
  return names;
}

std::string joinPath(std::string_view parent, std::string_view name) {
  std::string result(parent);
  if (!result.empty()) result.push_back('/');
  return result + escapeName(name);
}

std::string connectionPath(std::string_view groupPath, const Connection& connection) {
  const auto full = [&](const std::string& path) {
    std::string result(groupPath);
    for (const std::string& name : splitPath(path)) result = joinPath(result, name);
    return result;
  };
  std::string result = full(connection.from.path);
  if (!connection.relationships.empty()) {
    std::vector<std::string> names;
    for (const Name& relationship : connection.relationships) names.push_back(relationship.text);
    std::sort(names.begin(), names.end());
    result += " [";
    for (std::size_t i = 0; i < names.size(); ++i) result += (i == 0 ? "" : ", ") + names[i];
    result += "]";
  }
  return result + " -> " + full(connection.to.path);
}

}  // namespace millrace::flow
