// SPDX-License-Identifier: Apache-2.0
// millrace topics: lists, makes, changes and deletes the topics of a log or a cluster.
#include "log-backend/client/kafka_admin.h"
#include "server/console_target.h"
#include "server/console_text.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <charconv>
#include <iostream>

namespace millrace::server {
namespace {

using Json = nlohmann::ordered_json;

struct TopicsArguments {
  ConsoleArguments console;
  std::string topic;
  std::int32_t partitions = -1;
  std::int32_t replicas = -1;
  std::vector<std::string> configs;
  std::vector<std::string> removed;
  std::vector<std::string> before;
  bool internal = false;
  bool json = false;
};

std::string joined(const std::vector<std::int32_t>& numbers) {
  return fmt::format("{}", fmt::join(numbers, ","));
}

Result<> list(log::KafkaAdmin& admin, const TopicsArguments& arguments) {
  for (const std::string& name : MR_TRY(admin.topics())) {
    if (name.starts_with("__") && !arguments.internal) continue;
    if (arguments.json)
      printJsonLine(Json{{"topic", name}});
    else
      std::cout << name << '\n';
  }
  return Done{};
}

Result<> create(log::KafkaAdmin& admin, const TopicsArguments& arguments) {
  std::map<std::string, std::string> configs;
  for (const std::string& each : arguments.configs)
    configs.insert(MR_TRY(nameAndValue(each, "--config")));
  return admin.createTopic(arguments.topic, arguments.partitions, arguments.replicas, configs);
}

void describeAsJson(const std::string& topic, const std::vector<log::PartitionAbout>& partitions,
                    const std::vector<log::ConfigAbout>& configs) {
  Json line{{"topic", topic}, {"partitions", Json::array()}, {"configs", Json::object()}};
  for (const log::PartitionAbout& each : partitions) {
    line["partitions"].push_back(Json{{"partition", each.number},
                                      {"leader", each.leader},
                                      {"replicas", each.replicas},
                                      {"isr", each.inSync},
                                      {"startOffset", each.first},
                                      {"endOffset", each.end}});
  }
  for (const log::ConfigAbout& each : configs)
    line["configs"][each.name] = Json{{"value", each.value}, {"default", each.isDefault}};
  printJsonLine(line);
}

Result<> describe(log::KafkaAdmin& admin, const TopicsArguments& arguments) {
  const auto partitions = MR_TRY(admin.partitions(arguments.topic));
  const auto configs = MR_TRY(admin.configs(arguments.topic));
  if (arguments.json) {
    describeAsJson(arguments.topic, partitions, configs);
    return Done{};
  }
  std::vector<std::vector<std::string>> rows{
      {"PARTITION", "LEADER", "REPLICAS", "ISR", "START", "END"}};
  for (const log::PartitionAbout& each : partitions) {
    rows.push_back({std::to_string(each.number), std::to_string(each.leader), joined(each.replicas),
                    joined(each.inSync), std::to_string(each.first), std::to_string(each.end)});
  }
  printTable(rows);
  rows = {{"CONFIG", "VALUE", ""}};
  for (const log::ConfigAbout& each : configs)
    rows.push_back({each.name, each.value, each.isDefault ? "default" : "set"});
  std::cout << '\n';
  printTable(rows);
  return Done{};
}

Result<> alter(log::KafkaAdmin& admin, const TopicsArguments& arguments) {
  std::map<std::string, std::optional<std::string>> configs;
  for (const std::string& each : arguments.configs) {
    auto [name, value] = MR_TRY(nameAndValue(each, "--config"));
    configs[name] = std::move(value);
  }
  for (const std::string& name : arguments.removed) configs[name] = std::nullopt;
  if (configs.empty() && arguments.partitions < 0) {
    return Error::user(
        "nothing to change: give --partitions N, --config NAME=VALUE or --delete-config NAME");
  }
  if (arguments.partitions >= 0) MR_TRY(admin.setPartitions(arguments.topic, arguments.partitions));
  if (configs.empty()) return Done{};
  return admin.setConfigs(arguments.topic, configs);
}

/// PARTITION:OFFSET, or one OFFSET for each partition.
Result<log::Offsets> beforeOf(log::KafkaAdmin& admin, const TopicsArguments& arguments) {
  log::Offsets offsets;
  for (const std::string& each : arguments.before) {
    std::string_view rest = each;
    std::int32_t partition = -1;
    std::int64_t offset = 0;
    const auto wrong = [&] {
      return Error::user(
          fmt::format("--before: '{}' is neither OFFSET, PARTITION:OFFSET nor end", each));
    };
    if (const std::size_t colon = rest.find(':'); colon != std::string_view::npos) {
      const auto [end, code] = std::from_chars(rest.data(), rest.data() + colon, partition);
      if (code != std::errc() || end != rest.data() + colon || partition < 0) return wrong();
      rest.remove_prefix(colon + 1);
    }
    if (rest == "end") {
      offset = -1;
    } else {
      const auto [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), offset);
      if (code != std::errc() || end != rest.data() + rest.size() || offset < 0) return wrong();
    }
    if (partition >= 0) {
      offsets[partition] = offset;
      continue;
    }
    for (const log::PartitionAbout& about : MR_TRY(admin.partitions(arguments.topic)))
      offsets[about.number] = offset;
  }
  return offsets;
}

Result<> deleteRecords(log::KafkaAdmin& admin, const TopicsArguments& arguments) {
  return admin.deleteRecords(arguments.topic, MR_TRY(beforeOf(admin, arguments)));
}

using Verb = Result<> (*)(log::KafkaAdmin&, const TopicsArguments&);

Result<> perform(Verb verb, const TopicsArguments& arguments) {
  const auto target = MR_TRY(ConsoleTarget::open(arguments.console));
  {
    const auto admin = MR_TRY(log::KafkaAdmin::make(target->settings()));
    MR_TRY(verb(*admin, arguments));
  }
  return target->close();
}

}  // namespace

