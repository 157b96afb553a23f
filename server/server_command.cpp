// SPDX-License-Identifier: Apache-2.0
// millrace server [FLOW]: runs a flow and serves the log until SIGTERM.
#include "engine/base/posix_file_system.h"
#include "engine/base/units.h"
#include "server/command.h"
#include "server/flow_check.h"
#include "server/flow_host.h"
#include "server/flow_secrets.h"
#include "server/forced_end.h"
#include "server/log_host.h"
#include "server/run_report.h"
#include "server/stop_signals.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iostream>
#include <optional>

namespace millrace::server {
namespace {

struct ServerArguments {
  std::string flow;
  std::string data = "./millrace-data";
  std::string kafka = "127.0.0.1:9092";
  std::string advertise;
  std::string secrets;
  std::string drain = "10s";
};

struct ServerPlan {
  std::string flow;
  std::string data;
  Nanos drain = 0;
  std::optional<log::BrokerOptions> kafka;  ///< none: off
};

bool isLoopback(const std::string& host) {
  return host == "::1" || host == "localhost" || host.starts_with("127.");
}

Result<log::BrokerOptions> brokerOptions(const ServerArguments& arguments) {
  log::BrokerOptions options;
  auto listen = log::parseHostAndPort(arguments.kafka);
  if (!listen.ok()) return Error::user("--kafka: " + listen.error().message);
  if (listen->host == "localhost") listen->host = "127.0.0.1";
  if (!isLoopback(listen->host)) {
    return Error::user(
        fmt::format("--kafka {}: nobody is asked for a password yet, so only this machine is "
                    "served; use 127.0.0.1",
                    arguments.kafka));
  }
  options.host = listen->host;
  options.port = listen->port;
  if (arguments.advertise.empty()) return options;
  const auto advertise = log::parseHostAndPort(arguments.advertise);
  if (!advertise.ok()) return Error::user("--kafka-advertise: " + advertise.error().message);
  options.advertisedHost = advertise->host;
  options.advertisedPort = advertise->port;
  return options;
}

Result<ServerPlan> planOf(const ServerArguments& arguments) {
  ServerPlan plan;
  plan.data = arguments.data;
  plan.flow = arguments.flow;
  const auto drain = parseDuration(arguments.drain);
  if (!drain.ok()) return Error::user("--drain: " + drain.error().message);
  plan.drain = *drain;
  if (arguments.kafka != "off") plan.kafka = MR_TRY(brokerOptions(arguments));
  if (arguments.kafka == "off" && !arguments.advertise.empty())
    return Error::user("--kafka-advertise has no meaning with --kafka off, leave one out");
  return plan;
}

/// The flow of a data directory that has none yet: empty.
Result<std::string> ownFlow(FileSystem& files, const std::string& data) {
  MR_TRY(files.createDirectories(data));
  std::string path = data + "/flow.yaml";
  if (!files.exists(path)) MR_TRY(files.replaceAll(path, "millrace: 1\nname: flow\n"));
  return path;
}

void sayReady(const ServerPlan& plan, const LogHost* log) {
  nlohmann::ordered_json line;
  line["ready"] = true;
  line["http"] = nullptr;
  line["kafka"] =
      log == nullptr ? nlohmann::ordered_json() : nlohmann::ordered_json(log->address());
  line["data"] = plan.data;
  std::cout << line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
            << std::endl;
}

ExitCode exitCodeOf(const Error& error) {
  return error.fault == Fault::kUser ? ExitCode::kBadInput : ExitCode::kFailed;
}

/// Serves until a signal comes or the disk fails.
ExitCode serve(FlowHost& host, LogHost* log, const ServerPlan& plan, StopSignals& signals) {
  constexpr Nanos kLook = 500 * kMillisecond;  // how soon a failure ends the server
  bool failed = false;
  const auto note = [&failed](const Result<>& result) {
    if (result.ok()) return;
    complain(result.error().message);
    failed = true;
  };
  note(host.start());
  if (log != nullptr && !failed) log->start();
  if (!failed) sayReady(plan, log);
  while (!failed && !host.failed()) {
    if (signals.wait(kLook)) break;
  }
  if (log != nullptr) log->stopServing(plan.drain);
  note(host.stop());
  if (log != nullptr && !host.failed()) note(log->close());
  if (complainOfTerminated(host)) failed = true;
  if (!host.controller().hanging().empty()) endAtOnce(ExitCode::kFailed);
  return failed || host.failed() ? ExitCode::kFailed : ExitCode::kDone;
}

ExitCode runServer(const ServerArguments& arguments) {
  StopSignals signals;  // before any thread exists
  const auto refuse = [](const Error& error) {
    complain(error.message);
    return exitCodeOf(error);
  };
  auto plan = planOf(arguments);
  if (!plan.ok()) return refuse(plan.error());
  const auto files = makePosixFileSystem();
  if (plan->flow.empty()) {
    auto own = ownFlow(*files, plan->data);
    if (!own.ok()) return refuse(own.error());
    plan->flow = *own;
  }
  HostOptions options;
  options.data = plan->data;
  options.stopPatience = plan->drain;
  options.onBulletin = [](const engine::Bulletin& bulletin) {
    const std::string line = describeBulletin(bulletin, false);
    std::cerr << line << '\n';
  };
  const auto checked = checkFlowFile(*files, plan->flow, options.parameters);
  if (!checked.ok()) {
    complain(checked.error().message);
    return ExitCode::kBadInput;
  }
  for (const flow::Finding& finding : checked->findings)
    std::cerr << flow::describe(finding, plan->flow) << '\n';
  if (!checked->ok()) return ExitCode::kBadInput;
  const auto secrets =
      FlowSecrets::gather(*files, checked->flow, {arguments.secrets, plan->data}, {});
  if (!secrets.ok()) return refuse(secrets.error());
  for (const std::string& note : secrets->notes()) complain(note);
  options.parameters.secrets = secrets->values();
  auto host = FlowHost::open(checked->flow, std::move(options));
  if (!host.ok()) return refuse(host.error());
  if (const auto kept = secrets->keep(*files); !kept.ok()) return refuse(kept.error());
  for (const std::string& parked : (*host)->parked())
    complain(
        fmt::format("{} wait in a connection that the flow does not have; they are kept", parked));
  std::unique_ptr<LogHost> log;
  if (plan->kafka.has_value()) {
    LogHostOptions logOptions;
    logOptions.data = plan->data;
    logOptions.broker = *plan->kafka;
    logOptions.onNotice = [](const std::string& text) { complain("kafka: " + text); };
    auto opened = LogHost::open((*host)->store(), std::move(logOptions));
    if (!opened.ok()) return refuse(opened.error());
    log = std::move(opened).value();
  }
  return serve(**host, log.get(), *plan, signals);
}

}  // namespace

void addServerCommand(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "server", "run a flow for good, and the log, which Kafka's clients can use");
  auto arguments = std::make_shared<ServerArguments>();
  command->add_option("FLOW", arguments->flow,
                      "the flow file (YAML); default: flow.yaml in the data directory, made empty");
  command->add_option("--data", arguments->data, "data directory: queues, state and the log")
      ->capture_default_str();
  command
      ->add_option("--kafka", arguments->kafka,
                   "ADDR:PORT where Kafka's clients are served, port 0: a free one; or off")
      ->capture_default_str();
  command->add_option("--kafka-advertise", arguments->advertise,
                      "HOST:PORT that clients are told to connect to; default: that of --kafka");
  command->add_option("--secrets", arguments->secrets,
                      "file of NAME=VALUE lines: values of sensitive parameters; else they come "
                      "from MILLRACE_PARAM_NAME, the data directory, or are asked for");
  command
      ->add_option("--drain", arguments->drain,
                   "how long what is under way may take when the server is stopped")
      ->capture_default_str();
  command->callback(
      [arguments, &action] { action = [arguments] { return runServer(*arguments); }; });
}

}  // namespace millrace::server
