// SPDX-License-Identifier: Apache-2.0
#include "server/logging/log_levels.h"

#include "server/flow_store/flow_json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace millrace::server {
namespace {

constexpr std::array<std::string_view, 5> kLevels{"debug", "info", "warn", "error", "off"};
constexpr std::array<std::string_view, 8> kAreas{"server", "flow",         "components", "engine",
                                                 "http",   "site-to-site", "kafka",      "agents"};
constexpr std::string_view kRoot = "root";
constexpr std::string_view kType = "type:";
constexpr std::string_view kGroup = "group:";
constexpr std::string_view kId = "id:";

}  // namespace

std::string_view nameOf(LogLevel level) { return kLevels.at(static_cast<std::size_t>(level)); }

std::optional<LogLevel> logLevelOf(std::string_view name) {
  const auto found = std::find(kLevels.begin(), kLevels.end(), name);
  if (found == kLevels.end()) return std::nullopt;
  return static_cast<LogLevel>(found - kLevels.begin());
}

std::span<const std::string_view> logAreas() { return kAreas; }

Result<LogLevels::Scope> LogLevels::scopeOf(std::string_view text) {
  if (text == kRoot) return Scope{};
  if (std::find(kAreas.begin(), kAreas.end(), text) != kAreas.end())
    return Scope{Kind::kArea, std::string(text), 0};
  if (text.starts_with(kType) && text.size() > kType.size())
    return Scope{Kind::kType, std::string(text.substr(kType.size())), 0};
  if (text.starts_with(kGroup) && text.size() > kGroup.size())
    return Scope{Kind::kGroup, std::string(text.substr(kGroup.size())), 0};
  if (text.starts_with(kId)) {
    const auto id = idOf(text.substr(kId.size()));
    if (id && id->raw() != 0) return Scope{Kind::kId, {}, id->raw()};
  }
  return Error::user(
      fmt::format("'{}' is nothing whose log has a level; use root, {}, type:TYPE, group:PATH or "
                  "id:ID of a component",
                  text, fmt::join(kAreas, ", ")));
}

Result<> LogLevels::set(std::string_view scope, std::string_view level) {
  const Scope known = MR_TRY(scopeOf(scope));
  const auto value = logLevelOf(level);
  if (!value) {
    return Error::user(
        fmt::format("'{}' is no level of the log; use {}", level, fmt::join(kLevels, ", ")));
  }
  switch (known.kind) {
    case Kind::kRoot:
      root_ = *value;
      break;
    case Kind::kArea:
      areas_[known.name] = *value;
      break;
    case Kind::kType:
      types_[known.name] = *value;
      break;
    case Kind::kGroup:
      groups_[known.name] = *value;
      break;
    case Kind::kId:
      ids_[known.id] = *value;
      break;
  }
  return Done{};
}

Result<> LogLevels::unset(std::string_view scope) {
  const Scope known = MR_TRY(scopeOf(scope));
  if (known.kind == Kind::kRoot) root_ = LogLevel::kInfo;
  if (known.kind == Kind::kArea) areas_.erase(known.name);
  if (known.kind == Kind::kType) types_.erase(known.name);
  if (known.kind == Kind::kGroup) groups_.erase(known.name);
  if (known.kind == Kind::kId) ids_.erase(known.id);
  return Done{};
}

Result<> LogLevels::setText(std::string_view text) {
  // A path may hold the sign, a level does not.
  const std::size_t sign = text.rfind('=');
  if (sign == std::string_view::npos) return set(kRoot, text);
  return set(text.substr(0, sign), text.substr(sign + 1));
}

LogLevel LogLevels::of(const LogSource& source) const {
  if (source.component != 0) {
    if (const auto id = ids_.find(source.component); id != ids_.end()) return id->second;
  }
  std::size_t longest = 0;
  std::optional<LogLevel> level;
  for (const auto& [group, each] : groups_) {
    const bool inside = source.path.size() > group.size() && source.path.starts_with(group) &&
                        source.path[group.size()] == '/';
    if (!inside || group.size() < longest) continue;
    longest = group.size();
    level = each;
  }
  if (level) return *level;
  if (const auto type = types_.find(source.type); type != types_.end()) return type->second;
  if (const auto area = areas_.find(source.area); area != areas_.end()) return area->second;
  return root_;
}

std::vector<std::pair<std::string, LogLevel>> LogLevels::all() const {
  std::vector<std::pair<std::string, LogLevel>> rules;
  for (const auto& [name, level] : areas_) rules.emplace_back(name, level);
  for (const auto& [name, level] : types_) rules.emplace_back(std::string(kType) + name, level);
  for (const auto& [name, level] : groups_) rules.emplace_back(std::string(kGroup) + name, level);
  for (const auto& [id, level] : ids_)
    rules.emplace_back(std::string(kId) + idText(flow::ElementId(id)), level);
  std::sort(rules.begin(), rules.end());
  rules.emplace(rules.begin(), kRoot, root_);
  return rules;
}

}  // namespace millrace::server
