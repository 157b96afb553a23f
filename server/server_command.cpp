// SPDX-License-Identifier: Apache-2.0
// millrace server [FLOW]: runs a flow, serves its interface and the log, until SIGTERM.
#include "host/flow_check.h"
#include "server/stop_signals.h"

#include "engine/base/posix_file_system.h"
#include "engine/base/units.h"
#include "engine/flow/yaml_reader.h"
#include "engine/net/tls_context.h"
#include "server/command.h"
#include "server/flow_host.h"
#include "server/flow_secrets.h"
#include "server/forced_end.h"
#include "server/http/host_guard.h"
#include "server/log_host.h"
#include "server/rest_host.h"
#include "server/run_report.h"
#include "server/users/user_list.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iostream>
#include <optional>

namespace millrace::server {
namespace {

struct ServerArguments {
  std::string flow;
  std::string data = "./millrace-data";
  std::string listen = "127.0.0.1:8080";
  std::string kafka = "127.0.0.1:9092";
  std::string advertise;
  std::string secrets;
  std::string drain = "10s";
  std::string tlsCertificate;
  std::string tlsKey;
  std::vector<std::string> names;
  std::string archive = "0 s";
  std::string parkedAge;
  std::string parkedSize;
};

struct ServerPlan {
  std::string flow;
  std::string data;
  Nanos drain = 0;
  Nanos archive = 0;
  ParkedRules parked;
  std::optional<log::BrokerOptions> kafka;  ///< none: off
  std::optional<HttpServerOptions> http;    ///< none: off
};

/// What runs while the server does.
struct Served {
  FlowHost& flow;
  LogHost* log = nullptr;
  RestHost* rest = nullptr;
};

Result<std::shared_ptr<const net::TlsContext>> tlsOf(FileSystem& files,
                                                     const ServerArguments& arguments) {
  net::TlsStore store;
  store.name = arguments.tlsCertificate;
  store.bytes = MR_TRY(files.readAll(arguments.tlsCertificate));
  if (!arguments.tlsKey.empty()) store.bytes += "\n" + MR_TRY(files.readAll(arguments.tlsKey));
  net::TlsMaterial material;
  material.keyStore = &store;
  return net::TlsContext::make(material);
}

bool isEverywhere(std::string_view host) { return host == "0.0.0.0" || host == "::"; }

Result<> mayServeOthers(FileSystem& files, const ServerArguments& arguments,
                        const HttpServerOptions& options) {
  const UserList users = MR_TRY(UserList::read(files, arguments.data));
  if (options.tls == nullptr || users.all().empty()) {
    return Error::user(
        fmt::format("--listen {}: other machines are served with TLS and to users alone; give "
                    "--tls-cert and --tls-key, and add a user with millrace add-user, or use "
                    "127.0.0.1",
                    arguments.listen));
  }
  if (isEverywhere(options.host) && options.names.empty()) {
    return Error::user(
        fmt::format("--listen {}: say with --host by which name or address clients "
                    "call the server",
                    arguments.listen));
  }
  return Done{};
}

Result<HttpServerOptions> httpOptions(FileSystem& files, const ServerArguments& arguments) {
  HttpServerOptions options;
  const auto listen = log::parseHostAndPort(arguments.listen);
  if (!listen.ok()) return Error::user("--listen: " + listen.error().message);
  options.host = listen->host == "localhost" ? "127.0.0.1" : listen->host;
  options.port = listen->port;
  options.names = arguments.names;
  if (arguments.tlsCertificate.empty() && !arguments.tlsKey.empty())
    return Error::user("--tls-key has no meaning without --tls-cert, give both");
  if (!arguments.tlsCertificate.empty()) options.tls = MR_TRY(tlsOf(files, arguments));
  if (isLoopbackHost(options.host)) return options;
  MR_TRY(mayServeOthers(files, arguments, options));
  if (!isEverywhere(options.host)) options.names.push_back(options.host);
  return options;
}

Result<log::BrokerOptions> brokerOptions(const ServerArguments& arguments) {
  log::BrokerOptions options;
  auto listen = log::parseHostAndPort(arguments.kafka);
  if (!listen.ok()) return Error::user("--kafka: " + listen.error().message);
  if (listen->host == "localhost") listen->host = "127.0.0.1";
  if (!isLoopbackHost(listen->host)) {
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

Result<ParkedRules> parkedRules(const ServerArguments& arguments) {
  ParkedRules rules;
  if (!arguments.parkedAge.empty()) {
    const auto age = parseDuration(arguments.parkedAge);
    if (!age.ok()) return Error::user("--parked-age: " + age.error().message);
    rules.age = *age / kMillisecond;
  }
  if (!arguments.parkedSize.empty()) {
    const auto size = parseDataSize(arguments.parkedSize);
    if (!size.ok()) return Error::user("--parked-size: " + size.error().message);
    rules.bytes = *size;
  }
  return rules;
}

Result<ServerPlan> planOf(FileSystem& files, const ServerArguments& arguments) {
  ServerPlan plan;
  plan.data = arguments.data;
  plan.flow = arguments.flow;
  const auto drain = parseDuration(arguments.drain);
  if (!drain.ok()) return Error::user("--drain: " + drain.error().message);
  plan.drain = *drain;
  const auto archive = parseDuration(arguments.archive);
  if (!archive.ok()) return Error::user("--archive: " + archive.error().message);
  plan.archive = *archive;
  plan.parked = MR_TRY(parkedRules(arguments));
  if (arguments.listen != "off") plan.http = MR_TRY(httpOptions(files, arguments));
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

void sayReady(const ServerPlan& plan, const Served& served) {
  nlohmann::ordered_json line;
  line["ready"] = true;
  line["http"] = nullptr;
  line["kafka"] = nullptr;
  if (served.rest != nullptr) line["http"] = served.rest->address();
  if (served.log != nullptr) line["kafka"] = served.log->address();
  line["data"] = plan.data;
  std::cout << line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
            << std::endl;
}

ExitCode exitCodeOf(const Error& error) {
  return error.fault == Fault::kUser ? ExitCode::kBadInput : ExitCode::kFailed;
}

/// Serves until a signal comes or the disk fails.
ExitCode serve(const Served& served, const ServerPlan& plan, StopSignals& signals) {
  constexpr Nanos kLook = 500 * kMillisecond;  // how soon a failure, or an edited file, shows
  FlowHost& host = served.flow;
  LogHost* const log = served.log;
  bool failed = false;
  const auto note = [&failed](const Result<>& result) {
    if (result.ok()) return;
    complain(result.error().message);
    failed = true;
  };
  note(host.start());
  // One component that does not start is no reason not to show it.
  if (served.rest != nullptr) failed = false;
  if (log != nullptr && !failed) log->start();
  if (served.rest != nullptr) served.rest->start();
  if (!failed) sayReady(plan, served);
  while (!failed && !host.failed()) {
    if (signals.wait(kLook)) break;
    if (served.rest == nullptr) continue;
    if (const auto picked = served.rest->pickUp(); !picked.ok()) complain(picked.error().message);
  }
  if (served.rest != nullptr) served.rest->stop();
  if (log != nullptr) log->stopServing(plan.drain);
  note(host.stop());
  if (log != nullptr && !host.failed()) note(log->close());
  if (complainOfTerminated(host)) failed = true;
  if (!host.controller().hanging().empty()) endAtOnce(ExitCode::kFailed);
  return failed || host.failed() ? ExitCode::kFailed : ExitCode::kDone;
}

/// True when the file can be read as a flow, whatever is wrong with its components.
bool isFlow(FileSystem& files, const std::string& path) {
  const auto text = files.readAll(path);
  return text.ok() && flow::readFlow(*text).ok();
}

ExitCode runServer(const ServerArguments& arguments) {
  StopSignals signals;  // before any thread exists
  const auto refuse = [](const Error& error) {
    complain(error.message);
    return exitCodeOf(error);
  };
  const auto files = makePosixFileSystem();
  auto plan = planOf(*files, arguments);
  if (!plan.ok()) return refuse(plan.error());
  if (plan->flow.empty()) {
    auto own = ownFlow(*files, plan->data);
    if (!own.ok()) return refuse(own.error());
    plan->flow = *own;
  }
  HostOptions options;
  options.data = plan->data;
  options.stopPatience = plan->drain;
  options.archiveAge = plan->archive / kMillisecond;
  options.onBulletin = [](const engine::Bulletin& bulletin) {
    const std::string line = describeBulletin(bulletin, false);
    std::cerr << line << '\n';
  };
  if (plan->http.has_value()) options.incomplete = engine::Incomplete::kKeep;
  const engine::Bulletins::Listener onBulletin = options.onBulletin;
  auto checked = host::checkFlowFile(*files, plan->flow, options.parameters);
  if (!checked.ok()) {
    complain(checked.error().message);
    return ExitCode::kBadInput;
  }
  for (const flow::Finding& finding : checked->findings)
    std::cerr << flow::describe(finding, plan->flow) << '\n';
  // What cannot be read cannot be shown; what cannot run can, where there is somebody to show it.
  const auto readable = [&] { return plan->http.has_value() && isFlow(*files, plan->flow); };
  if (!checked->ok() && !readable()) return ExitCode::kBadInput;
  const auto secrets = FlowSecrets::gather(
      *files, checked->flow, {arguments.secrets, plan->data, plan->http.has_value()}, {});
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
  std::unique_ptr<RestHost> rest;
  if (plan->http.has_value()) {
    RestHostOptions restOptions{plan->flow, plan->data, *plan->http, onBulletin, plan->parked};
    auto opened = RestHost::open(**host, *files, std::move(restOptions));
    if (!opened.ok()) return refuse(opened.error());
    rest = std::move(opened).value();
  }
  return serve({**host, log.get(), rest.get()}, *plan, signals);
}

}  // namespace

void addServerCommand(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("server",
                                     "run a flow for good, with an interface over HTTP and the "
                                     "log, which Kafka's clients can use");
  auto arguments = std::make_shared<ServerArguments>();
  command->add_option("FLOW", arguments->flow,
                      "the flow file (YAML); default: flow.yaml in the data directory, made empty");
  command->add_option("--data", arguments->data, "data directory: queues, state and the log")
      ->capture_default_str();
  command
      ->add_option("--listen", arguments->listen,
                   "ADDR:PORT where the interface (HTTP) is served, port 0: a free one; or off")
      ->capture_default_str();
  command->add_option("--tls-cert", arguments->tlsCertificate,
                      "file (PEM) with the certificate to serve HTTPS with, its chain behind it");
  command->add_option("--tls-key", arguments->tlsKey,
                      "file (PEM) with its key; default: it is in the same file");
  command->add_option("--host", arguments->names,
                      "name or address by which clients call the server; may be given several "
                      "times");
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
  command->add_option("--parked-age", arguments->parkedAge,
                      "drop FlowFiles of deleted connections after so long, such as 30d; default: "
                      "they are kept until somebody drops them");
  command->add_option("--parked-size", arguments->parkedSize,
                      "drop the oldest of them when there are more bytes than, such as, 10 GB");
  command
      ->add_option("--archive", arguments->archive,
                   "how long contents are kept for replay after their last use, such as 12h")
      ->capture_default_str();
  command->callback(
      [arguments, &action] { action = [arguments] { return runServer(*arguments); }; });
}

}  // namespace millrace::server
