// SPDX-License-Identifier: Apache-2.0
#pragma once
// The log of `millrace run`: that of a server, where its options ask for one. Without them
// bulletins alone go to standard error, as a command's complaints do. Threads: functions of the
// caller.

#include "server/server_log.h"

#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace millrace::server {

struct RunLogArguments {
  std::string format = "text";
  std::string standardError = "off";
  std::string file;
  std::string fileSize = "10 MB";
  std::string files = "10";
  std::vector<std::string> levels;
  bool isShaped = false;  ///< something is said about a log, whether or not there is one
};

/// `arguments` outlive the parsing.
void addRunLogOptions(CLI::App& command, RunLogArguments& arguments);

/// Null: none is asked for. Errors are a user's and name the option.
Result<std::unique_ptr<ServerLog>> openRunLog(FileSystem& files, const RunLogArguments& arguments);

}  // namespace millrace::server
