// SPDX-License-Identifier: Apache-2.0
// millrace flow: looks at and changes the flow of a server that runs, over its interface.
#include "engine/base/posix_file_system.h"
#include "server/command.h"
#include "server/secrets/terminal_prompt.h"
#include "server/server_caller.h"
#include "server/server_options.h"

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <iterator>
#include <map>

namespace millrace::server {
namespace {

using Json = nlohmann::ordered_json;

struct FlowArguments {
  std::string server = "http://127.0.0.1:8080";
  std::string trust;
  std::string verb;
  std::string file;
  std::vector<std::string> names;
  std::string filter;
  std::uint64_t limit = 100;
  bool json = false;
};

struct Part {
  std::string id;
  std::string path;
  bool isConnection = false;
};

std::string escaped(const std::string& name) {
  std::string result;
  for (const char c : name) result += c == '/' ? "\\/" : std::string(1, c);
  return result;
}

/// Everything in a flow by its path of names; connections as FROM -> TO.
void collect(const Json& group, const std::string& path, std::vector<Part>& parts) {
  for (const char* list : {"services", "inputs", "outputs", "funnels", "processors", "groups"}) {
    for (const Json& each : group.value(list, Json::array())) {
      const std::string inner = path + escaped(each.value("name", ""));
      parts.push_back({each.value("id", ""), inner, false});
      if (std::string_view(list) == "groups") collect(each, inner + "/", parts);
    }
  }
  for (const Json& each : group.value("connections", Json::array()))
    parts.push_back({each.value("id", ""),
                     path + each.value("from", "") + " -> " + path + each.value("to", ""), true});
}

Result<std::vector<Part>> partsOf(const ServerCaller& caller) {
  const Json read = MR_TRY(caller.get("/api/v1/flow"));
  std::vector<Part> parts;
  collect(read.value("flow", Json::object()), "", parts);
  return parts;
}

Result<std::string> idOfName(const std::vector<Part>& parts, const std::string& name) {
  for (const Part& part : parts) {
    if (part.path == name || part.id == name) return part.id;
  }
  return Error::user(
      fmt::format("there is no '{}' in the flow; 'millrace flow status' lists it all", name));
}

void print(const Json& json) {
  std::cout << json.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
}

Result<> put(const ServerCaller& caller, const FlowArguments& arguments) {
  const auto files = makePosixFileSystem();
  std::string text = arguments.file == "-"
                         ? std::string(std::istreambuf_iterator<char>(std::cin), {})
                         : MR_TRY(files->readAll(arguments.file));
  const Json answer =
      Json::parse(MR_TRY(caller.call(HttpMethod::kPut, "/api/v1/flow?who=millrace+flow",
                                     std::move(text), {{"Content-Type", "application/yaml"}})),
                  nullptr, false);
  if (arguments.json) {
    print(answer);
    return Done{};
  }
  std::cout << "revision " << answer.value("revision", 0) << '\n';
  for (const Json& finding : answer.value("findings", Json::array()))
    std::cerr << fmt::format("{}: {}: {}\n", finding.value("severity", ""),
                             finding.value("component", ""), finding.value("message", ""));
  return Done{};
}

Result<> act(const ServerCaller& caller, const FlowArguments& arguments) {
  const auto parts = MR_TRY(partsOf(caller));
  Json body;
  body["action"] = arguments.verb;
  body["who"] = "millrace flow";
  body["ids"] = Json::array();
  for (const std::string& name : arguments.names)
    body["ids"].push_back(MR_TRY(idOfName(parts, name)));
  if (arguments.names.empty()) body["ids"].push_back("00000000-0000-0000-0000-000000000000");
  const Json answer = Json::parse(
      MR_TRY(caller.call(HttpMethod::kPost, "/api/v1/actions", body.dump())), nullptr, false);
  if (arguments.json) print(answer);
  std::string failed;
  for (const Json& each : answer.value("failed", Json::array()))
    failed += (failed.empty() ? "" : "\n") + each.value("message", "");
  if (!failed.empty()) return Error::environment(failed);
  return Done{};
}

Result<> status(const ServerCaller& caller, const FlowArguments& arguments) {
  const auto parts = MR_TRY(partsOf(caller));
  std::map<std::string, std::string> paths;
  for (const Part& part : parts) paths[part.id] = part.path;
  const Json all = MR_TRY(caller.get("/api/v1/status"));
  for (const char* list : {"components", "connections"}) {
    for (Json each : all.value(list, Json::array())) {
      const std::string path = paths[each.value("id", "")];
      if (arguments.json) {
        each["path"] = path;
        print(each);
      } else if (each.contains("count")) {
        std::cout << fmt::format("{:>10} queued  {:>14} B  {}\n", each.value("count", 0ULL),
                                 each.value("bytes", 0ULL), path);
      } else {
        std::cout << fmt::format("{:<9} in {:>10}  out {:>10}  {}\n", each.value("state", ""),
                                 each.value("in", 0ULL), each.value("out", 0ULL), path);
      }
    }
  }
  return Done{};
}

Result<> bulletins(const ServerCaller& caller, const FlowArguments& arguments) {
  const Json all = MR_TRY(caller.get("/api/v1/bulletins"));
  for (const Json& each : all.value("bulletins", Json::array())) {
    if (arguments.json) {
      print(each);
    } else {
      std::cout << fmt::format("{} {}: {}\n", each.value("level", ""), each.value("name", ""),
                               each.value("message", ""));
    }
  }
  return Done{};
}

Result<> queue(const ServerCaller& caller, const FlowArguments& arguments) {
  const auto parts = MR_TRY(partsOf(caller));
  const std::string id = MR_TRY(idOfName(parts, arguments.names.front()));
  constexpr std::uint64_t kAtOnce = 1000;
  std::string after;
  for (std::uint64_t left = arguments.limit; left > 0;) {
    const Json page = MR_TRY(
        caller.get(fmt::format("/api/v1/connections/{}/queue?limit={}&filter={}{}", id,
                               std::min(left, kAtOnce), percentEncoded(arguments.filter), after)));
    for (const Json& each : page.value("flowfiles", Json::array())) {
      --left;
      if (arguments.json) {
        print(each);
      } else {
        std::cout << fmt::format("{}  {:>12} B  {}\n", each.value("uuid", ""),
                                 each.value("size", 0ULL), each.value("filename", ""));
      }
    }
    if (!page.contains("next") || !page["next"].is_string()) break;
    after = "&after=" + page["next"].get<std::string>();
  }
  return Done{};
}

Result<> empty(const ServerCaller& caller, const FlowArguments& arguments) {
  const auto parts = MR_TRY(partsOf(caller));
  std::string target =
      fmt::format("/api/v1/connections/{}/empty", MR_TRY(idOfName(parts, arguments.names.front())));
  if (!arguments.filter.empty()) target += "?filter=" + percentEncoded(arguments.filter);
  const Json done = MR_TRY(caller.json(HttpMethod::kPost, target));
  if (arguments.json) {
    print(done);
    return Done{};
  }
  std::cout << fmt::format("{} dropped, {} B\n", done.value("dropped", 0ULL),
                           done.value("bytes", 0ULL));
  if (done.contains("notJudged")) {
    std::cerr << fmt::format("{} could not be judged and were left: {}\n",
                             done["notJudged"].value("count", 0ULL),
                             done["notJudged"].value("why", ""));
  }
  return Done{};
}

/// A secret from whoever sits at the terminal, or all of stdin but the newline at its end.
Result<std::string> readSecret(const std::string& name) {
  if (::isatty(STDIN_FILENO) == 0) {
    std::string text(std::istreambuf_iterator<char>(std::cin), {});
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    return text;
  }
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0) return Error::environment("there is no terminal to ask at", false);
  auto answer =
      askAtTerminal(terminal, fmt::format("value of the sensitive parameter '{}': ", name));
  ::close(terminal);
  return answer;
}

Result<> secret(const ServerCaller& caller, const FlowArguments& arguments) {
  const std::string& name = arguments.names.front();
  const std::string target = "/api/v1/secrets/" + percentEncoded(name);
  std::string answer;
  if (arguments.verb == "set-secret") {
    Json body;
    const std::string value = MR_TRY(readSecret(name));
    body["value"] = value;
    std::string text = body.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (Json::parse(text).at("value").get<std::string>() != value)
      return Error::user(fmt::format("the value of '{}' is no text in UTF-8", name));
    answer = MR_TRY(caller.call(HttpMethod::kPut, target, std::move(text)));
  } else if (arguments.verb == "unset-secret") {
    answer = MR_TRY(caller.call(HttpMethod::kDelete, target));
  } else {
    answer = MR_TRY(caller.call(HttpMethod::kPost, target + "/undo"));
  }
  if (arguments.json) std::cout << answer << '\n';
  return Done{};
}

Result<> secrets(const ServerCaller& caller, const FlowArguments& arguments) {
  const Json all = MR_TRY(caller.get("/api/v1/secrets"));
  for (const Json& each : all.value("secrets", Json::array())) {
    if (arguments.json) {
      print(each);
      continue;
    }
    std::string says = each.value("set", false) ? "set" : "not set";
    if (const std::string by = each.value("givenBy", ""); !by.empty()) says += " by " + by;
    if (!each.value("used", false)) says += ", not used";
    std::cout << fmt::format("{}: {}\n", each.value("name", ""), says);
  }
  return Done{};
}

Result<> perform(const FlowArguments& arguments) {
  ServerAddress address = MR_TRY(ServerAddress::parse(arguments.server));
  address.trust = arguments.trust;
  const ServerCaller caller(std::move(address));
  if (arguments.verb == "get") {
    std::cout << MR_TRY(
        caller.call(HttpMethod::kGet, "/api/v1/flow", {}, {{"Accept", "application/yaml"}}));
    return Done{};
  }
  if (arguments.verb == "put") return put(caller, arguments);
  if (arguments.verb == "status") return status(caller, arguments);
  if (arguments.verb == "bulletins") return bulletins(caller, arguments);
  if (arguments.verb == "queue") return queue(caller, arguments);
  if (arguments.verb == "empty") return empty(caller, arguments);
  if (arguments.verb == "secrets") return secrets(caller, arguments);
  if (arguments.verb.ends_with("-secret")) return secret(caller, arguments);
  return act(caller, arguments);
}

ExitCode runFlow(const FlowArguments& arguments) {
  const auto done = perform(arguments);
  if (done.ok()) return ExitCode::kDone;
  complain(done.error().message);
  return done.error().fault == Fault::kUser ? ExitCode::kBadInput : ExitCode::kFailed;
}

}  // namespace

