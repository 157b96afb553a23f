// SPDX-License-Identifier: Apache-2.0
// millrace backup and millrace restore: a data directory as it was at one moment, elsewhere and
// back.
#include "engine/base/posix_file_system.h"
#include "repositories/journal/store_identity.h"
#include "server/backup/backup_restore.h"
#include "server/build_info.h"
#include "server/command.h"
#include "server/console_text.h"
#include "server/server_caller.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <iostream>
#include <thread>

namespace millrace::server {
namespace {

using Json = nlohmann::ordered_json;

struct BackupArguments {
  std::string server;
  std::string trust;
  std::string data;
  std::string flow;
  std::string to;
  bool withKey = false;
};

void sayDone(const std::string& to, std::uint64_t bytes) {
  std::cout << fmt::format(
      "{}: {} bytes; 'millrace restore {} --data DIR' makes a data directory of it\n", to, bytes,
      to);
}

Result<> ofServer(const BackupArguments& arguments) {
  ServerAddress address = MR_TRY(ServerAddress::parse(arguments.server));
  address.trust = arguments.trust;
  const ServerCaller caller(std::move(address));
  Json body;
  body["to"] = std::filesystem::absolute(arguments.to).string();
  body["withKey"] = arguments.withKey;
  Json status = MR_TRY(caller.json(HttpMethod::kPost, "/api/v1/backup",
                                   body.dump(-1, ' ', false, Json::error_handler_t::replace)));
  while (status.value("state", "") == "running") {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    status = MR_TRY(caller.get("/api/v1/backup"));
  }
  if (status.value("to", "") != body["to"].get<std::string>())
    return Error::environment("another backup was begun meanwhile; look whether this one is whole",
                              false);
  if (status.value("state", "") != "done")
    return Error::environment("the backup failed: " + status.value("error", ""), false);
  sayDone(arguments.to, status.value("allBytes", std::uint64_t{0}));
  return Done{};
}

Result<> ofDirectory(const BackupArguments& arguments) {
  const auto files = makePosixFileSystem();
  if (!files->exists(repo::StoreIdentity::filePath(arguments.data))) {
    return Error::user(
        fmt::format("{} is no data directory: it has no file 'store'", arguments.data));
  }
  // As long as it is held no server begins to work in it.
  const auto lock = files->lock(repo::StoreIdentity::lockPath(arguments.data));
  if (!lock.ok()) {
    return Error::user(lock.error().message +
                       "; a server that runs there is backed up with --server URL");
  }
  MR_TRY(prepareTarget(*files, arguments.to));
  const auto captured = MR_TRY(CapturedFiles::look(
      *files, arguments.data, arguments.withKey ? WithKey::kYes : WithKey::kNo));
  if (!arguments.flow.empty()) MR_TRY(captured->put("flow.yaml", arguments.flow));
  BackupManifest about;
  about.program = fmt::format("{} ({})", versionText(), commitText());
  about.at = SystemClock().wall();
  CopyProgress progress;
  MR_TRY(copyAll(*files, captured->files(), arguments.to, about, progress));
  sayDone(arguments.to, progress.all);
  return Done{};
}

Result<> backup(const BackupArguments& arguments) {
  if (arguments.server.empty() == arguments.data.empty())
    return Error::user("say what to back up: --server URL, or --data DIR where no server runs");
  if (!arguments.server.empty() && !arguments.flow.empty())
    return Error::user("--flow goes with --data; a server knows its flow file");
  return arguments.server.empty() ? ofDirectory(arguments) : ofServer(arguments);
}

Result<> restore(const std::string& from, std::string data) {
  const auto files = makePosixFileSystem();
  while (data.size() > 1 && data.ends_with('/')) data.pop_back();
  const BackupManifest manifest = MR_TRY(restoreBackup(*files, from, data));
  std::cout << fmt::format("{}: {} files; 'millrace repo verify {}' reads all of it\n", data,
                           manifest.files.size(), data);
  if (files->exists(data + "/secrets/values") && !files->exists(data + "/secret.key")) {
    std::cout << fmt::format(
        "its sensitive values open with the key that they were sealed with: put it at "
        "{}/secret.key, or into MILLRACE_SECRET_KEY\n",
        data);
  }
  return Done{};
}

}  // namespace

void addBackupCommand(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<BackupArguments>();
  auto* command = app.add_subcommand(
      "backup", "copy a data directory as it is at one moment, also while a server runs on it");
  command
      ->add_option("TO", arguments->to, "a folder that is not there yet, on the server's machine")
      ->required();
  command->add_option("--server", arguments->server,
                      "the server that runs: http://HOST:PORT or https://HOST:PORT");
  command->add_option("--ca", arguments->trust,
                      "file (PEM) of the certificates to trust; default: the system's");
  command->add_option("--data", arguments->data, "a data directory in which nothing runs");
  command->add_option("--flow", arguments->flow,
                      "with --data: the flow file, where it is not DIR/flow.yaml");
  command->add_flag("--with-key", arguments->withKey,
                    "with secret.key: who has the backup can then read the sensitive values");
  command->footer("A server with users asks for an administrator's token, in MILLRACE_TOKEN.");
  command->callback(
      [arguments, &action] { action = [arguments] { return exitCodeOf(backup(*arguments)); }; });
}

void addRestoreCommand(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("restore", "make a data directory of a backup");
  auto from = std::make_shared<std::string>();
  auto data = std::make_shared<std::string>();
  command->add_option("FROM", *from, "the backup")->required();
  command->add_option("--data", *data, "the data directory: not there yet, or empty")->required();
  command->footer(
      "Every byte is compared with what was backed up. The original and the copy shall not both "
      "go on:\n'millrace repo adopt DIR' gives a copy an identity of its own.");
  command->callback([from, data, &action] {
    action = [from, data] { return exitCodeOf(restore(*from, *data)); };
  });
}

}  // namespace millrace::server
