// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the commands of `millrace` share: exit codes and how a command is added to the command line.

#include <functional>
#include <string_view>

namespace CLI {
class App;  // CLI11; only commands read its header, which costs more than they do
}

namespace millrace::server {

enum class ExitCode : int { kDone = 0, kFailed = 1, kDifferent = 1, kBadInput = 2 };

/// What the chosen command does; set by the command's parser, run by main().
using Action = std::function<ExitCode()>;

void addRunCommand(CLI::App& app, Action& action);
void addFlowCommand(CLI::App& app, Action& action);
void addAgentsCommand(CLI::App& app, Action& action);
void addUsersCommand(CLI::App& app, Action& action);
void addServerCommand(CLI::App& app, Action& action);
void addUserCommand(CLI::App& app, Action& action);
void addValidateCommand(CLI::App& app, Action& action);
void addConvertCommand(CLI::App& app, Action& action);
void addDiffCommand(CLI::App& app, Action& action);
void addTestCommand(CLI::App& app, Action& action);
void addProcessorsCommand(CLI::App& app, Action& action);
void addElCommand(CLI::App& app, Action& action);
void addProvenanceCommand(CLI::App& app, Action& action);
void addTopicsCommand(CLI::App& app, Action& action);
void addGroupsCommand(CLI::App& app, Action& action);
void addAclsCommand(CLI::App& app, Action& action);
void addQuotasCommand(CLI::App& app, Action& action);
void addProduceCommand(CLI::App& app, Action& action);
void addConsumeCommand(CLI::App& app, Action& action);
void addBackupCommand(CLI::App& app, Action& action);
void addRestoreCommand(CLI::App& app, Action& action);
void addDiagnosticsCommand(CLI::App& app, Action& action);
void addLogLevelCommand(CLI::App& app, Action& action);
void addRepoCommand(CLI::App& app, Action& action);
void addRotateKeyCommand(CLI::App& app, Action& action);

/// One line on stderr: what, where, what to do.
void complain(std::string_view line);

}  // namespace millrace::server
