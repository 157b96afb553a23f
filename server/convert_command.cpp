// SPDX-License-Identifier: Apache-2.0
// millrace convert FILE -o FLOW: a flow file made of a flow of NiFi or MiNiFi. Losses and unknown
// types go to stderr, a summary to stdout.
#include "engine/base/posix_file_system.h"
#include "engine/flow/elements.h"
#include "engine/flow/import/flow_import.h"
#include "host/flow_check.h"
#include "server/command.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>

namespace millrace::server {
namespace {

struct ConvertArguments {
  std::string file;
  std::string flow;
};

std::string counted(std::size_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

bool isSameFile(FileSystem& files, const std::string& one, const std::string& other) {
  const auto first = files.info(one);
  const auto second = files.info(other);
  return first.ok() && second.ok() && first->inode == second->inode &&
         first->device == second->device;
}

std::string summary(const flow::ImportedFlow& imported) {
  std::size_t processors = 0;
  std::size_t connections = 0;
  std::size_t groups = 0;
  flow::forEachElement(imported.flow, [&](flow::ElementKind kind, const std::string&,
                                          const flow::Element&, const flow::Group&) {
    if (kind == flow::ElementKind::kProcessor) ++processors;
    if (kind == flow::ElementKind::kConnection) ++connections;
    if (kind == flow::ElementKind::kGroup) ++groups;
  });
  return fmt::format("{}, {}, {}; {}, {}", counted(processors, "processor"),
                     counted(connections, "connection"), counted(groups, "group"),
                     counted(imported.unknownTypes.size(), "unknown type"),
                     counted(imported.findings.size(), "remark"));
}

ExitCode convert(const ConvertArguments& arguments) {
  const auto files = makePosixFileSystem();
  if (isSameFile(*files, arguments.file, arguments.flow)) {
    complain(fmt::format("'{}' would be overwritten by its own conversion; give -o another name",
                         arguments.file));
    return ExitCode::kBadInput;
  }
  const auto bytes = files->readAll(arguments.file);
  if (!bytes.ok()) {
    complain(bytes.error().message);
    return ExitCode::kBadInput;
  }
  const flow::ImportedFlow imported = flow::importFlow(*bytes, host::builtinCatalog());
  for (const flow::Finding& finding : imported.findings)
    std::cerr << flow::describe(finding, arguments.file) << '\n';
  if (!imported.ok()) return ExitCode::kBadInput;
  for (const std::string& type : imported.unknownTypes)
    std::cerr << "unknown type: " << type << '\n';
  if (const auto written = files->replaceAll(arguments.flow, imported.text); !written.ok()) {
    complain(written.error().message);
    return ExitCode::kBadInput;
  }
  std::cout << arguments.flow << ": " << summary(imported) << '\n';
  return ExitCode::kDone;
}

}  // namespace

void addConvertCommand(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "convert", "make a flow file of a NiFi or MiNiFi flow; says what is lost on stderr");
  auto arguments = std::make_shared<ConvertArguments>();
  command
      ->add_option("FILE", arguments->file,
                   "flow definition, flow.json, flow.json.gz, config.yml or config.json")
      ->required();
  command->add_option("-o,--output", arguments->flow, "the flow file to write (YAML)")->required();
  command->callback([arguments, &action] { action = [arguments] { return convert(*arguments); }; });
}

}  // namespace millrace::server
