// SPDX-License-Identifier: Apache-2.0
#pragma once
// LogLevels: from which level on what somebody says is written. A rule is for a scope: `root`, an
// area of the program (logAreas()), `type:TYPE`, `group:PATH` with all that is in it, or `id:ID` of
// a component, as the interface writes ids. Of several the closest one decides: id, innermost
// group, type, area, root. Threads: a plain value.

#include "engine/base/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::server {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError, kOff };
std::string_view nameOf(LogLevel level);
std::optional<LogLevel> logLevelOf(std::string_view name);

/// The parts of the program that speak for themselves.
std::span<const std::string_view> logAreas();

/// Who says something, lent for the time of a call.
struct LogSource {
  std::string_view area;
  std::uint64_t component = 0;  ///< 0: none
  std::string_view type;
  std::string_view path;  ///< of a component or service; a `/` in a name is `\/`
};

class LogLevels {
 public:
  /// Sets a rule; an Error says what of scope or level is wrong, and what there is.
  Result<> set(std::string_view scope, std::string_view level);
  /// Takes a rule away; that of `root` becomes `info` again. An Error when there is no such scope.
  Result<> unset(std::string_view scope);
  /// As set(), of `SCOPE=LEVEL`, or of a level alone, which is root's.
  Result<> setText(std::string_view text);

  LogLevel of(const LogSource& source) const;
  /// Every rule, root first, the others by scope.
  std::vector<std::pair<std::string, LogLevel>> all() const;

 private:
  enum class Kind : std::uint8_t { kRoot, kArea, kType, kGroup, kId };
  struct Scope {
    Kind kind = Kind::kRoot;
    std::string name;  ///< what stands behind the colon
    std::uint64_t id = 0;
  };
  static Result<Scope> scopeOf(std::string_view text);

  LogLevel root_ = LogLevel::kInfo;
  std::map<std::string, LogLevel, std::less<>> areas_;
  std::map<std::string, LogLevel, std::less<>> types_;
  std::map<std::string, LogLevel, std::less<>> groups_;
  std::map<std::uint64_t, LogLevel> ids_;
};

}  // namespace millrace::server
