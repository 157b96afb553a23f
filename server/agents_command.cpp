// SPDX-License-Identifier: Apache-2.0
// millrace agents: looks at the agents of a server that runs, and tells them what to do.
#include "engine/base/posix_file_system.h"
#include "server/command.h"
#include "server/console_text.h"
#include "server/server_caller.h"
#include "server/server_options.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iostream>
#include <iterator>

namespace millrace::server {
namespace {

using Json = nlohmann::ordered_json;

struct AgentsArguments {
  std::string server = "http://127.0.0.1:8080";
  std::string trust;
  std::string verb;
  std::string agent;
  std::string agentClass;
  std::string name;  ///< of what else the verb is about
  bool json = false;
};

void print(const Json& json) {
  std::cout << json.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
}

std::string textIn(const Json& json, const char* key) { return json.value(key, std::string()); }

Result<> list(const ServerCaller& caller, const AgentsArguments& arguments) {
  const Json all = MR_TRY(caller.get("/api/v1/agents"));
  std::vector<std::vector<std::string>> rows{{"AGENT", "CLASS", "KIND", "STATE", "FLOW"}};
  for (const Json& each : all.value("agents", Json::array())) {
    if (arguments.json) {
      print(each);
      continue;
    }
    std::string flow = each.contains("wanted") ? fmt::format("{} {}", each.value("wanted", 0ULL),
                                                             textIn(each, "outcome"))
                                               : "its own";
    if (const std::string why = textIn(each, "details"); !why.empty()) flow += ": " + why;
    rows.push_back({textIn(each, "id"), textIn(each, "class"), textIn(each, "kind"),
                    each.value("online", false) ? "online" : "silent", flow});
  }
  if (!arguments.json) printTable(rows);
  return Done{};
}

Result<> classes(const ServerCaller& caller, const AgentsArguments& arguments) {
  const Json all = MR_TRY(caller.get("/api/v1/agent-classes"));
  std::vector<std::vector<std::string>> rows{{"CLASS", "AGENTS", "ONLINE", "FLOW", "OUTCOMES"}};
  for (const Json& each : all.value("classes", Json::array())) {
    if (arguments.json) {
      print(each);
      continue;
    }
    std::string outcomes;
    const Json told = each.value("outcomes", Json::object());
    for (const auto& [name, count] : told.items())
      outcomes += fmt::format("{}{} {}", outcomes.empty() ? "" : ", ", count.get<int>(), name);
    rows.push_back({textIn(each, "name"), std::to_string(each.value("agents", 0ULL)),
                    std::to_string(each.value("online", 0ULL)),
                    each.contains("wanted") ? std::to_string(each.value("wanted", 0ULL)) : "none",
                    outcomes});
  }
  if (!arguments.json) printTable(rows);
  return Done{};
}

/// The address of an agent, or of a class; one of the two is given.
Result<std::string> targetOf(const AgentsArguments& arguments) {
  if (arguments.agent.empty() == arguments.agentClass.empty())
    return Error::user("give --agent NAME or --class NAME");
  return arguments.agent.empty() ? "/api/v1/agent-classes/" + percentEncoded(arguments.agentClass)
                                 : "/api/v1/agents/" + percentEncoded(arguments.agent);
}

Result<> deploy(const ServerCaller& caller, const AgentsArguments& arguments) {
  const std::string target = MR_TRY(targetOf(arguments));
  const auto files = makePosixFileSystem();
  std::string text = arguments.name == "-"
                         ? std::string(std::istreambuf_iterator<char>(std::cin), {})
                         : MR_TRY(files->readAll(arguments.name));
  const Json made = MR_TRY(caller.json(HttpMethod::kPut, target + "/flow", std::move(text)));
  if (arguments.json)
    print(made);
  else
    std::cout << "deployment " << made.value("serial", 0ULL) << '\n';
  return Done{};
}

Result<> order(const ServerCaller& caller, const AgentsArguments& arguments) {
  const std::string target = MR_TRY(targetOf(arguments));
  Json body{{"order", arguments.verb}};
  if (!arguments.name.empty())
    body[arguments.verb == "clear" ? "connection" : "component"] = arguments.name;
  const Json made = MR_TRY(caller.json(HttpMethod::kPost, target + "/orders",
                                       body.dump(-1, ' ', false, Json::error_handler_t::replace)));
  for (const Json& each : made.value("orders", Json::array())) {
    if (arguments.json)
      print(each);
    else
      std::cout << fmt::format("order {} waits for {}\n", each.value("number", 0ULL),
                               textIn(each, "agent"));
  }
  return Done{};
}

Result<> enrol(const ServerCaller& caller, const AgentsArguments& arguments) {
  const Json body{{"agent", arguments.agent}, {"class", arguments.agentClass}};
  const Json made = MR_TRY(caller.json(HttpMethod::kPost, "/api/v1/agent-enrolments",
                                       body.dump(-1, ' ', false, Json::error_handler_t::replace)));
  if (arguments.json)
    print(made);
  else
    std::cout << fmt::format("token: {}\nkey: {}\n", textIn(made, "token"), textIn(made, "key"));
  return Done{};
}

Result<> enrolments(const ServerCaller& caller, const AgentsArguments& arguments) {
  const Json all = MR_TRY(caller.get("/api/v1/agent-enrolments"));
  std::vector<std::vector<std::string>> rows{{"ENROLMENT", "AGENT", "CLASS", "BY"}};
  for (const Json& each : all.value("enrolments", Json::array())) {
    if (arguments.json) print(each);
    rows.push_back(
        {textIn(each, "id"), textIn(each, "agent"), textIn(each, "class"), textIn(each, "by")});
  }
  if (!arguments.json) printTable(rows);
  return Done{};
}

Result<> show(const ServerCaller& caller, const std::string& target) {
  print(MR_TRY(caller.get(target)));
  return Done{};
}

Result<> perform(const AgentsArguments& arguments) {
  ServerAddress address = MR_TRY(ServerAddress::parse(arguments.server));
  address.trust = arguments.trust;
  const ServerCaller caller(std::move(address));
  const std::string& verb = arguments.verb;
  const std::string agent = "/api/v1/agents/" + percentEncoded(arguments.name);
  if (verb == "list") return list(caller, arguments);
  if (verb == "classes") return classes(caller, arguments);
  if (verb == "deploy") return deploy(caller, arguments);
  if (verb == "enrol") return enrol(caller, arguments);
  if (verb == "enrolments") return enrolments(caller, arguments);
  if (verb == "show") return show(caller, agent);
  if (verb == "manifest") return show(caller, agent + "/manifest");
  if (verb == "order")
    return show(caller, fmt::format("/api/v1/agents/{}/orders/{}", percentEncoded(arguments.agent),
                                    percentEncoded(arguments.name)));
  if (verb == "forget" || verb == "withdraw") {
    MR_TRY(caller.call(
        HttpMethod::kDelete,
        verb == "forget" ? agent : "/api/v1/agent-enrolments/" + percentEncoded(arguments.name)));
    return Done{};
  }
  return order(caller, arguments);
}

ExitCode runAgents(const AgentsArguments& arguments) { return exitCodeOf(perform(arguments)); }

}  // namespace

void addAgentsCommand(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("agents", "the agents that report to a server: look, deploy, command");
  command->require_subcommand(1);
  command->footer(
      "A server with users asks for a token: the variable MILLRACE_TOKEN holds it, as POST\n"
      "/api/v1/login gave it.");
  // shared_ptr: the parser's callback and the action both have it.
  auto arguments = std::make_shared<AgentsArguments>();
  const auto add = [&](const char* verb, const char* about) {
    auto* sub = command->add_subcommand(verb, about);
    addServerOptions(*sub, arguments->server, arguments->trust);
    sub->add_flag("--json", arguments->json, "as JSON, one object a line");
    sub->callback([arguments, verb = std::string(verb), &action] {
      arguments->verb = verb;
      action = [arguments] { return runAgents(*arguments); };
    });
    return sub;
  };
  const auto named = [&](CLI::App* sub, const char* name, const char* about) {
    sub->add_option(name, arguments->name, about)->required();
    return sub;
  };
  const auto targeted = [&](CLI::App* sub) {
    sub->add_option("--agent", arguments->agent, "the name of one agent");
    sub->add_option("--class", arguments->agentClass, "all agents of a class");
    return sub;
  };
  add("list", "which agents there are, and what became of the flows for them");
  add("classes", "the same by classes");
  named(add("show", "all that one agent told, as JSON"), "AGENT", "its name");
  named(add("manifest", "what an agent can run, as JSON"), "AGENT", "its name");
  targeted(named(add("deploy", "give agents a flow to run"), "FILE", "the flow; - is stdin"));
  for (const auto& [verb, about] : {std::pair("start", "start a flow or a component"),
                                    std::pair("stop", "stop a flow or a component")}) {
    targeted(add(verb, about))
        ->add_option("COMPONENT", arguments->name, "its id; none: the whole flow");
  }
  targeted(named(add("clear", "empty a connection"), "CONNECTION", "its id"));
  targeted(add("logs", "ask for the latest lines of the log"));
  targeted(add("bulletins", "ask for the latest bulletins"));
  targeted(add("configuration", "ask for the settings"));
  named(add("order", "an order and the answer to it, as JSON"), "NUMBER", "its number")
      ->add_option("--agent", arguments->agent, "whose it is")
      ->required();
  named(add("forget", "forget an agent; it may report anew"), "AGENT", "its name");
  auto* enrolled = add("enrol", "let agents report: prints a token for them, once");
  targeted(enrolled);
  add("enrolments", "who may report");
  named(add("withdraw", "let whoever shows a token report no more"), "ENROLMENT", "its id");
}

}  // namespace millrace::server
