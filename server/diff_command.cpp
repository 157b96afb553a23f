// SPDX-License-Identifier: Apache-2.0
// millrace diff A B: what two flow files mean differently.
#include "engine/base/posix_file_system.h"
#include "engine/flow/diff.h"
#include "engine/flow/yaml_reader.h"
#include "server/command.h"

#include <CLI/CLI.hpp>

#include <iostream>
#include <optional>

namespace millrace::server {
namespace {

struct DiffArguments {
  std::string older;
  std::string newer;
};

std::optional<flow::Flow> readOrComplain(FileSystem& files, const std::string& path) {
  const auto text = files.readAll(path);
  if (!text.ok()) {
    complain(text.error().message);
    return std::nullopt;
  }
  flow::ReadFlow read = flow::readFlow(*text);
  for (const flow::Finding& finding : read.findings) {
    if (finding.severity == flow::Severity::kError)
      std::cerr << flow::describe(finding, path) << '\n';
  }
  if (!read.ok()) return std::nullopt;
  return std::move(read.flow);
}

ExitCode diff(const DiffArguments& arguments) {
  const auto files = makePosixFileSystem();
  const auto older = readOrComplain(*files, arguments.older);
  const auto newer = readOrComplain(*files, arguments.newer);
  if (!older || !newer) return ExitCode::kBadInput;
  const auto differences = flow::diffFlows(*older, *newer);
  for (const flow::Difference& difference : differences) std::cout << difference.text << '\n';
  return differences.empty() ? ExitCode::kDone : ExitCode::kDifferent;
}

}  // namespace

void addDiffCommand(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "diff", "say what two flow files mean differently; exit 0: nothing, 1: something");
  auto arguments = std::make_shared<DiffArguments>();
  command->add_option("A", arguments->older, "the older flow file")->required();
  command->add_option("B", arguments->newer, "the newer flow file")->required();
  command->callback([arguments, &action] { action = [arguments] { return diff(*arguments); }; });
}

}  // namespace millrace::server
