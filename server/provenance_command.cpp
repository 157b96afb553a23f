// SPDX-License-Identifier: Apache-2.0
// millrace provenance search | show ID | lineage UUID | replay ID: what happened to FlowFiles, in a
// data directory that nothing runs on.
#include "engine/ports/lineage.h"
#include "server/command.h"
#include "server/data_at_rest.h"
#include "server/provenance_text.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iostream>

namespace millrace::server {
namespace {

struct ProvenanceArguments {
  std::string data;
  bool json = false;
  std::string uuid;
  std::string component;
  std::string type;
  std::string from;
  std::string to;
  std::string filename;
  std::vector<std::string> attributes;
  std::size_t limit = 100;
  std::size_t most = 1000;  ///< events of a lineage
  std::string before;
  std::string id;
  std::string content;
  bool dot = false;
};

using Work = std::function<Result<>(DataAtRest& data)>;

ExitCode with(const ProvenanceArguments& arguments, const Work& work) {
  const auto failed = [](const Error& error) {
    complain(error.message);
    return error.fault == Fault::kUser ? ExitCode::kBadInput : ExitCode::kFailed;
  };
  auto data = DataAtRest::open(arguments.data);
  if (!data.ok()) return failed(data.error());
  const auto done = work(**data);
  const auto closed = (*data)->close();
  if (!done.ok()) return failed(done.error());
  if (!closed.ok()) return failed(closed.error());
  return ExitCode::kDone;
}

Result<ProvenanceQuery> queryOf(const ProvenanceArguments& arguments,
                                const host::FlowNames& names) {
  ProvenanceQuery query;
  if (!arguments.uuid.empty()) query.uuids.push_back(arguments.uuid);
  if (!arguments.component.empty()) {
    query.components = names.find(arguments.component);
    if (query.components.empty()) {
      return Error::user(fmt::format("--component {}: {} knows no component of that name",
                                     arguments.component, arguments.data));
    }
  }
  if (!arguments.type.empty()) {
    query.type = factKindOf(arguments.type);
    if (!query.type) {
      std::string all;
      for (int kind = 1; kind <= static_cast<int>(FactKind::kReplay); ++kind)
        all += (all.empty() ? "" : ", ") + std::string(nameOf(static_cast<FactKind>(kind)));
      return Error::user(fmt::format("--type {}: choose one of {}", arguments.type, all));
    }
  }
  if (!arguments.from.empty()) query.from = MR_TRY(parseTime(arguments.from));
  if (!arguments.to.empty()) query.to = MR_TRY(parseTime(arguments.to));
  if (!arguments.filename.empty()) query.filename = arguments.filename;
  for (const std::string& text : arguments.attributes) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      return Error::user(fmt::format("--attribute {}: write NAME=VALUE", text));
    query.attributes.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  if (!arguments.before.empty()) {
    query.before = ProvenanceEventId::parse(arguments.before);
    if (!query.before) {
      return Error::user(
          fmt::format("--before {}: an event's id looks like 4711.2", arguments.before));
    }
  }
  query.limit = arguments.limit;
  return query;
}

Result<> search(const ProvenanceArguments& arguments, DataAtRest& data) {
  const ProvenanceQuery query = MR_TRY(queryOf(arguments, data.names()));
  const ProvenancePage page = MR_TRY(data.provenance().search(query));
  for (const ProvenanceEvent& event : page.events) {
    std::cout << (arguments.json ? jsonOf(event, data.names()) : lineOf(event, data.names()))
              << '\n';
  }
  if (page.next) {
    complain(
        fmt::format("there are more; the next ones: the same with --before {}", page.next->text()));
  }
  return Done{};
}

Result<ProvenanceEvent> eventOf(const ProvenanceArguments& arguments, DataAtRest& data) {
  const auto id = ProvenanceEventId::parse(arguments.id);
  if (!id) return Error::user(fmt::format("{}: an event's id looks like 4711.2", arguments.id));
  auto event = MR_TRY(data.provenance().find(*id));
  if (!event) {
    return Error::user(
        fmt::format("{} has no event {}; `millrace provenance search --data {}` "
                    "lists what there is",
                    arguments.data, arguments.id, arguments.data));
  }
  return std::move(*event);
}

Result<> show(const ProvenanceArguments& arguments, DataAtRest& data) {
  const ProvenanceEvent event = MR_TRY(eventOf(arguments, data));
  if (!arguments.content.empty()) {
    const Content& content = arguments.content == "before" ? event.before : event.after;
    constexpr std::uint64_t kMost = 1ULL << 30;
    std::cout << MR_TRY(data.contentOf(content, kMost));
    return Done{};
  }
  if (arguments.json) {
    std::cout << jsonOf(event, data.names()) << '\n';
  } else {
    std::cout << pageOf(event, data.names());
  }
  return Done{};
}

void printGraph(const Lineage& lineage, const host::FlowNames& names) {
  using Json = nlohmann::json;
  for (const Lineage::Node& node : lineage.nodes) {
    Json json{{"node", node.id()}, {"uuid", node.uuid}};
    json["kind"] = node.kind == Lineage::Node::Kind::kEvent ? "event" : "flowfile";
    if (node.kind == Lineage::Node::Kind::kEvent) {
      json["type"] = nameOf(node.type);
      json["time"] = timeText(node.time);
      json["component"] = names.nameOf(node.component);
    }
    std::cout << json.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
  }
  for (const Lineage::Edge& edge : lineage.edges) {
    std::cout << Json{{"edge",
                       Json::array({lineage.nodes[edge.from].id(), lineage.nodes[edge.to].id()})}}
                     .dump()
              << '\n';
  }
}

void printLines(const Lineage& lineage, const host::FlowNames& names) {
  for (const Lineage::Node& node : lineage.nodes) {
    if (node.kind != Lineage::Node::Kind::kEvent) continue;
    std::cout << fmt::format("{:<12} {}  {:<19}  {}  {}\n", node.id(), timeText(node.time),
                             nameOf(node.type), node.uuid, names.nameOf(node.component));
  }
}

Result<> lineage(const ProvenanceArguments& arguments, DataAtRest& data) {
  const Lineage graph = MR_TRY(Lineage::of(data.provenance(), arguments.uuid, arguments.most));
  if (graph.nodes.empty()) {
    return Error::user(
        fmt::format("{} has no event of FlowFile {}", arguments.data, arguments.uuid));
  }
  if (arguments.dot) {
    std::cout << graph.dot([&](ComponentId id) { return data.names().nameOf(id); });
  } else if (arguments.json) {
    printGraph(graph, data.names());
  } else {
    printLines(graph, data.names());
  }
  if (!graph.complete) {
    complain(
        fmt::format("the lineage has more than {} events and ends before it is complete; "
                    "--limit takes a greater number",
                    arguments.most));
  }
  return Done{};
}

Result<> replay(const ProvenanceArguments& arguments, DataAtRest& data) {
  const ProvenanceEvent event = MR_TRY(eventOf(arguments, data));
  const std::string uuid = MR_TRY(data.replay(event));
  const std::string queue = data.names().nameOf(event.sourceQueue);
  if (arguments.json) {
    std::cout << nlohmann::json{{"uuid", uuid}, {"queue", queue}}.dump() << '\n';
  } else {
    std::cout << fmt::format("FlowFile {} waits in {}; the next run takes it from there\n", uuid,
                             queue);
  }
  return Done{};
}

}  // namespace

void addProvenanceCommand(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "provenance", "say what happened to FlowFiles: search, one event, lineage, replay");
  command->require_subcommand(1);
  command->footer(
      "Every component's work leaves events: CREATE, RECEIVE, FORK, ROUTE, CONTENT_MODIFIED, "
      "SEND,\n"
      "DROP and more, each with the FlowFile's attributes and contents before and after.\n"
      "  millrace provenance search --data DIR --filename SFO-late.txt --type SEND\n"
      "  millrace provenance show 4711.2 --data DIR            all of one event\n"
      "  millrace provenance lineage UUID --data DIR --dot     where it came from, for Graphviz\n"
      "  millrace provenance replay 4711.2 --data DIR          put the FlowFile back as it was\n"
      "DIR is what `millrace run --data DIR` wrote; nothing may be running on it.");
  auto a = std::make_shared<ProvenanceArguments>();
  const auto sub = [&](const char* name, const char* help,
                       Result<> (*work)(const ProvenanceArguments&, DataAtRest&)) {
    auto* made = command->add_subcommand(name, help);
    made->add_option("--data", a->data, "the data directory")->required();
    made->add_flag("--json", a->json, "one JSON object a line");
    made->callback([a, work, &action] {
      action = [a, work] { return with(*a, [&](DataAtRest& data) { return work(*a, data); }); };
    });
    return made;
  };
  auto* searching = sub("search", "list events, newest first", search);
  searching->add_option("--uuid", a->uuid, "of the FlowFile, or of its parent or child");
  searching->add_option("--component", a->component, "name or path, as in the flow file");
  searching->add_option("--type", a->type, "such as SEND, DROP, CONTENT_MODIFIED");
  searching->add_option("--from", a->from, "not before: 2026-11-22, 2026-11-22T16:05 (UTC)");
  searching->add_option("--to", a->to, "not after");
  searching->add_option("--filename", a->filename, "the attribute `filename` after the event");
  searching
      ->add_option("--attribute", a->attributes,
                   "NAME=VALUE: an attribute after the event; may be given several times. Without "
                   "--uuid or --filename all events in the time range are read")
      ->expected(1)
      ->take_all();
  searching->add_option("--limit", a->limit, "at most so many")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1000000}))
      ->capture_default_str();
  searching->add_option("--before", a->before, "an event's id: only what is older");
  auto* showing = sub("show", "all of one event", show);
  showing->add_option("ID", a->id, "the event, such as 4711.2")->required();
  showing->add_option("--content", a->content, "write the content itself to stdout")
      ->check(CLI::IsMember({"before", "after"}));
  auto* lines = sub("lineage", "ancestors and descendants of a FlowFile, oldest first", lineage);
  lines->add_option("UUID", a->uuid, "the FlowFile")->required();
  lines->add_flag("--dot", a->dot, "as a graph for Graphviz: … --dot | dot -Tsvg > lineage.svg");
  lines->add_option("--limit", a->most, "at most so many events are read")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1000000}))
      ->capture_default_str();
  auto* again =
      sub("replay", "put a FlowFile back as it was before an event, into the same queue", replay);
  again->add_option("ID", a->id, "the event, such as 4711.2")->required();
}

}  // namespace millrace::server
