// SPDX-License-Identifier: Apache-2.0
// The program `millrace`: chooses a command and returns its exit code.
#include "server/build_info.h"
#include "server/command.h"

#include <CLI/CLI.hpp>

#include <exception>
#include <iostream>

namespace millrace::server {
void complain(std::string_view line) { std::cerr << "millrace: " << line << '\n'; }
}  // namespace millrace::server

int main(int argc, char** argv) {
  using namespace millrace::server;
  CLI::App app(
      "Millrace moves and shapes data. A flow is a YAML file: processors that do the work, and\n"
      "connections that queue what is on its way. What is queued survives a power cut.");
  app.name("millrace");
  bool json = false;
  app.add_flag("--json", json, "with --version: commit and libraries, too, as JSON");
  app.set_version_flag("--version", [&json] { return json ? versionJson() : versionText(); });
  app.require_subcommand(1);
  Action action;
  addRunCommand(app, action);
  addServerCommand(app, action);
  addUserCommand(app, action);
  addFlowCommand(app, action);
  addAgentsCommand(app, action);
  addUsersCommand(app, action);
  addValidateCommand(app, action);
  addConvertCommand(app, action);
  addDiffCommand(app, action);
  addTestCommand(app, action);
  addProcessorsCommand(app, action);
  addElCommand(app, action);
  addProvenanceCommand(app, action);
  addTopicsCommand(app, action);
  addGroupsCommand(app, action);
  addAclsCommand(app, action);
  addQuotasCommand(app, action);
  addProduceCommand(app, action);
  addConsumeCommand(app, action);
  addBackupCommand(app, action);
  addRestoreCommand(app, action);
  addDiagnosticsCommand(app, action);
  addLogLevelCommand(app, action);
  addRepoCommand(app, action);
  addRotateKeyCommand(app, action);
  app.footer(
      "First steps:\n"
      "  millrace run flows/flight-status.yaml --until-idle   run an example to its end\n"
      "  millrace run FLOW --data DIR       keep queues and state in DIR; the next run resumes\n"
      "  millrace server [FLOW] --data DIR  run it for good, with a log that Kafka's clients speak "
      "to\n"
      "  millrace validate FLOW             find mistakes before running\n"
      "  millrace convert FILE -o FLOW      make a flow file of a NiFi or MiNiFi flow\n"
      "  millrace test FILE…                run the tests of flows\n"
      "  millrace processors                what a flow can be built of\n"
      "  millrace processors ReplaceText    the properties and relationships of one type\n"
      "  millrace el '${name:toUpper()}' --attribute name=x   try an expression\n"
      "  millrace provenance search --data DIR   what happened to every FlowFile\n"
      "'millrace COMMAND --help' explains a command. Exit codes: 0 done, 1 failed while running\n"
      "(diff: different, test: not passed, repo verify: damaged), 2 bad input or usage.");
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
