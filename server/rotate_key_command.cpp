// SPDX-License-Identifier: Apache-2.0
// millrace rotate-key: another key for the values of sensitive parameters that a data directory
// keeps.
#include "engine/base/posix_file_system.h"
#include "repositories/journal/store_identity.h"
#include "server/command.h"
#include "server/flow_secrets.h"
#include "server/secrets/secret_store.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <iostream>

namespace millrace::server {
namespace {

ExitCode rotateKey(const std::string& data) {
  const auto files = makePosixFileSystem();
  const auto refuse = [](const Error& error) {
    complain(error.message);
    return error.fault == Fault::kUser ? ExitCode::kBadInput : ExitCode::kFailed;
  };
  if (!files->exists(repo::StoreIdentity::filePath(data)))
    return refuse(Error::user(fmt::format("{} is no data directory", data)));
  const auto lock = files->lock(repo::StoreIdentity::lockPath(data));
  if (!lock.ok()) return refuse(lock.error());
  SecretStore store(*files, data, secretKeyOfEnvironment());
  const auto rotated = store.rotate(environmentVariable("MILLRACE_NEW_SECRET_KEY"));
  if (!rotated.ok()) return refuse(rotated.error());
  std::cout << data << ": the values of sensitive parameters have another key\n";
  return ExitCode::kDone;
}

}  // namespace

void addRotateKeyCommand(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "rotate-key",
      "give the values of sensitive parameters that a data directory keeps another key; with the "
      "key in MILLRACE_SECRET_KEY, the new one is that of MILLRACE_NEW_SECRET_KEY");
  auto data = std::make_shared<std::string>();
  command->add_option("--data", *data, "the data directory; nothing may run on it")->required();
  command->callback([data, &action] { action = [data] { return rotateKey(*data); }; });
}

}  // namespace millrace::server
