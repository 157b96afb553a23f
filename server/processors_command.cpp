// SPDX-License-Identifier: Apache-2.0
// millrace processors [TYPE]: which processors there are and what each can do.
#include "engine/flow/finding.h"
#include "processors/reference.h"
#include "processors/registry.h"
#include "server/builtin_types.h"
#include "server/command.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iostream>

namespace millrace::server {
namespace {

struct ProcessorsArguments {
  std::string type;
  bool json = false;
  bool markdown = false;
};

ExitCode listAll(const ProcessorsArguments& arguments) {
  const auto all = builtinProcessors();
  if (arguments.markdown) {
    std::cout << referenceIndex(all);
    return ExitCode::kDone;
  }
  std::vector<const ProcessorDescriptor*> sorted(all.begin(), all.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->type < b->type; });
  std::size_t width = 0;
  for (const ProcessorDescriptor* descriptor : sorted)
    width = std::max(width, descriptor->type.size());
  for (const ProcessorDescriptor* descriptor : sorted) {
    if (arguments.json) {
      std::cout << referenceJson(*descriptor) << '\n';
    } else {
      std::cout << fmt::format("{:<{}}  {}\n", descriptor->type, width, descriptor->summary);
    }
  }
  return ExitCode::kDone;
}

ExitCode showOne(const ProcessorsArguments& arguments) {
  const ProcessorDescriptor* descriptor = findProcessorType(arguments.type);
  if (descriptor == nullptr) {
    std::vector<std::string> types;
    for (const ProcessorDescriptor* known : builtinProcessors()) types.emplace_back(known->type);
    std::string advice = flow::didYouMean(arguments.type, types);
    if (advice.empty()) advice = "see 'millrace processors' for those that exist";
    complain(fmt::format("there is no processor type '{}'; {}", arguments.type, advice));
    return ExitCode::kBadInput;
  }
  std::cout << (arguments.json ? referenceJson(*descriptor) + '\n'
                               : referenceMarkdown(*descriptor));
  return ExitCode::kDone;
}

}  // namespace

void addProcessorsCommand(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("processors", "list the processors, or describe one with its properties");
  auto arguments = std::make_shared<ProcessorsArguments>();
  auto* type = command->add_option("TYPE", arguments->type, "the type to describe");
  auto* json =
      command->add_flag("--json", arguments->json, "as JSON, one object a line for each type");
  command->add_flag("--markdown", arguments->markdown, "as Markdown")->excludes(json);
  command->callback([arguments, type, &action] {
    action = [arguments, one = type->count() > 0] {
      return one ? showOne(*arguments) : listAll(*arguments);
    };
  });
}

}  // namespace millrace::server
