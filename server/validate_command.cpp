// SPDX-License-Identifier: Apache-2.0
// millrace validate FLOW…: whether flow files could start, with every finding.
#include "engine/base/posix_file_system.h"
#include "engine/flow/parameters.h"
#include "host/flow_check.h"
#include "server/command.h"
#include "server/flow_secrets.h"
#include "server/secrets/secret_sources.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iostream>

namespace millrace::server {
namespace {

struct ValidateArguments {
  std::vector<std::string> flows;
  bool strict = false;
  bool json = false;
};

std::string asJson(const flow::Finding& finding, const std::string& file) {
  return nlohmann::json{
      {"file", file},
      {"line", finding.at.line},
      {"column", finding.at.column},
      {"severity", finding.severity == flow::Severity::kError ? "error" : "warning"},
      {"component", finding.component},
      {"property", finding.property},
      {"message", finding.message},
      {"advice", finding.advice}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string counted(std::size_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

/// True when the flow could start.
bool validateOne(FileSystem& files, const std::string& path, const ValidateArguments& arguments) {
  auto checked = host::checkFlowFile(files, path, {});
  if (!checked.ok()) {
    if (arguments.json) {
      flow::Finding unreadable;
      unreadable.message = checked.error().message;
      std::cout << asJson(unreadable, path) << '\n';
    } else {
      complain(checked.error().message);
    }
    return false;
  }
  for (const std::string& name : flow::referencedSecrets(checked->flow)) {
    if (environmentVariable(secretVariable(name))) continue;
    checked->findings.push_back(
        {flow::Severity::kWarning,
         {},
         {},
         {},
         fmt::format("the sensitive parameter '{}' needs a value where the flow runs", name),
         fmt::format("set {}, or give --secrets FILE to 'run' or 'server'", secretVariable(name))});
  }
  std::size_t errors = 0;
  for (flow::Finding& finding : checked->findings) {
    if (arguments.strict) finding.severity = flow::Severity::kError;
    if (finding.severity == flow::Severity::kError) ++errors;
    if (arguments.json) {
      std::cout << asJson(finding, path) << '\n';
    } else {
      std::cerr << flow::describe(finding, path) << '\n';
    }
  }
  if (!arguments.json) {
    const std::size_t warnings = checked->findings.size() - errors;
    std::cout << fmt::format("{}: {}, {}, {}\n", path, errors == 0 ? "can start" : "cannot start",
                             counted(errors, "error"), counted(warnings, "warning"));
  }
  return errors == 0;
}

ExitCode validate(const ValidateArguments& arguments) {
  const auto files = makePosixFileSystem();
  bool good = true;
  for (const std::string& path : arguments.flows) good &= validateOne(*files, path, arguments);
  return good ? ExitCode::kDone : ExitCode::kBadInput;
}

}  // namespace

void addValidateCommand(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "validate", "say whether flow files could start; lists every problem with its place");
  auto arguments = std::make_shared<ValidateArguments>();
  command->add_option("FLOW", arguments->flows, "flow files (YAML)")->required();
  command->add_flag("--strict", arguments->strict, "take warnings for errors");
  command->add_flag("--json", arguments->json, "findings as JSON on stdout, one object a line");
  command->callback(
      [arguments, &action] { action = [arguments] { return validate(*arguments); }; });
}

}  // namespace millrace::server
