// SPDX-License-Identifier: Apache-2.0
// millrace repo verify DIR: what is in a data directory, and whether all of it is sound.
#include "engine/base/posix_file_system.h"
#include "repositories/provenance/blocks/provenance_blocks.h"
#include "repositories/store/store_check.h"
#include "server/command.h"

#include <fmt/format.h>

#include <iostream>

namespace millrace::server {
namespace {

void print(const std::string& path, const repo::StoreCheck& check) {
  std::cout << fmt::format("{}: store {:016x}{:016x}, epoch {}, {}\n", path, check.id.high,
                           check.id.low, check.epoch,
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
    std::cout << fmt::format("  connection {}: {} FlowFiles, {} bytes\n", queue.connection.raw(),
                             queue.count, queue.bytes);
  }
  std::cout << fmt::format("state: {} entries of {} components\n", check.stateEntries,
                           check.components);
  std::cout << fmt::format("content: {} segments, {} bytes; {} contents of {} bytes were checked\n",
                           check.contentSegments, check.contentBytes, check.claims,
                           check.claimBytes);
}

ExitCode verify(const std::string& path) {
  const auto files = makePosixFileSystem();
  auto check = repo::StoreCheck::of(*files, path);
  if (!check.ok()) {
    complain(check.error().message);
    return check.error().fault == Fault::kUser ? ExitCode::kBadInput : ExitCode::kFailed;
  }
  print(path, *check);
  auto provenance = repo::ProvenanceCheck::of(*files, repo::provenancePathOf(path), check->id,
                                              check->snapshot.value_or(Lsn(0)));
  if (!provenance.ok()) {
    complain(provenance.error().message);
    return ExitCode::kFailed;
  }
  std::cout << fmt::format("provenance: {} files, {} bytes; {} events of {} commits in {} blocks\n",
                           provenance->files, provenance->bytes, provenance->events,
                           provenance->commits, provenance->blocks);
  for (std::string& damage : provenance->damage) check->damage.push_back(std::move(damage));
  for (const std::string& damage : check->damage) complain(damage);
  std::cout << (check->damage.empty() ? "sound\n" : "damaged\n");
  return check->damage.empty() ? ExitCode::kDone : ExitCode::kFailed;
}

}  // namespace

void addRepoCommand(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("repo", "look after a data directory");
  command->require_subcommand(1);
  auto* check = command->add_subcommand(
      "verify", "read all of a data directory that is not in use; exit 0: sound, 1: damaged");
  auto path = std::make_shared<std::string>();
  check->add_option("DIR", *path, "the data directory")->required();
  check->callback([path, &action] { action = [path] { return verify(*path); }; });
}

}  // namespace millrace::server
