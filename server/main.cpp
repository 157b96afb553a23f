// SPDX-License-Identifier: Apache-2.0
// The program `millrace`: chooses a command and returns its exit code.
#include "server/command.h"

#include <exception>
#include <iostream>

namespace millrace::server {
void complain(std::string_view line) { std::cerr << "millrace: " << line << '\n'; }
}  // namespace millrace::server

int main(int argc, char** argv) {
  using namespace millrace::server;
  CLI::App app(
      "Millrace moves and shapes data: flows of processors, durable queues, one program.\n"
      "Try: millrace run flows/flight-status.yaml --until-idle");
  app.name("millrace");
  app.set_version_flag("--version", MR_VERSION);
  app.require_subcommand(1);
  Action action;
  addRunCommand(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error, std::cout, std::cerr);
    return code == 0 ? 0 : static_cast<int>(ExitCode::kBadInput);
  }
  try {
    return static_cast<int>(action());
  } catch (const std::exception& error) {
    complain(error.what());
    return static_cast<int>(ExitCode::kFailed);
  }
}
