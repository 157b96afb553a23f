// SPDX-License-Identifier: Apache-2.0
#pragma once
// LogLine: one thing that is said, and how it is written: as text for people, or as a JSON object a
// line for programs (FORMAT.md). Threads: a plain value, pure functions.

#include "engine/base/clock.h"
#include "server/logging/log_levels.h"

#include <string>

namespace millrace::server {

enum class LogFormat : std::uint8_t { kText, kJson };

struct LogLine {
  Millis at = 0;
  LogLevel level = LogLevel::kInfo;
  std::string area;
  std::uint64_t component = 0;  ///< 0: none
  std::string type;
  std::string path;  ///< of a component or service
  std::string message;
  std::string flowFile;  ///< uuid; empty: about none
};

/// With the end of the line. What is no text in UTF-8 is replaced; nothing that is said can look
/// like a line of its own.
std::string lineText(const LogLine& line, LogFormat format);

/// The group of a path and the name in it, without the backslashes of the name.
std::pair<std::string, std::string> groupAndName(const std::string& path);

}  // namespace millrace::server
