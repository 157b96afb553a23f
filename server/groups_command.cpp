// SPDX-License-Identifier: Apache-2.0
// millrace groups: lists, describes, moves and deletes the groups of consumers of a log or a
// cluster.
#include "log-backend/client/kafka_admin.h"
#include "server/console_target.h"
#include "server/console_text.h"
#include "server/provenance_text.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <iostream>
#include <optional>

namespace millrace::server {
namespace {

using Json = nlohmann::ordered_json;

struct GroupsArguments {
  ConsoleArguments console;
  std::string group;
  std::string topic;
  bool earliest = false;
  bool latest = false;
  std::optional<std::int64_t> offset;
  std::string time;
  bool json = false;
};

Result<> list(log::KafkaAdmin& admin, const GroupsArguments& arguments) {
  std::vector<std::vector<std::string>> rows{{"GROUP", "STATE"}};
  for (const log::GroupListing& each : MR_TRY(admin.groups())) {
    rows.push_back({each.name, each.state});
    if (arguments.json) printJsonLine(Json{{"group", each.name}, {"state", each.state}});
  }
  if (!arguments.json) printTable(rows);
  return Done{};
}

/// One partition of a group, as it is shown.
struct Row {
  log::GroupOffset place;
  std::int64_t end = 0;
  const log::MemberAbout* member = nullptr;
};

Result<std::vector<Row>> rowsOf(log::KafkaAdmin& admin, const log::GroupAbout& about) {
  std::map<std::pair<std::string, std::int32_t>, Row> rows;
  for (const log::GroupOffset& each : MR_TRY(admin.offsets(about.name)))
    rows[{each.topic, each.partition}].place = each;
  for (const log::MemberAbout& member : about.members) {
    for (const auto& [topic, partition] : member.partitions) {
      const auto [row, fresh] = rows.try_emplace({topic, partition});
      if (fresh) row->second.place = {topic, partition, -1};
      row->second.member = &member;
    }
  }
  std::map<std::string, std::vector<log::PartitionAbout>> topics;
  std::vector<Row> all;
  for (auto& [place, row] : rows) {
    const auto [known, fresh] = topics.try_emplace(place.first);
    if (fresh) {
      auto partitions = admin.partitions(place.first);
      // A topic that was deleted has no end any more.
      if (partitions.ok()) known->second = std::move(*partitions);
    }
    row.end = -1;
    for (const log::PartitionAbout& each : known->second) {
      if (each.number == place.second) row.end = each.end;
    }
    all.push_back(std::move(row));
  }
  return all;
}

void describeAsJson(const log::GroupAbout& about, const std::vector<Row>& rows) {
  Json line{{"group", about.name},
            {"state", about.state},
            {"assignor", about.assignor},
            {"members", about.members.size()},
            {"partitions", Json::array()}};
  for (const Row& row : rows) {
    Json each{{"topic", row.place.topic}, {"partition", row.place.partition}};
    each["offset"] = row.place.committed < 0 ? Json() : Json(row.place.committed);
    each["endOffset"] = row.end < 0 ? Json() : Json(row.end);
    if (row.place.committed >= 0 && row.end >= 0) each["lag"] = row.end - row.place.committed;
    if (row.member != nullptr) {
      each["member"] = row.member->id;
      each["client"] = row.member->client;
      each["host"] = row.member->host;
    }
    line["partitions"].push_back(std::move(each));
  }
  printJsonLine(line);
}

Result<> describe(log::KafkaAdmin& admin, const GroupsArguments& arguments) {
  const log::GroupAbout about = MR_TRY(admin.group(arguments.group));
  const auto rows = MR_TRY(rowsOf(admin, about));
  if (rows.empty() && about.members.empty() && (about.state == "Dead" || about.state == "Empty")) {
    return Error::user(
        fmt::format("there is no group '{}'; 'millrace groups list' lists all", arguments.group));
  }
  if (arguments.json) {
    describeAsJson(about, rows);
    return Done{};
  }
  std::cout << fmt::format("{}: {}, {} members{}\n\n", about.name, about.state,
                           about.members.size(),
                           about.assignor.empty() ? "" : ", assignor " + about.assignor);
  std::vector<std::vector<std::string>> table{
      {"TOPIC", "PARTITION", "OFFSET", "END", "LAG", "CLIENT", "HOST"}};
  const auto number = [](std::int64_t value) {
    return value < 0 ? std::string("-") : std::to_string(value);
  };
  for (const Row& row : rows) {
    const bool both = row.place.committed >= 0 && row.end >= 0;
    table.push_back({row.place.topic, std::to_string(row.place.partition),
                     number(row.place.committed), number(row.end),
                     both ? std::to_string(row.end - row.place.committed) : "-",
                     row.member == nullptr ? "-" : row.member->client,
                     row.member == nullptr ? "-" : row.member->host});
  }
  printTable(table);
  return Done{};
}

Result<> reset(log::KafkaAdmin& admin, const GroupsArguments& arguments) {
  log::Offsets offsets;
  if (!arguments.time.empty()) {
    const Millis time = MR_TRY(parseTime(arguments.time));
    offsets = MR_TRY(admin.offsetsAt(arguments.topic, time));
  } else {
    for (const log::PartitionAbout& each : MR_TRY(admin.partitions(arguments.topic))) {
      offsets[each.number] = arguments.earliest ? each.first
                             : arguments.latest
                                 ? each.end
                                 : std::clamp(*arguments.offset, each.first, each.end);
    }
  }
  MR_TRY(admin.setOffsets(arguments.group, arguments.topic, offsets));
  std::vector<std::vector<std::string>> rows{{"TOPIC", "PARTITION", "OFFSET"}};
  for (const auto& [partition, offset] : offsets)
    rows.push_back({arguments.topic, std::to_string(partition), std::to_string(offset)});
  printTable(rows);
  return Done{};
}

using Verb = Result<> (*)(log::KafkaAdmin&, const GroupsArguments&);

Result<> perform(Verb verb, const GroupsArguments& arguments) {
  const auto target = MR_TRY(ConsoleTarget::open(arguments.console));
  {
    const auto admin = MR_TRY(log::KafkaAdmin::make(target->settings()));
    MR_TRY(verb(*admin, arguments));
  }
  return target->close();
}

}  // namespace

void addGroupsCommand(CLI::App& app, Action& action) {
  auto* groups = app.add_subcommand("groups", "the groups of consumers of a log or a cluster");
  groups->require_subcommand(1);
  const auto add = [&](const char* name, const char* about, Verb verb, bool named = true) {
    // shared_ptr: the parser's callback and the action both have it.
    auto arguments = std::make_shared<GroupsArguments>();
    auto* command = groups->add_subcommand(name, about);
    if (named) command->add_option("GROUP", arguments->group, "its name")->required();
    addConsoleOptions(*command, arguments->console);
    command->callback([arguments, verb, &action] {
      action = [arguments, verb] { return exitCodeOf(perform(verb, *arguments)); };
    });
    return std::pair(command, arguments);
  };
  {
    auto [command, arguments] = add("list", "their names and states", list, false);
    command->add_flag("--json", arguments->json, "one object a line");
  }
  {
    auto [command, arguments] =
        add("describe", "how far it came in each partition, and who reads it", describe);
    command->add_flag("--json", arguments->json, "as one object");
  }
  {
    auto [command, arguments] =
        add("reset", "lets a group without members, or that of a wire, begin elsewhere", reset);
    command->add_option("--topic", arguments->topic, "the topic")->required();
    auto* to = command->add_option_group("to");
    to->add_flag("--to-earliest", arguments->earliest, "the first record that is kept");
    to->add_flag("--to-latest", arguments->latest, "behind the last record");
    to->add_option("--to-offset", arguments->offset,
                   "this offset in each partition, or the nearest that there is");
    to->add_option("--to-time", arguments->time,
                   "the first record not before it: 2026-11-22, 2026-11-22T16:05 (UTC)");
    to->require_option(1);
  }
  add("delete", "forgets a group without members, and its offsets",
      [](log::KafkaAdmin& admin, const GroupsArguments& arguments) {
        return admin.deleteGroup(arguments.group);
      });
}

}  // namespace millrace::server
