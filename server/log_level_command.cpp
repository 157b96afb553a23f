// SPDX-License-Identifier: Apache-2.0
// millrace log-level [SCOPE=LEVEL…]: what a server that runs writes into its log, and from now on.
#include "server/command.h"
#include "server/console_text.h"
#include "server/server_caller.h"
#include "server/server_options.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace millrace::server {
namespace {

using Json = nlohmann::ordered_json;

struct LogLevelArguments {
  std::vector<std::string> levels;
  std::string server = "http://127.0.0.1:8080";
  std::string trust;
  bool json = false;
};

/// The body of the request, of SCOPE=LEVEL, LEVEL or SCOPE=default; what a level is the server
/// knows.
Json changesOf(const std::vector<std::string>& levels) {
  Json changes = Json::object();
  for (const std::string& each : levels) {
    const std::size_t sign = each.rfind('=');
    const std::string scope = sign == std::string::npos ? "root" : each.substr(0, sign);
    const std::string level = sign == std::string::npos ? each : each.substr(sign + 1);
    changes[scope] = level == "default" ? Json() : Json(level);
  }
  return {{"levels", changes}};
}

Result<> perform(const LogLevelArguments& arguments) {
  ServerAddress address = MR_TRY(ServerAddress::parse(arguments.server));
  address.trust = arguments.trust;
  const ServerCaller caller(std::move(address));
  const Json found = arguments.levels.empty()
                         ? MR_TRY(caller.get("/api/v1/logging"))
                         : MR_TRY(caller.json(HttpMethod::kPut, "/api/v1/logging/levels",
                                              changesOf(arguments.levels).dump()));
  if (arguments.json) {
    printJsonLine(found);
    return Done{};
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& [scope, level] : found.at("levels").items())
    rows.push_back({scope, level.get<std::string>()});
  printTable(rows);
  return Done{};
}

}  // namespace

void addLogLevelCommand(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "log-level", "from which level on a server that runs writes its log; says or changes it");
  auto arguments = std::make_shared<LogLevelArguments>();
  command->add_option("CHANGES", arguments->levels,
                      "LEVEL for all, or SCOPE=LEVEL each: scopes are areas (server, flow, "
                      "components, engine, http, site-to-site, kafka, agents), type:TYPE, "
                      "group:PATH and id:ID; levels debug, info, warn, error, off, and default for "
                      "that of what is around it");
  addServerOptions(*command, arguments->server, arguments->trust);
  command->add_flag("--json", arguments->json, "all about the log, as one object in a line");
  command->footer(
      "The levels hold until the server ends; log-levels in its configuration file are for good.\n"
      "A server with users asks for an administrator's token, in the variable MILLRACE_TOKEN.");
  command->callback(
      [arguments, &action] { action = [arguments] { return exitCodeOf(perform(*arguments)); }; });
}

}  // namespace millrace::server
