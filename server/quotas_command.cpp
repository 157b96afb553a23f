// SPDX-License-Identifier: Apache-2.0
// millrace quotas: how fast clients may publish to and fetch from the log of a data directory. A
// server that runs there takes a change within a second.
#include "engine/base/posix_file_system.h"
#include "log-backend/security/quota_list.h"
#include "server/command.h"
#include "server/console_text.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cmath>

namespace millrace::server {
namespace {

struct QuotasArguments {
  std::string data = "./millrace-data";
  std::optional<std::string> user;
  std::optional<std::string> clientId;
  bool allUsers = false;
  bool allClients = false;
  std::optional<double> producer;
  std::optional<double> consumer;
  bool json = false;
};

Result<log::QuotaEntity> entityOf(const QuotasArguments& arguments) {
  log::QuotaEntity entity;
  if (arguments.user || arguments.allUsers) entity.user = {true, arguments.user};
  if (arguments.clientId || arguments.allClients) entity.clientId = {true, arguments.clientId};
  if (!entity.user.given && !entity.clientId.given)
    return Error::user(
        "whom is it for? Give --user, --default-user, --client-id or --default-client-id");
  return entity;
}

std::string nameOf(const log::QuotaEntity::Part& part) {
  return !part.given ? "-" : part.name.value_or("(default)");
}

std::string textOf(const std::optional<double>& rate) {
  return rate ? fmt::format("{}", *rate) : "-";
}

Result<> list(const QuotasArguments& arguments) {
  const auto files = makePosixFileSystem();
  if (!files->exists(arguments.data))
    return Error::user(fmt::format("{} is no data directory", arguments.data));
  const auto known = MR_TRY(log::QuotaList::open(*files, arguments.data));
  std::vector<std::vector<std::string>> rows{
      {"USER", "CLIENT ID", "PRODUCER_BYTE_RATE", "CONSUMER_BYTE_RATE"}};
  for (const auto& [entity, limits] : *known->quotas()) {
    rows.push_back({nameOf(entity.user), nameOf(entity.clientId), textOf(limits.producer),
                    textOf(limits.consumer)});
    if (!arguments.json) continue;
    nlohmann::ordered_json line;
    const auto put = [&line](const char* key, const log::QuotaEntity::Part& part) {
      if (part.given) line[key] = part.name ? nlohmann::json(*part.name) : nlohmann::json();
    };
    put("user", entity.user);
    put("client-id", entity.clientId);
    if (limits.producer) line["producer_byte_rate"] = *limits.producer;
    if (limits.consumer) line["consumer_byte_rate"] = *limits.consumer;
    printJsonLine(line);
  }
  if (!arguments.json) printTable(rows);
  return Done{};
}

Result<> set(const QuotasArguments& arguments) {
  const log::QuotaEntity entity = MR_TRY(entityOf(arguments));
  if (!arguments.producer && !arguments.consumer)
    return Error::user("how fast? Give --producer-byte-rate or --consumer-byte-rate");
  for (const auto& rate : {arguments.producer, arguments.consumer}) {
    if (rate && (!std::isfinite(*rate) || *rate <= 0))
      return Error::user("a rate is a number of bytes a second, above 0");
  }
  const auto files = makePosixFileSystem();
  MR_TRY(files->createDirectories(arguments.data));
  const auto known = MR_TRY(log::QuotaList::open(*files, arguments.data));
  log::QuotaLimits limits;
  const auto quotas = known->quotas();
  if (const auto found = quotas->find(entity); found != quotas->end()) limits = found->second;
  if (arguments.producer) limits.producer = arguments.producer;
  if (arguments.consumer) limits.consumer = arguments.consumer;
  return known->change({{entity, limits}});
}

Result<> remove(const QuotasArguments& arguments) {
  const log::QuotaEntity entity = MR_TRY(entityOf(arguments));
  const auto files = makePosixFileSystem();
  MR_TRY(files->createDirectories(arguments.data));
  const auto known = MR_TRY(log::QuotaList::open(*files, arguments.data));
  if (!known->quotas()->contains(entity))
    return Error::user("there is no such quota; 'millrace quotas list' shows what there is");
  return known->change({{entity, {}}});
}

using Verb = Result<> (*)(const QuotasArguments&);

}  // namespace

void addQuotasCommand(CLI::App& app, Action& action) {
  auto* quotas =
      app.add_subcommand("quotas", "how fast clients may use the log of a data directory");
  quotas->require_subcommand(1);
  const auto add = [&](const char* name, const char* about, Verb verb) {
    // shared_ptr: the parser's callback and the action both have it.
    auto arguments = std::make_shared<QuotasArguments>();
    auto* command = quotas->add_subcommand(name, about);
    command->add_option("--data", arguments->data, "the data directory, of a running server or not")
        ->capture_default_str();
    command->callback([arguments, verb, &action] {
      action = [arguments, verb] { return exitCodeOf(verb(*arguments)); };
    });
    return std::pair(command, arguments);
  };
  const auto addEntity = [](CLI::App& command, QuotasArguments& arguments) {
    auto* user = command.add_option("--user", arguments.user, "who has proved to be that user");
    command.add_flag("--default-user", arguments.allUsers, "each user without a quota of its own")
        ->excludes(user);
    auto* client =
        command.add_option("--client-id", arguments.clientId, "who calls itself so (client.id)");
    command
        .add_flag("--default-client-id", arguments.allClients,
                  "each client id without a quota of its own")
        ->excludes(client);
  };
  {
    auto [command, arguments] = add("list", "all of them", list);
    command->add_flag("--json", arguments->json, "one object a line");
  }
  {
    auto [command, arguments] =
        add("set", "limits a user, a client id, or one with the other", set);
    addEntity(*command, *arguments);
    command->add_option("--producer-byte-rate", arguments->producer, "bytes a second to publish");
    command->add_option("--consumer-byte-rate", arguments->consumer, "bytes a second to fetch");
  }
  {
    auto [command, arguments] = add("remove", "takes the limits away", remove);
    addEntity(*command, *arguments);
  }
}

}  // namespace millrace::server
