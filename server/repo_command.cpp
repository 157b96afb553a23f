// SPDX-License-Identifier: Apache-2.0
// millrace repo: what is in a data directory, and whether all of it is sound (verify); an identity
// of its own for a copy (adopt).
#include "engine/base/posix_file_system.h"
#include "engine/flow/elements.h"
#include "engine/flow/yaml_reader.h"
#include "repositories/journal/store_identity.h"
#include "repositories/provenance/blocks/provenance_blocks.h"
#include "repositories/store/store_check.h"
#include "server/command.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iostream>

namespace millrace::server {
namespace {

struct VerifyArguments {
  std::string data;
  std::string flow;
  bool json = false;
};

using ConnectionNames = repo::StoreCheck::Names;

/// What a flow file calls its connections, by id.
Result<ConnectionNames> namesFrom(FileSystem& files, const std::string& path) {
  const std::string text = MR_TRY(files.readAll(path));
  const flow::ReadFlow read = flow::readFlow(text);
  for (const flow::Finding& finding : read.findings) {
    if (finding.severity == flow::Severity::kError)
      return Error::user(flow::describe(finding, path));
  }
  ConnectionNames names;
  flow::forEachElement(read.flow, [&](flow::ElementKind kind, const std::string& name,
                                      const flow::Element& element, const flow::Group&) {
    if (kind == flow::ElementKind::kConnection) names[ConnectionId(element.id.raw())] = name;
  });
  return names;
}

std::string nameOf(const repo::StoreCheck::Queue& queue, const ConnectionNames& names) {
  const auto found = names.find(queue.connection);
  return found == names.end() ? std::string() : found->second;
}

void print(const std::string& path, const repo::StoreCheck& check,
           const repo::ProvenanceCheck& provenance, const ConnectionNames& names) {
  std::cout << fmt::format("{}: store {:016x}{:016x}, epoch {}, {}\n", path, check.seen.high,
                           check.seen.low, check.epoch,
                           check.cleanStop ? "stopped cleanly" : "not stopped cleanly");
  std::cout << fmt::format("journal: {} commits", check.commits);
  if (check.commits > 0) std::cout << fmt::format(", from {}", check.first.raw());
  std::cout << fmt::format(", the last is {}; {} segments, {} bytes\n", check.last.raw(),
                           check.journalSegments, check.journalBytes);
  if (check.snapshot) {
    std::cout << fmt::format("snapshot: up to commit {}, {} bytes\n", check.snapshot->raw(),
                             check.snapshotBytes);
  } else {
    std::cout << "snapshot: none\n";
  }
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  for (const auto& queue : check.queues) {
    count += queue.count;
    bytes += queue.bytes;
  }
  std::cout << fmt::format("queues: {} with {} FlowFiles, {} bytes\n", check.queues.size(), count,
                           bytes);
  for (const auto& queue : check.queues) {
    const std::string name = nameOf(queue, names);
    std::cout << fmt::format(
        "  {}: {} FlowFiles, {} bytes\n",
        name.empty() ? fmt::format("connection {}", queue.connection.raw()) : name, queue.count,
        queue.bytes);
  }
  std::cout << fmt::format("state: {} entries of {} components\n", check.stateEntries,
                           check.components);
  std::cout << fmt::format("content: {} segments, {} bytes; {} contents of {} bytes were checked\n",
                           check.contentSegments, check.contentBytes, check.claims,
                           check.claimBytes);
  std::cout << fmt::format("provenance: {} files, {} bytes; {} events of {} commits in {} blocks\n",
                           provenance.files, provenance.bytes, provenance.events,
                           provenance.commits, provenance.blocks);
  std::cout << (check.damage.empty() ? "sound\n" : "damaged\n");
}

void printLine(const nlohmann::json& object) {
  std::cout << object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

void printJson(const std::string& path, const repo::StoreCheck& check,
               const repo::ProvenanceCheck& provenance, const ConnectionNames& names) {
  for (const auto& queue : check.queues) {
    nlohmann::json line{{"id", fmt::format("{:x}", queue.connection.raw())},
                        {"flowFiles", queue.count},
                        {"bytes", queue.bytes}};
    // Without a name the flow does not have the connection.
    if (const std::string name = nameOf(queue, names); !name.empty()) line["connection"] = name;
    printLine(line);
  }
  for (const std::string& damage : check.damage) printLine({{"damage", damage}});
  nlohmann::json store{{"store", path},
                       {"id", fmt::format("{:016x}{:016x}", check.seen.high, check.seen.low)},
                       {"epoch", check.epoch},
                       {"cleanStop", check.cleanStop},
                       {"lastCommit", check.last.raw()},
                       {"journalCommits", check.commits},
                       {"journalSegments", check.journalSegments},
                       {"journalBytes", check.journalBytes},
                       {"snapshotBytes", check.snapshotBytes},
                       {"stateEntries", check.stateEntries},
                       {"contentSegments", check.contentSegments},
                       {"contentBytes", check.contentBytes},
                       {"contentsChecked", check.claims},
                       {"provenanceBytes", provenance.bytes},
                       {"provenanceEvents", provenance.events},
                       {"sound", check.damage.empty()}};
  if (check.snapshot) store["snapshotCommit"] = check.snapshot->raw();
  printLine(store);
}

ExitCode verify(const VerifyArguments& arguments) {
  const auto files = makePosixFileSystem();
  ConnectionNames names;
  if (!arguments.flow.empty()) {
    auto read = namesFrom(*files, arguments.flow);
    if (!read.ok()) {
      complain(read.error().message);
      return ExitCode::kBadInput;
    }
    names = std::move(*read);
  }
  auto check = repo::StoreCheck::of(*files, arguments.data, names);
  if (!check.ok()) {
    complain(check.error().message);
    return check.error().fault == Fault::kUser ? ExitCode::kBadInput : ExitCode::kFailed;
  }
  const auto provenance = repo::ProvenanceCheck::of(*files, repo::provenancePathOf(arguments.data),
                                                    check->id, check->snapshot.value_or(Lsn(0)));
  if (!provenance.ok()) {
    complain(provenance.error().message);
    return ExitCode::kFailed;
  }
  for (const std::string& damage : provenance->damage) check->damage.push_back(damage);
  if (arguments.json) {
    printJson(arguments.data, *check, *provenance, names);
  } else {
    print(arguments.data, *check, *provenance, names);
    for (const std::string& damage : check->damage) complain(damage);
  }
  return check->damage.empty() ? ExitCode::kDone : ExitCode::kFailed;
}

ExitCode adopt(const std::string& data) {
  const auto files = makePosixFileSystem();
  Random random = Random::fromEntropy();
  const auto seen = repo::StoreIdentity::adopt(*files, data, random);
  if (!seen.ok()) {
    complain(seen.error().message);
    return seen.error().fault == Fault::kUser ? ExitCode::kBadInput : ExitCode::kFailed;
  }
  std::cout << fmt::format("{} is {:016x}{:016x} now\n", data, seen->high, seen->low);
  return ExitCode::kDone;
}

}  // namespace

void addRepoCommand(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("repo", "look after a data directory");
  command->require_subcommand(1);
  auto* check = command->add_subcommand(
      "verify", "read all of a data directory that is not in use; exit 0: sound, 1: damaged");
  auto arguments = std::make_shared<VerifyArguments>();
  check->add_option("DIR", arguments->data, "the data directory")->required();
  check->add_option("--flow", arguments->flow, "the flow file, to name connections by their paths");
  check->add_flag("--json", arguments->json, "report as JSON, one object a line");
  check->callback([arguments, &action] { action = [arguments] { return verify(*arguments); }; });
  auto* own = command->add_subcommand(
      "adopt", "give a copied data directory an identity of its own, before both copies are used");
  auto data = std::make_shared<std::string>();
  own->add_option("DIR", *data, "the copy")->required();
  own->footer(
      "Two copies with one identity give different FlowFiles the same uuid. The FlowFiles in the "
      "queues of an\nadopted copy have new uuids; everything else in it stays as it is.");
  own->callback([data, &action] { action = [data] { return adopt(*data); }; });
}

}  // namespace millrace::server
