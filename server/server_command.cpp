// SPDX-License-Identifier: Apache-2.0
// millrace server [FLOW]: runs a flow, serves its interface and the log, until SIGTERM.
#include "engine/base/posix_file_system.h"
#include "engine/flow/yaml_reader.h"
#include "host/flow_check.h"
#include "host/remote_access/flow_ports.h"
#include "host/remote_access/remote_server.h"
#include "server/agent_port.h"
#include "server/build_info.h"
#include "server/command.h"
#include "server/console_target.h"
#include "server/flow_host.h"
#include "server/flow_secrets.h"
#include "server/forced_end.h"
#include "server/log_host.h"
#include "server/log_use.h"
#include "server/logging/hide_values.h"
#include "server/rest_host.h"
#include "server/server_log.h"
#include "server/server_plan.h"
#include "server/stop_signals.h"
#include "server/upkeep.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <optional>

namespace millrace::server {
namespace {

/// What runs while the server does.
struct Served {
  ServerLog& said;
  FlowHost& flow;
  LogHost* log = nullptr;
  RestHost* rest = nullptr;
  host::RemoteServer* remote = nullptr;
  AgentPort* agents = nullptr;
};

/// The flow of a data directory that has none yet: empty.
Result<std::string> ownFlow(FileSystem& files, const std::string& data) {
  MR_TRY(files.createDirectories(data));
  std::string path = data + "/flow.yaml";
  if (!files.exists(path)) MR_TRY(files.replaceAll(path, "millrace: 1\nname: flow\n"));
  return path;
}

void sayReady(const ServerPlan& plan, const Served& served) {
  nlohmann::ordered_json line;
  line["ready"] = true;
  line["http"] = nullptr;
  line["kafka"] = nullptr;
  if (served.rest != nullptr) line["http"] = served.rest->address();
  if (served.log != nullptr && plan.kafka.has_value()) line["kafka"] = served.log->address();
  if (served.remote != nullptr)
    line["s2s"] = fmt::format("{}:{}", plan.siteToSite->at.host, served.remote->port());
  if (served.agents != nullptr) line["c2"] = served.agents->address();
  line["data"] = plan.data;
  std::cout << line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
            << std::endl;
}

ExitCode exitCodeOf(const Error& error) {
  return error.fault == Fault::kUser ? ExitCode::kBadInput : ExitCode::kFailed;
}

/// A bulletin, and in the log a line of that area.
void raiseOf(FlowHost& host, BulletinLevel level, std::string_view area, const std::string& text) {
  host.controller().bulletins().say({level, ComponentId(), {}, area, text, {}},
                                    BulletinLevel::kDebug);
}

/// Serves until a signal comes or the disk fails.
ExitCode serve(const Served& served, const ServerPlan& plan, StopSignals& signals) {
  constexpr Nanos kLook = 500 * kMillisecond;  // how soon a failure, or an edited file, shows
  FlowHost& host = served.flow;
  bool failed = false;
  const auto note = [&failed, &served](const Result<>& result) {
    if (result.ok()) return;
    served.said.say(LogLevel::kError, "server", result.error().message);
    failed = true;
  };
  note(host.start());
  // One component that does not start is no reason not to show it.
  if (served.rest != nullptr) failed = false;
  if (served.rest != nullptr) served.rest->start();
  if (served.agents != nullptr) served.agents->start();
  if (!failed) {
    served.said.say(LogLevel::kInfo, "server", "serves the flow of " + plan.flow);
    sayReady(plan, served);
  }
  Upkeep upkeep({*plan.tls, served.said.book(), [&host](BulletinLevel level, const auto& text) {
                   raiseOf(host, level, "server", text);
                 }});
  while (!failed && !host.failed()) {
    if (signals.wait(kLook)) break;
    upkeep.look();
    if (served.rest == nullptr) continue;
    if (const auto picked = served.rest->pickUp(); !picked.ok())
      served.said.say(LogLevel::kError, "flow", picked.error().message);
  }
  served.said.say(LogLevel::kInfo, "server", "stops");
  if (served.rest != nullptr) served.rest->stop();
  if (served.agents != nullptr) note(served.agents->stop());
  if (served.remote != nullptr) served.remote->stop();
  note(host.stop());
  const auto sayOfServer = [&served](std::string_view text) {
    served.said.say(LogLevel::kError, "server", text);
  };
  if (complainOfTerminated(host, sayOfServer)) failed = true;
  if (!host.controller().hanging().empty()) {
    served.said.stop();
    endAtOnce(ExitCode::kFailed);
  }
  return failed || host.failed() ? ExitCode::kFailed : ExitCode::kDone;
}

/// True when the file can be read as a flow, whatever is wrong with its components.
bool isFlow(FileSystem& files, const std::string& path) {
  const auto text = files.readAll(path);
  return text.ok() && flow::readFlow(*text).ok();
}

Result<std::unique_ptr<host::RemoteServer>> openRemote(FlowHost& host, const ServerPlan& plan,
                                                       host::FlowPorts& ports) {
  host::RemoteServerOptions options;
  options.listen = *plan.siteToSite;
  options.onTrouble = [&host](const std::string& text) {
    raiseOf(host, BulletinLevel::kWarn, "site-to-site", text);
  };
  return host::RemoteServer::open(host.network(), host.clock(), ports, std::move(options));
}

ExitCode runServer(const ServerArguments& arguments) {
  StopSignals signals;  // before any thread exists
  const auto files = makePosixFileSystem();
  auto plan = planOf(*files, arguments);
  if (!plan.ok()) {
    complain(plan.error().message);
    return exitCodeOf(plan.error());
  }
  ServerLog said(*files, plan->log);
  said.start();
  said.say(LogLevel::kInfo, "server",
           fmt::format("starts: Millrace {} on {}", versionText(), plan->data));
  const auto refuse = [&said](const Error& error) {
    said.fail(error.message);
    return exitCodeOf(error);
  };
  if (plan->flow.empty()) {
    auto own = ownFlow(*files, plan->data);
    if (!own.ok()) return refuse(own.error());
    plan->flow = *own;
  }
  HostOptions options;
  options.data = plan->data;
  options.stopPatience = plan->drain;
  options.archiveAge = plan->archive / kMillisecond;
  options.onRemark = [&said](const engine::Remark& remark) { said.remark(remark); };
  if (plan->http.has_value()) options.incomplete = engine::Incomplete::kKeep;
  auto checked = host::checkFlowFile(*files, plan->flow, options.parameters);
  if (!checked.ok()) {
    said.fail(checked.error().message);
    return ExitCode::kBadInput;
  }
  for (const flow::Finding& finding : checked->findings) said.finding(finding, plan->flow);
  // What cannot be read cannot be shown; what cannot run can, where there is somebody to show it.
  const auto readable = [&] { return plan->http.has_value() && isFlow(*files, plan->flow); };
  if (!checked->ok() && !readable()) return ExitCode::kBadInput;
  const auto secrets = FlowSecrets::gather(
      *files, checked->flow, {arguments.secrets, plan->data, plan->http.has_value()}, {});
  if (!secrets.ok()) return refuse(secrets.error());
  for (const std::string& note : secrets->notes()) said.say(LogLevel::kWarn, "server", note);
  options.parameters.secrets = secrets->values();
  hideValues(said.book(), secrets->values());
  // Where a flow can be edited it may come to need the log.
  if (plan->kafka.has_value() || plan->http.has_value() || usesEmbeddedLog(checked->flow)) {
    LogHostOptions log;
    log.broker = plan->kafka;
    log.settings = plan->kafkaSettings;
    log.security = plan->kafkaSecurity;
    log.onNotice = [&said](const std::string& text) { said.say(LogLevel::kWarn, "kafka", text); };
    options.log = std::move(log);
    options.logPatience = plan->drain;
  }
  auto host = FlowHost::open(checked->flow, std::move(options));
  if (!host.ok()) return refuse(host.error());
  if (const auto kept = secrets->keep(*files); !kept.ok()) return refuse(kept.error());
  for (const std::string& parked : (*host)->parked())
    said.say(
        LogLevel::kWarn, "flow",
        fmt::format("{} wait in a connection that the flow does not have; they are kept", parked));
  std::unique_ptr<AgentPort> agents;
  if (plan->c2.has_value()) {
    auto opened = AgentPort::open(*files, (*host)->clock(), plan->data, *plan->c2,
                                  [&host](const std::string& text) {
                                    raiseOf(**host, BulletinLevel::kWarn, "agents", text);
                                  });
    if (!opened.ok()) return refuse(opened.error());
    agents = std::move(opened).value();
  }
  std::unique_ptr<RestHost> rest;
  if (plan->http.has_value()) {
    RestHostOptions restOptions{plan->flow,
                                plan->data,
                                *plan->http,
                                plan->parked,
                                {secrets->values(), secrets->given()},
                                &said.book(),
                                agents == nullptr ? nullptr : &agents->registry()};
    auto opened = RestHost::open(**host, *files, std::move(restOptions));
    if (!opened.ok()) return refuse(opened.error());
    rest = std::move(opened).value();
  }
  host::FlowPorts ports((*host)->controller());
  std::unique_ptr<host::RemoteServer> remote;
  if (plan->siteToSite.has_value()) {
    auto opened = openRemote(**host, *plan, ports);
    if (!opened.ok()) return refuse(opened.error());
    remote = std::move(opened).value();
  }
  return serve({said, **host, (*host)->log(), rest.get(), remote.get(), agents.get()}, *plan,
               signals);
}

/// What the command line says; it stands above all else.
struct CommandLine {
  ServerArguments given;
  std::string config;
  std::vector<std::string> kafkaSettings;
  std::vector<std::string> logLevels;
  std::vector<std::string_view> options;  ///< which of the options were given
  bool names = false;
};

Result<ServerArguments> argumentsOf(const CommandLine& line) {
  ServerArguments arguments;
  if (!line.config.empty()) {
    const auto files = makePosixFileSystem();
    const auto text = files->readAll(line.config);
    if (!text.ok()) return Error::user(text.error().message);
    MR_TRY(readServerFile(line.config, *text, arguments));
  }
  MR_TRY(readEnvironment(processEnvironment(), arguments));
  for (const ServerOption& option : serverOptions()) {
    if (std::find(line.options.begin(), line.options.end(), option.name) != line.options.end())
      arguments.*option.text = line.given.*option.text;
  }
  if (line.names) arguments.names = line.given.names;
  for (const std::string& each : line.kafkaSettings) {
    const auto [name, value] = MR_TRY(nameAndValue(each, "--kafka-setting"));
    if (const auto set = arguments.kafkaSettings.set(name, value); !set.ok())
      return Error::user("--kafka-setting: " + set.error().message);
  }
  for (const std::string& each : line.logLevels) {
    if (const auto set = arguments.logLevels.setText(each); !set.ok())
      return Error::user("--log-level: " + set.error().message);
  }
  return arguments;
}

ExitCode runWith(const CommandLine& line) {
  const auto arguments = argumentsOf(line);
  if (arguments.ok()) return runServer(*arguments);
  complain(arguments.error().message);
  return exitCodeOf(arguments.error());
}

/// Says what a server with this file would be told.
ExitCode check(const CommandLine& line) {
  const auto arguments = argumentsOf(line);
  const auto files = makePosixFileSystem();
  const auto plan = arguments.ok() ? planOf(*files, *arguments) : arguments.error();
  if (!plan.ok()) {
    complain(plan.error().message);
    return exitCodeOf(plan.error());
  }
  for (const ServerOption& option : serverOptions()) {
    if (const std::string& value = (*arguments).*option.text; !value.empty())
      std::cout << option.name << ": " << value << '\n';
  }
  if (!arguments->names.empty())
    std::cout << fmt::format("host: [{}]\n", fmt::join(arguments->names, ", "));
  std::cout << "log-levels:\n";
  for (const auto& [scope, level] : arguments->logLevels.all())
    std::cout << "  " << scope << ": " << nameOf(level) << '\n';
  std::cout << "kafka-settings:\n";
  for (const auto& setting : arguments->kafkaSettings.texts())
    std::cout << "  " << setting.name << ": " << setting.value << '\n';
  return ExitCode::kDone;
}

void addCheckConfigCommand(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "check-config", "reads the configuration file of a server, and says what it comes to");
  auto line = std::make_shared<CommandLine>();
  command->add_option("FILE", line->config, "the file")->required();
  command->callback([line, &action] { action = [line] { return check(*line); }; });
}

}  // namespace

