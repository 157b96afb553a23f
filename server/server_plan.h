// SPDX-License-Identifier: Apache-2.0
#pragma once
// ServerArguments: what `millrace server` is told, as texts: by options, by the environment, by a
// configuration file, in this order. ServerPlan: the same, understood.
//
// The file is YAML: the options by their names without dashes, and under `kafka-settings` those of
// the broker under Kafka's names, under `log-levels` those of the log by scope. The environment has
// MILLRACE_ and the option's name (MILLRACE_KAFKA_ADVERTISE; MILLRACE_LOG_LEVELS is a list
// SCOPE=LEVEL,…), and, as Kafka's images do, KAFKA_ and the setting's (KAFKA_NUM_PARTITIONS).
// Threads: values and functions of the caller.

#include "engine/base/file_system.h"
#include "engine/net/network.h"
#include "log-backend/broker/broker.h"
#include "server/http/http_server.h"
#include "server/log_host.h"
#include "server/logging/log_book.h"
#include "server/rest_host.h"
#include "server/tls_files.h"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::server {

struct ServerArguments {
  std::string flow;
  std::string data = "./millrace-data";
  std::string listen = "127.0.0.1:8080";
  std::string kafka = "127.0.0.1:9092";
  std::string advertise;
  std::string kafkaSecurity = "PLAINTEXT";
  std::string kafkaTrust;
  std::string siteToSite = "off";
  std::string siteToSiteTrust;
  std::string c2 = "off";
  std::string c2Trust;
  std::string secrets;
  std::string drain = "10s";
  std::string tlsCertificate;
  std::string tlsKey;
  std::string httpTrust;
  std::vector<std::string> names;
  std::string archive = "0 s";
  std::string parkedAge;
  std::string parkedSize;
  std::string logFormat = "text";
  std::string logStandardError = "on";
  std::string logFile;
  std::string logFileSize = "10 MB";
  std::string logFiles = "10";
  LogLevels logLevels;
  log::BrokerSettings kafkaSettings;
};

/// One thing that the server can be told.
struct ServerOption {
  std::string_view name;  ///< without dashes
  std::string ServerArguments::*text;
  std::string_view about;
};
/// All of them but the list `host`, `kafka-settings` and `log-levels`.
std::span<const ServerOption> serverOptions();

/// A variable of the environment.
using Environment = std::function<std::optional<std::string>(const std::string&)>;
Environment processEnvironment();

/// What a file says; every mistake in it is in the Error, a line each.
Result<> readServerFile(const std::string& path, const std::string& text,
                        ServerArguments& arguments);
Result<> readEnvironment(const Environment& environment, ServerArguments& arguments);

/// What is said about the log. Errors are a user's and name the option.
Result<LogOptions> logOptions(const ServerArguments& arguments);

struct ServerPlan {
  std::string flow;
  std::string data;
  Nanos drain = 0;
  Nanos archive = 0;
  ParkedRules parked;
  LogOptions log;
  std::optional<log::BrokerOptions> kafka;  ///< none: off
  log::BrokerSettings kafkaSettings;
  LogSecurity kafkaSecurity;
  std::optional<net::ListenOptions> siteToSite;  ///< none: off
  std::optional<HttpServerOptions> http;         ///< none: off
  std::optional<HttpServerOptions> c2;           ///< none: off
  std::unique_ptr<TlsFiles> tls;                 ///< of those that are served with TLS
};

/// Reads what certificates and users it needs to know. Errors are a user's and name the option. The
/// file system outlives the plan.
Result<ServerPlan> planOf(FileSystem& files, const ServerArguments& arguments);

}  // namespace millrace::server
