// SPDX-License-Identifier: Apache-2.0
// The program `millrace-agent`: reads the command line and does what it says.
#include "engine/processor/descriptor.h"
#include "minifi-agent/agent_log.h"
#include "minifi-agent/run_agent.h"
#include "processors/registry.h"

#include <cstdio>
#include <exception>
#include <string>

namespace millrace::agent {
namespace {

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

ExitCode listTypes() {
  std::string text;
  for (const ProcessorDescriptor* processor : builtinProcessors())
    text.append(processor->type).append("\n");
  for (const ServiceDescriptor* service : builtinServices())
    text.append(service->type).append(" (service)\n");
  print(text);
  return ExitCode::kDone;
}

ExitCode run(int argc, char** argv) {
  auto options =
      readOptions(std::span<const char* const>(argv, static_cast<std::size_t>(argc)).subspan(1));
  if (!options.ok()) {
    complain(options.error().message);
    return ExitCode::kBadInput;
  }
  switch (options->verb) {
    case Verb::kHelp:
      print(usage());
      return ExitCode::kDone;
    case Verb::kVersion:
      print("millrace-agent " MR_VERSION MR_KIND "\n");
      return ExitCode::kDone;
    case Verb::kListTypes:
      return listTypes();
    case Verb::kRun:
    case Verb::kValidate:
      return runAgent(std::move(*options), MR_VERSION);
  }
  return ExitCode::kBadInput;
}

}  // namespace

}  // namespace millrace::agent

int main(int argc, char** argv) {
  using namespace millrace::agent;
  try {
    return static_cast<int>(run(argc, argv));
  } catch (const std::exception& error) {
    complain(error.what());
    return static_cast<int>(ExitCode::kFailed);
  }
}
