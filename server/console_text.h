// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the console's commands print with: tables for people, a JSON object a line for programs.
// Threads: pure functions, but for printing.

#include "engine/base/result.h"
#include "server/command.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace millrace::server {

/// Columns as wide as they need to be, two spaces between; the first row is the head.
void printTable(const std::vector<std::vector<std::string>>& rows);
void printJsonLine(const nlohmann::ordered_json& line);
/// Complains of an Error.
ExitCode exitCodeOf(const Result<>& done);

}  // namespace millrace::server
