// SPDX-License-Identifier: Apache-2.0
// millrace add-user NAME: lets somebody use a server; the first user ends that everybody may.
#include "engine/base/posix_file_system.h"
#include "log-backend/security/credential_list.h"
#include "server/command.h"
#include "server/users/password.h"
#include "server/users/user_list.h"

#include <fmt/format.h>

#include <iostream>

namespace millrace::server {
namespace {

struct UserArguments {
  std::string name;
  std::string data = "./millrace-data";
  std::string role = "view";
  std::string passwordFile;
  bool remove = false;
  bool kafka = false;
};

/// The first line of a file, or of what is typed or piped in.
Result<std::string> passwordOf(FileSystem& files, const std::string& file) {
  std::string text;
  if (file.empty()) {
    std::cerr << "password: " << std::flush;
    std::getline(std::cin, text);
  } else {
    text = MR_TRY(files.readAll(file));
  }
  text.resize(std::min(text.find_first_of("\r\n"), text.size()));
  return text;
}

/// Of the log, as Kafka's clients know them.
Result<std::string> changeKafkaUsers(FileSystem& files, const UserArguments& arguments) {
  log::CredentialList list = MR_TRY(log::CredentialList::read(files, arguments.data));
  if (arguments.remove) {
    if (!list.remove(arguments.name))
      return Error::user(
          fmt::format("the log of {} has no user {}", arguments.data, arguments.name));
    MR_TRY(list.save(files, arguments.data));
    return fmt::format("{} may not use the log any more", arguments.name);
  }
  const std::string password = MR_TRY(passwordOf(files, arguments.passwordFile));
  MR_TRY(list.set(arguments.name, password, log::systemEntropy()));
  MR_TRY(list.save(files, arguments.data));
  return fmt::format("{} may use the log, with PLAIN or SCRAM", arguments.name);
}

Result<std::string> changeUsers(const UserArguments& arguments) {
  const auto files = makePosixFileSystem();
  if (const std::string wrong = wrongName(arguments.name); !wrong.empty())
    return Error::user(wrong + "; choose another");
  MR_TRY(files->createDirectories(arguments.data));
  if (arguments.kafka) return changeKafkaUsers(*files, arguments);
  UserList list = MR_TRY(UserList::read(*files, arguments.data));
  if (arguments.remove) {
    if (!list.remove(arguments.name))
      return Error::user(fmt::format("{} has no user {}", arguments.data, arguments.name));
    MR_TRY(list.save(*files, arguments.data));
    return fmt::format("{} may not use the server any more", arguments.name);
  }
  const auto role = roleOf(arguments.role);
  if (!role) return Error::user("--role must be view, operate, modify or admin");
  const bool known = list.find(arguments.name) != nullptr;
  const std::string password = MR_TRY(passwordOf(*files, arguments.passwordFile));
  list.set({arguments.name, *role, MR_TRY(hashPassword(password))});
  MR_TRY(list.save(*files, arguments.data));
  return fmt::format("{} {} the role {}", arguments.name,
                     known ? "has now" : "may use the server in", nameOf(*role));
}

ExitCode run(const UserArguments& arguments) {
  const auto done = changeUsers(arguments);
  if (!done.ok()) {
    complain(done.error().message);
    return done.error().fault == Fault::kUser ? ExitCode::kBadInput : ExitCode::kFailed;
  }
  std::cout << *done << '\n';
  return ExitCode::kDone;
}

}  // namespace

void addUserCommand(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("add-user", "let somebody use a server, or change password and role");
  command->footer(
      "Without users everybody on this machine may do everything; the first user ends that.\n"
      "A server that runs takes the change at once. Roles, each with what those before may do:\n"
      "  view     look at flow, status, queues and provenance\n"
      "  operate  look into contents; start, stop, drop, replay, clear\n"
      "  modify   change the flow\n"
      "  admin    see the users");
  auto arguments = std::make_shared<UserArguments>();
  command->add_option("NAME", arguments->name, "the user")->required();
  command->add_option("--data", arguments->data, "the server's data directory")
      ->capture_default_str();
  command->add_option("--role", arguments->role, "view, operate, modify or admin")
      ->capture_default_str();
  command->add_option("--password-file", arguments->passwordFile,
                      "file with the password in its first line; default: it is read from stdin");
  command->add_flag("--kafka", arguments->kafka,
                    "a user of the log, for clients of Kafka, instead of one of the interface");
  command->add_flag("--remove", arguments->remove, "the user is removed instead");
  command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace millrace::server