void addTopicsCommand(CLI::App& app, Action& action) {
  auto* topics = app.add_subcommand("topics", "the topics of a log or a cluster of Kafka");
  topics->require_subcommand(1);
  const auto add = [&](const char* name, const char* about, Verb verb, bool named = true) {
    // shared_ptr: the parser's callback and the action both have it.
    auto arguments = std::make_shared<TopicsArguments>();
    auto* command = topics->add_subcommand(name, about);
    if (named) command->add_option("TOPIC", arguments->topic, "its name")->required();
    addConsoleOptions(*command, arguments->console);
    command->callback([arguments, verb, &action] {
      action = [arguments, verb] { return exitCodeOf(perform(verb, *arguments)); };
    });
    return std::pair(command, arguments);
  };
  {
    auto [command, arguments] = add("list", "their names", list, false);
    command->add_flag("--internal", arguments->internal, "those that are the log's own, too");
    command->add_flag("--json", arguments->json, "one object a line");
  }
  {
    auto [command, arguments] = add("create", "makes one", create);
    command->add_option("--partitions", arguments->partitions,
                        "how many; default: the server's num.partitions");
    command->add_option("--replication-factor", arguments->replicas,
                        "how many brokers have each; default: the cluster's");
    command
        ->add_option("--config", arguments->configs,
                     "NAME=VALUE, such as retention.ms=86400000; may be given several times")
        ->allow_extra_args(false);
  }
  {
    auto [command, arguments] =
        add("describe", "its partitions, their offsets, its settings", describe);
    command->add_flag("--json", arguments->json, "as one object");
  }
  {
    auto [command, arguments] = add("alter", "changes its settings, or adds partitions", alter);
    command->add_option("--partitions", arguments->partitions, "how many there shall be");
    command->add_option("--config", arguments->configs, "NAME=VALUE; the others stay")
        ->allow_extra_args(false);
    command->add_option("--delete-config", arguments->removed, "back to the default")
        ->allow_extra_args(false);
  }
  add("delete", "deletes one with all its records",
      [](log::KafkaAdmin& admin, const TopicsArguments& arguments) {
        return admin.deleteTopic(arguments.topic);
      });
  {
    auto [command, arguments] =
        add("delete-records", "deletes the records before an offset", deleteRecords);
    command
        ->add_option("--before", arguments->before,
                     "OFFSET, or PARTITION:OFFSET for one partition; end: all that there are")
        ->allow_extra_args(false)
        ->required();
  }
}

}  // namespace millrace::server