void addServerCommand(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("server",
                                     "run a flow for good, with an interface over HTTP and the "
                                     "log, which Kafka's clients can use");
  // shared_ptr: the parser's callback and the action both have it.
  auto line = std::make_shared<CommandLine>();
  std::vector<std::pair<std::string_view, CLI::Option*>> options;
  for (const ServerOption& option : serverOptions()) {
    const std::string name(option.name);
    options.emplace_back(option.name,
                         command
                             ->add_option(name == "flow" ? "FLOW" : "--" + name,
                                          line->given.*option.text, std::string(option.about))
                             ->capture_default_str());
  }
  auto* host = command
                   ->add_option("--host", line->given.names,
                                "name or address by which clients call the server; may be "
                                "given several times")
                   ->allow_extra_args(false);
  command->add_option("--config", line->config,
                      "file (YAML) with these options by their names without dashes; the "
                      "environment (MILLRACE_LISTEN, …) and the command line stand above it");
  command
      ->add_option(
          "--log-level", line->logLevels,
          "LEVEL, or SCOPE=LEVEL: from which level on the log is written (debug, info, warn, "
          "error, off), everywhere or by area, type:TYPE, group:PATH or id:ID; may be given "
          "several times")
      ->allow_extra_args(false);
  command
      ->add_option("--kafka-setting", line->kafkaSettings,
                   "NAME=VALUE of the broker, such as num.partitions=3; may be given several "
                   "times")
      ->allow_extra_args(false);
  command->callback([line, options, host, &action] {
    for (const auto& [name, option] : options) {
      if (option->count() > 0) line->options.push_back(name);
    }
    line->names = host->count() > 0;
    action = [line] { return runWith(*line); };
  });
  addCheckConfigCommand(app, action);
}

}  // namespace millrace::server
