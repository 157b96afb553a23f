// SPDX-License-Identifier: Apache-2.0
#pragma once
// ConsoleTarget: the cluster that `millrace topics`, `groups`, `produce` and `consume` work on: one
// that is reached over the network, or the log of a data directory in which nothing runs, which is
// then served to this process alone, on a free port of the loopback interface.
// Threads: one.

#include "log-backend/client/kafka_log.h"
#include "server/flow_host.h"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <vector>

namespace millrace::server {

struct ConsoleArguments {
  std::string bootstrap;
  std::string data;
  std::string settingsFile;
  std::vector<std::string> settings;
};

/// --bootstrap, --data, -X and --command-config.
void addConsoleOptions(CLI::App& command, ConsoleArguments& arguments);

class ConsoleTarget {
 public:
  static Result<std::unique_ptr<ConsoleTarget>> open(const ConsoleArguments& arguments);
  ~ConsoleTarget();
  const log::KafkaSettings& settings() const { return settings_; }
  /// Ends what was opened; an Error: not all that was written is durable.
  Result<> close();

 private:
  log::KafkaSettings settings_;
  std::unique_ptr<FlowHost> host_;
};

/// Splits NAME=VALUE at the first '='. `option` is for the Error.
Result<std::pair<std::string, std::string>> nameAndValue(const std::string& text,
                                                         std::string_view option);

}  // namespace millrace::server
