// SPDX-License-Identifier: Apache-2.0
#include "server/console_target.h"

#include "engine/base/posix_file_system.h"
#include "server/command.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <sstream>

namespace millrace::server {
namespace {

constexpr const char* kUsual = "127.0.0.1:9092";

Result<> addFile(const std::string& path, log::KafkaSettings& settings) {
  const auto files = makePosixFileSystem();
  constexpr std::size_t kMostBytes = 1 << 20;
  std::istringstream lines(MR_TRY(files->readAll(path, kMostBytes)));
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty() || line.starts_with('#')) continue;
    settings.settings.push_back(
        MR_TRY(nameAndValue(line, fmt::format("{}, line {}", path, number))));
  }
  return Done{};
}

}  // namespace

void addConsoleOptions(CLI::App& command, ConsoleArguments& arguments) {
  auto* bootstrap = command.add_option(
      "--bootstrap", arguments.bootstrap,
      fmt::format("HOST:PORT of a server or of brokers of a cluster; default: {}", kUsual));
  command
      .add_option("--data", arguments.data,
                  "the data directory of a server that does not run, instead of --bootstrap")
      ->excludes(bootstrap);
  command
      .add_option("-X", arguments.settings,
                  "NAME=VALUE: a setting of librdkafka, such as security.protocol=SSL; may be "
                  "given several times")
      ->allow_extra_args(false);
  command.add_option("--command-config", arguments.settingsFile,
                     "file of such settings, one a line: what is secret is not seen by others "
                     "there");
}

Result<std::pair<std::string, std::string>> nameAndValue(const std::string& text,
                                                         std::string_view option) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return Error::user(fmt::format("{}: '{}' is not NAME=VALUE", option, text));
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

Result<std::unique_ptr<ConsoleTarget>> ConsoleTarget::open(const ConsoleArguments& arguments) {
  auto target = std::make_unique<ConsoleTarget>();
  log::KafkaSettings& settings = target->settings_;
  if (!arguments.settingsFile.empty()) MR_TRY(addFile(arguments.settingsFile, settings));
  for (const std::string& each : arguments.settings)
    settings.settings.push_back(MR_TRY(nameAndValue(each, "-X")));
  settings.bootstrapServers = arguments.bootstrap.empty() ? kUsual : arguments.bootstrap;
  settings.acknowledgementWait = settings.clientTimeout;
  if (arguments.data.empty()) return target;
  if (const auto files = makePosixFileSystem(); !files->exists(arguments.data + "/store"))
    return Error::user(fmt::format("{} is no data directory of a server", arguments.data));
  HostOptions options;
  options.data = arguments.data;
  LogHostOptions log;
  log.broker.emplace();
  log.broker->host = "127.0.0.1";
  log.broker->port = 0;
  log.onNotice = [](const std::string& text) { complain("kafka: " + text); };
  options.log = std::move(log);
  auto host = FlowHost::open(flow::Flow(), std::move(options));
  if (!host.ok()) {
    Error error = host.error();
    error.message += "; where a server runs, use --bootstrap HOST:PORT";
    return error;
  }
  target->host_ = std::move(*host);
  MR_TRY(target->host_->start());
  settings.bootstrapServers = target->host_->log()->address();
  return target;
}

ConsoleTarget::~ConsoleTarget() { (void)close(); }

Result<> ConsoleTarget::close() {
  if (host_ == nullptr) return Done{};
  const auto host = std::move(host_);
  return host->stop();
}

}  // namespace millrace::server
