// SPDX-License-Identifier: Apache-2.0
#include "server/console_text.h"

#include <algorithm>
#include <iostream>

namespace millrace::server {

void printTable(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::cout << row[i];
      if (i + 1 < row.size()) std::cout << std::string(widths[i] - row[i].size() + 2, ' ');
    }
    std::cout << '\n';
  }
}

void printJsonLine(const nlohmann::ordered_json& line) {
  std::cout << line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
}

ExitCode exitCodeOf(const Result<>& done) {
  if (done.ok()) return ExitCode::kDone;
  complain(done.error().message);
  return done.error().fault == Fault::kUser ? ExitCode::kBadInput : ExitCode::kFailed;
}

}  // namespace millrace::server
