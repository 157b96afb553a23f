// SPDX-License-Identifier: Apache-2.0
// millrace users: who may use a server that runs, for its administrators.
#include "engine/base/posix_file_system.h"
#include "engine/flow/paths.h"
#include "server/command.h"
#include "server/console_text.h"
#include "server/flow_store/flow_json.h"
#include "server/server_caller.h"
#include "server/server_options.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>

namespace millrace::server {
namespace {

constexpr const char* kUsers = "/api/v1/users";

struct UsersArguments {
  std::string server = "http://127.0.0.1:8080";
  std::string trust;
  std::string verb;
  std::string name;
  std::string role;
  std::vector<std::string> groups;
  bool noGroups = false;
  std::string certificate;
  std::string passwordFile;
  bool json = false;
};

void print(const Json& json) { std::cout << jsonText(json) << '\n'; }

std::string textIn(const Json& json, const char* key) { return json.value(key, std::string()); }

/// The ids of the groups inside, by their paths.
void collectGroups(const Json& group, const std::string& path, Json& ids) {
  for (const Json& inner : group.value("groups", Json::array())) {
    const std::string at = flow::joinPath(path, textIn(inner, "name"));
    ids[at] = textIn(inner, "id");
    collectGroups(inner, at, ids);
  }
}

/// GROUP=ROLE each, a group by its id or its path.
Result<Json> groupsOf(const ServerCaller& caller, const UsersArguments& arguments) {
  Json granted = Json::object();
  Json ids;
  for (const std::string& each : arguments.groups) {
    const std::size_t sign = each.rfind('=');
    if (sign == std::string::npos)
      return Error::user(fmt::format("--group {}: say GROUP=ROLE", each));
    std::string group = each.substr(0, sign);
    if (!idOf(group)) {
      if (ids.is_null()) {
        ids = Json::object();
        const Json whole = MR_TRY(caller.get("/api/v1/flow"));
        collectGroups(whole.value("flow", Json::object()), "", ids);
      }
      if (!ids.contains(group))
        return Error::user(fmt::format("--group {}: the flow has no group '{}'", each, group));
      group = textIn(ids, group.c_str());
    }
    granted[group] = each.substr(sign + 1);
  }
  return granted;
}

Result<Json> wishOf(const ServerCaller& caller, const UsersArguments& arguments) {
  Json wish = Json::object();
  if (!arguments.role.empty()) wish["role"] = arguments.role;
  if (arguments.noGroups || !arguments.groups.empty())
    wish["groups"] = MR_TRY(groupsOf(caller, arguments));
  if (!arguments.certificate.empty()) wish["certificate"] = arguments.certificate;
  if (!arguments.passwordFile.empty()) {
    std::string text;
    if (arguments.passwordFile == "-") {
      std::cerr << "password: " << std::flush;
      std::getline(std::cin, text);
    } else {
      text = MR_TRY(makePosixFileSystem()->readAll(arguments.passwordFile));
    }
    text.resize(std::min(text.find_first_of("\r\n"), text.size()));
    wish["password"] = text;
  }
  return wish;
}

Result<> list(const ServerCaller& caller, const UsersArguments& arguments) {
  const Json all = MR_TRY(caller.get(kUsers));
  std::vector<std::vector<std::string>> rows{{"USER", "ROLE", "GROUPS", "COMES IN BY", "TOKENS"}};
  for (const Json& each : all.value("users", Json::array())) {
    if (arguments.json) {
      print(each);
      continue;
    }
    std::string groups;
    const Json granted = each.value("groups", Json::object());
    for (const auto& [id, role] : granted.items())
      groups += (groups.empty() ? "" : ", ") + id + "=" + role.get<std::string>();
    std::string way = each.value("hasPassword", false) ? "password" : "";
    if (const std::string certificate = textIn(each, "certificate"); !certificate.empty())
      way += (way.empty() ? "" : " or ") + certificate;
    rows.push_back({textIn(each, "user"), textIn(each, "role"), groups, way,
                    std::to_string(each.value("tokens", 0ULL))});
  }
  if (!arguments.json) printTable(rows);
  return Done{};
}

Result<> perform(const UsersArguments& arguments) {
  ServerAddress address = MR_TRY(ServerAddress::parse(arguments.server));
  address.trust = arguments.trust;
  const ServerCaller caller(std::move(address));
  if (arguments.verb == "list") return list(caller, arguments);
  const std::string one = fmt::format("{}/{}", kUsers, percentEncoded(arguments.name));
  if (arguments.verb == "set") {
    const Json wish = MR_TRY(wishOf(caller, arguments));
    const Json user = MR_TRY(caller.json(HttpMethod::kPut, one, jsonText(wish)));
    if (arguments.json)
      print(user);
    else
      std::cout << fmt::format("{} has the role {}\n", arguments.name, textIn(user, "role"));
  } else if (arguments.verb == "remove") {
    MR_TRY(caller.call(HttpMethod::kDelete, one));
    std::cout << arguments.name << " may not use the server any more\n";
  } else if (arguments.verb == "token") {
    const Json made = MR_TRY(caller.json(HttpMethod::kPost, one + "/tokens"));
    if (arguments.json)
      print(made);
    else
      std::cout << textIn(made, "token") << '\n';
  } else {
    const Json ended = MR_TRY(caller.json(HttpMethod::kDelete, one + "/tokens"));
    std::cout << fmt::format("{} tokens ended\n", ended.value("ended", 0ULL));
  }
  return Done{};
}

}  // namespace

void addUsersCommand(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "users", "who may use a server that runs: list, add, change, remove, tokens");
  command->require_subcommand(1);
  command->footer(
      "For administrators: the variable MILLRACE_TOKEN holds their token, as POST /api/v1/login\n"
      "gave it. A server that does not run has millrace add-user.");
  // shared_ptr: the parser's callback and the action both have it.
  auto arguments = std::make_shared<UsersArguments>();
  const auto add = [&](const char* verb, const char* about) {
    auto* sub = command->add_subcommand(verb, about);
    addServerOptions(*sub, arguments->server, arguments->trust);
    sub->callback([arguments, verb = std::string(verb), &action] {
      arguments->verb = verb;
      action = [arguments] { return exitCodeOf(perform(*arguments)); };
    });
    if (std::string_view(verb) != "list")
      sub->add_option("NAME", arguments->name, "the user")->required();
    return sub;
  };
  const auto json = [&](CLI::App* sub) {
    sub->add_flag("--json", arguments->json, "as JSON, one object a line");
  };
  json(add("list", "who may use it, with what role"));
  auto* set = add("set", "add a user, or change one; what is not said stays as it is");
  json(set);
  set->add_option("--role", arguments->role, "none, view, operate, modify or admin");
  auto* groups =
      set->add_option("--group", arguments->groups,
                      "GROUP=ROLE: another role in a group, by its path or id, and below it; may "
                      "be given several times, and stands for all that the user had")
          ->allow_extra_args(false);
  set->add_flag("--no-groups", arguments->noGroups, "no roles in groups any more")
      ->excludes(groups);
  set->add_option("--certificate", arguments->certificate,
                  "subject of a certificate that lets the user in, as in CN=ann,O=Example");
  set->add_option("--password-file", arguments->passwordFile,
                  "file with the password in its first line; - is stdin");
  add("remove", "remove a user, whose tokens end");
  json(add("token", "print a new token of a user, once"));
  add("revoke", "end all tokens of a user");
}

}  // namespace millrace::server