void addFlowCommand(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("flow", "look at and change the flow of a server that runs");
  command->require_subcommand(1);
  command->footer(
      "A server with users asks for a token: the variable MILLRACE_TOKEN holds it, as POST\n"
      "/api/v1/login gave it.");
  auto arguments = std::make_shared<FlowArguments>();
  const auto add = [&](const char* verb, const char* what) {
    auto* sub = command->add_subcommand(verb, what);
    addServerOptions(*sub, arguments->server, arguments->trust);
    sub->callback([arguments, verb = std::string(verb), &action] {
      arguments->verb = verb;
      action = [arguments] { return runFlow(*arguments); };
    });
    return sub;
  };
  const auto json = [&](CLI::App* sub) {
    sub->add_flag("--json", arguments->json, "as JSON, one object a line");
    return sub;
  };
  add("get", "print the flow file");
  json(add("put", "replace the flow"))
      ->add_option("FILE", arguments->file, "the flow file; - is stdin")
      ->required();
  const char* const kWhat = "paths of names, as Group/Name; none: the whole flow";
  json(add("start", "start components"))->add_option("NAME", arguments->names, kWhat);
  json(add("stop", "stop components"))->add_option("NAME", arguments->names, kWhat);
  json(add("status", "what every component does, and what waits in every connection"));
  json(add("bulletins", "what components complain of"));
  const auto addQueue = [&](const char* verb, const char* what) {
    auto* sub = json(add(verb, what));
    sub->add_option("CONNECTION", arguments->names, "FROM -> TO, or its id")
        ->required()
        ->expected(1);
    sub->add_option("--filter", arguments->filter,
                    "an expression that is true for those that are wanted: '${fileSize:gt(1000)}'");
    return sub;
  };
  addQueue("queue", "what waits in a connection")
      ->add_option("--limit", arguments->limit, "at most so many")
      ->capture_default_str();
  addQueue("empty", "drop what waits in a connection, or what a filter wants of it");
  json(add("secrets", "the sensitive parameters, and which of them have a value"));
  const auto addSecret = [&](const char* verb, const char* what) {
    json(add(verb, what))
        ->add_option("PARAMETER", arguments->names, "name of the sensitive parameter")
        ->required()
        ->expected(1);
  };
  addSecret(
      "set-secret",
      "give a sensitive parameter its value: asked for at the terminal, else read from stdin");
  addSecret("unset-secret", "take the value of a sensitive parameter away");
  addSecret("undo-secret", "back to the value before the latest change");
}

}  // namespace millrace::server
