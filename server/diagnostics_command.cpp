// SPDX-License-Identifier: Apache-2.0
// millrace diagnostics: how a server that runs is.
#include "server/command.h"
#include "server/console_text.h"
#include "server/server_caller.h"
#include "server/server_options.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iostream>

namespace millrace::server {
namespace {

using Json = nlohmann::ordered_json;

struct DiagnosticsArguments {
  std::string server = "http://127.0.0.1:8080";
  std::string trust;
  bool json = false;
};

/// Every figure on a line of its own, by its way through the objects.
void flatten(const Json& json, const std::string& way,
             std::vector<std::vector<std::string>>& rows) {
  const auto inner = [&](const std::string& name) { return way.empty() ? name : way + "." + name; };
  if (json.is_object()) {
    for (const auto& [name, value] : json.items()) flatten(value, inner(name), rows);
    return;
  }
  if (json.is_array()) {
    for (const Json& each : json) {
      if (!each.is_object() || !each.contains("name")) {
        rows.push_back({way, each.is_string() ? each.get<std::string>() : each.dump()});
        continue;
      }
      for (const auto& [name, value] : each.items()) {
        if (name != "name")
          flatten(value, inner(each["name"].get<std::string>()) + "." + name, rows);
      }
    }
    return;
  }
  rows.push_back({way, json.is_string() ? json.get<std::string>() : json.dump()});
}

Result<> perform(const DiagnosticsArguments& arguments) {
  ServerAddress address = MR_TRY(ServerAddress::parse(arguments.server));
  address.trust = arguments.trust;
  const Json found = MR_TRY(ServerCaller(std::move(address)).get("/api/v1/diagnostics"));
  if (arguments.json) {
    printJsonLine(found);
    return Done{};
  }
  std::vector<std::vector<std::string>> rows;
  flatten(found, "", rows);
  printTable(rows);
  return Done{};
}

}  // namespace

void addDiagnosticsCommand(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("diagnostics",
                                     "how a server is: version, memory, files, disk, journal, flow "
                                     "and log, for whoever is to help");
  auto arguments = std::make_shared<DiagnosticsArguments>();
  addServerOptions(*command, arguments->server, arguments->trust);
  command->add_flag("--json", arguments->json, "as one object in a line");
  command->footer("A server with users asks for a token, in the variable MILLRACE_TOKEN.");
  command->callback(
      [arguments, &action] { action = [arguments] { return exitCodeOf(perform(*arguments)); }; });
}

}  // namespace millrace::server
