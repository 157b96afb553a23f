// SPDX-License-Identifier: Apache-2.0
#include "server/flow_secrets.h"

#include "engine/flow/parameters.h"
#include "server/secrets/secret_sources.h"
#include "server/secrets/secret_store.h"
#include "server/secrets/terminal_prompt.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

namespace millrace::server {
namespace {

constexpr const char* kKeyVariable = "MILLRACE_SECRET_KEY";

/// Asks whoever sits at the terminal of this process.
Result<std::string> askPerson(const std::string& name) {
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0) return Error::environment("there is no terminal to ask at", false);
  auto answer =
      askAtTerminal(terminal, fmt::format("value of the sensitive parameter '{}': ", name));
  ::close(terminal);
  return answer;
}

}  // namespace

std::optional<std::string> environmentVariable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::optional<std::string> secretKeyOfEnvironment() { return environmentVariable(kKeyVariable); }

Result<FlowSecrets> FlowSecrets::gather(FileSystem& files, const flow::Flow& flow,
                                        const SecretOptions& options,
                                        const engine::ParameterValues& plain) {
  for (const auto& [name, value] : plain) {
    if (!flow::isSensitiveSomewhere(flow, name)) continue;
    return Error::user(fmt::format(
        "--param {0}: '{0}' is sensitive, and whoever uses this machine can read command "
        "lines; set {1}, or give --secrets FILE",
        name, secretVariable(name)));
  }
  FlowSecrets secrets;
  secrets.data_ = options.data;
  const std::vector<std::string> names = flow::referencedSecrets(flow);
  SecretSources sources;
  sources.file = options.file;
  sources.mayMiss = options.mayMiss;
  sources.environment = environmentVariable;
  if (!options.data.empty()) {
    auto kept = SecretStore(files, options.data, secretKeyOfEnvironment()).load();
    if (!kept.ok() && !names.empty()) {
      return Error{kept.error().fault, kept.error().retry,
                   fmt::format("{} (of the sensitive parameter '{}'{})", kept.error().message,
                               names.front(), names.size() > 1 ? " and others" : "")};
    }
    // What the flow does not use now it may use after a change.
    if (kept.ok()) {
      sources.kept = std::move(kept->values);
      secrets.previous_ = std::move(kept->previous);
    }
  }
  if (::isatty(STDIN_FILENO) == 1) sources.ask = askPerson;
  GatheredSecrets gathered = MR_TRY(gatherSecrets(files, names, sources));
  secrets.changed_ = gathered.values != sources.kept;
  secrets.values_ = std::move(gathered.values);
  secrets.given_ = std::move(gathered.given);
  secrets.notes_ = std::move(gathered.notes);
  return secrets;
}

Result<> FlowSecrets::keep(FileSystem& files) const {
  if (data_.empty() || !changed_) return Done{};
  return SecretStore(files, data_, secretKeyOfEnvironment()).save({values_, previous_});
}

}  // namespace millrace::server
