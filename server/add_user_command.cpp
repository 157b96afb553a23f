// SPDX-License-Identifier: Apache-2.0
// millrace add-user NAME: lets somebody use a server; the first user ends that everybody may.
#include "engine/base/posix_file_system.h"
#include "engine/flow/elements.h"
#include "engine/flow/yaml_reader.h"
#include "log-backend/security/scram_users.h"
#include "server/command.h"
#include "server/flow_store/flow_json.h"
#include "server/users/password.h"
#include "server/users/user_changes.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace millrace::server {
namespace {

struct UserArguments {
  std::string name;
  std::string data = "./millrace-data";
  std::string role;
  std::vector<std::string> groups;
  std::string flow;
  std::string certificate;
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
  log::ScramUsers users(files, arguments.data);
  if (arguments.remove) {
    MR_TRY(users.change([&](log::CredentialList& list) -> Result<> {
      if (list.remove(arguments.name)) return Done{};
      return Error::user(
          fmt::format("the log of {} has no user {}", arguments.data, arguments.name));
    }));
    return fmt::format("{} may not use the log any more", arguments.name);
  }
  const std::string password = MR_TRY(passwordOf(files, arguments.passwordFile));
  MR_TRY(users.change([&](log::CredentialList& list) {
    return list.set(arguments.name, password, log::systemEntropy());
  }));
  return fmt::format("{} may use the log, with PLAIN or SCRAM", arguments.name);
}

/// The ids of groups by their paths.
Result<std::map<std::string, std::string>> groupsOf(FileSystem& files, const std::string& path) {
  const auto text = files.readAll(path);
  if (!text.ok()) {
    return Error::user(
        fmt::format("{}; say with --flow where the flow file is, or name groups by "
                    "their ids",
                    text.error().message));
  }
  const flow::ReadFlow read = flow::readFlow(*text);
  if (!read.ok()) return Error::user(fmt::format("{} is no flow; correct it first", path));
  std::map<std::string, std::string> groups;
  flow::forEachElement(read.flow, [&](flow::ElementKind kind, const std::string& known,
                                      const flow::Element& element, const flow::Group&) {
    if (kind == flow::ElementKind::kGroup) groups[known] = idText(element.id);
  });
  return groups;
}

/// GROUP=ROLE each, a group by its id or its path.
Result<std::map<std::string, Role>> grantsOf(FileSystem& files, const UserArguments& arguments) {
  std::map<std::string, Role> grants;
  std::optional<std::map<std::string, std::string>> known;
  for (const std::string& each : arguments.groups) {
    const std::size_t sign = each.rfind('=');
    const auto role =
        sign == std::string::npos ? std::nullopt : roleOf(std::string_view(each).substr(sign + 1));
    if (!role || *role == Role::kNone) {
      return Error::user(
          fmt::format("--group {}: say GROUP=ROLE, with view, operate, modify or admin", each));
    }
    std::string group = each.substr(0, sign);
    if (!idOf(group)) {
      if (!known) {
        known = MR_TRY(groupsOf(
            files, arguments.flow.empty() ? arguments.data + "/flow.yaml" : arguments.flow));
      }
      const auto found = known->find(group);
      if (found == known->end()) {
        return Error::user(fmt::format("--group {}: the flow has no group '{}'", each, group));
      }
      group = found->second;
    }
    grants[group] = *role;
  }
  return grants;
}

Result<std::string> changeUsers(const UserArguments& arguments) {
  const auto files = makePosixFileSystem();
  if (const std::string wrong = wrongName(arguments.name); !wrong.empty())
    return Error::user(wrong + "; choose another");
  MR_TRY(files->createDirectories(arguments.data));
  if (arguments.kafka) return changeKafkaUsers(*files, arguments);
  if (arguments.remove) {
    if (!MR_TRY(removeUser(*files, arguments.data, arguments.name)))
      return Error::user(fmt::format("{} has no user {}", arguments.data, arguments.name));
    return fmt::format("{} may not use the server any more", arguments.name);
  }
  const std::string wanted = !arguments.role.empty()    ? arguments.role
                             : arguments.groups.empty() ? "view"
                                                        : "none";
  const auto role = roleOf(wanted);
  if (!role || (*role == Role::kNone && arguments.groups.empty()))
    return Error::user("--role must be view, operate, modify or admin; none goes with --group");
  const auto grants = MR_TRY(grantsOf(*files, arguments));
  UserWish wish{arguments.name, *role, grants, arguments.certificate, std::string()};
  // Who has a certificate needs no password.
  if (arguments.certificate.empty() || !arguments.passwordFile.empty()) {
    wish.password = MR_TRY(passwordOf(*files, arguments.passwordFile));
    MR_TRY(fitPassword(*wish.password));
  }
  const bool known = MR_TRY(setUser(*files, arguments.data, wish, FirstUser::kAnybody));
  std::string text = fmt::format("{} {} the role {}", arguments.name,
                                 known ? "has now" : "may use the server in", nameOf(*role));
  for (const std::string& each : arguments.groups) text += ", " + each;
  return text;
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
      "  admin    see and change the users, back up, set the levels of the log\n"
      "A role reaches over the whole flow; one of --group over that group and what is below it.");
  auto arguments = std::make_shared<UserArguments>();
  command->add_option("NAME", arguments->name, "the user")->required();
  command->add_option("--data", arguments->data, "the server's data directory")
      ->capture_default_str();
  command->add_option("--role", arguments->role,
                      "view, operate, modify or admin; default: view, or with --group none");
  command
      ->add_option("--group", arguments->groups,
                   "GROUP=ROLE: another role in a group, by its path or id, and below it; may be "
                   "given several times")
      ->allow_extra_args(false);
  command->add_option(
      "--flow", arguments->flow,
      "the flow file that has these groups; default: flow.yaml in the data directory");
  command->add_option("--certificate", arguments->certificate,
                      "subject of a certificate that lets the user in, as in CN=ann,O=Example; the "
                      "server has --http-trust. Without --password-file there is no password then");
  command->add_option("--password-file", arguments->passwordFile,
                      "file with the password in its first line; default: it is read from stdin");
  command->add_flag("--kafka", arguments->kafka,
                    "a user of the log, for clients of Kafka, instead of one of the interface");
  command->add_flag("--remove", arguments->remove, "the user is removed instead");
  command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace millrace::server
