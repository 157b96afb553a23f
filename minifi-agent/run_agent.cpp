// SPDX-License-Identifier: Apache-2.0
#include "minifi-agent/run_agent.h"

#include "engine/base/posix_file_system.h"
#include "engine/flow/parameters.h"
#include "minifi-agent/agent_events.h"
#include "minifi-agent/agent_flow.h"
#include "minifi-agent/agent_host.h"
#include "minifi-agent/minifi_home.h"
#include "server/secrets/secret_sources.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>

namespace millrace::agent {
namespace {

std::optional<std::string> environmentVariable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

void tell(const engine::Bulletin& bulletin) {
  constexpr const char* kLevels[] = {"debug", "info", "warning", "error", "none"};
  complain(fmt::format("{}: {}: {}", kLevels[static_cast<std::size_t>(bulletin.level)],
                       bulletin.componentName.empty() ? "engine" : bulletin.componentName,
                       bulletin.message));
}

ExitCode refuse(const Error& error) {
  complain(error.message);
  return error.fault == Fault::kUser ? ExitCode::kBadInput : ExitCode::kFailed;
}

class Agent {
 public:
  explicit Agent(AgentOptions options)
      : options_(std::move(options)), files_(makePosixFileSystem()) {}

  ExitCode run() {
    // First of all, so that a signal during the start is not lost.
    auto events = AgentEvents::open();
    if (!events.ok()) return refuse(events.error());
    events_ = std::move(*events);
    if (const auto ready = prepare(); !ready.ok()) return refuse(ready.error());
    auto read = readAgentFlow(*files_, options_.config, host_.parameters, environmentVariable);
    if (!read.ok()) return refuse(read.error());
    tellFindings(*read);
    if (!read->ok()) return ExitCode::kBadInput;
    if (options_.verb == Verb::kValidate) return ExitCode::kDone;
    if (const auto gathered = gatherSecrets(read->flow); !gathered.ok())
      return refuse(gathered.error());
    running_ = std::move(read->bytes);
    if (options_.watch && !options_.once) {
      if (const auto watched = events_->watch(options_.config); !watched.ok())
        return refuse(watched.error());
    }
    host_.onFailure = [bell = events_.get()] { bell->ring(); };
    auto host = AgentHost::open(read->flow, host_);
    if (!host.ok()) return refuse(host.error());
    return live(**host);
  }

 private:
  /// Settings of the home folder first; the command line wins.
  Result<> prepare() {
    host_.data = "millrace-data";
    if (!options_.home.empty()) {
      MinifiHome home = MR_TRY(readMinifiHome(*files_, options_.home, environmentVariable));
      for (const std::string& remark : home.remarks) complain(remark);
      if (options_.config.empty()) options_.config = std::move(home.config);
      host_.data = std::move(home.data);
      host_.durability = home.durability.value_or(host_.durability);
      host_.provenance = home.provenance.value_or(host_.provenance);
      host_.provenanceBytes = home.provenanceBytes;
      host_.provenanceAge = home.provenanceAge;
      host_.drain = home.drain.value_or(host_.drain);
      host_.workers = home.workers;
    }
    if (!options_.data.empty()) host_.data = options_.data;
    host_.durability = options_.durability.value_or(host_.durability);
    host_.provenance = options_.provenance.value_or(host_.provenance);
    host_.drain = options_.drain.value_or(host_.drain);
    if (options_.workers != 0) host_.workers = options_.workers;
    host_.queueMemory = options_.queueMemory;
    host_.parameters.plain = options_.parameters;
    host_.onBulletin = tell;
    // Without files nothing is kept, whatever else was asked for.
    if (host_.durability == Durability::kNone) host_.provenance = false;
    return Done{};
  }

  void tellFindings(const AgentFlow& read) const {
    for (const flow::Finding& finding : read.findings)
      complain(flow::describe(finding, options_.config));
    for (const std::string& type : read.unknownTypes)
      complain(
          fmt::format("{}: unknown type: {}; what needs it does not run", options_.config, type));
  }

  Result<> gatherSecrets(const flow::Flow& flow) {
    for (const auto& [name, value] : host_.parameters.plain) {
      if (!flow::isSensitiveSomewhere(flow, name)) continue;
      return Error::user(fmt::format(
          "--param {0}: '{0}' is sensitive, and whoever uses this machine can read command lines; "
          "set {1}, or give --secrets FILE",
          name, server::secretVariable(name)));
    }
    server::SecretSources sources;
    sources.file = options_.secrets;
    sources.environment = environmentVariable;
    const server::GatheredSecrets gathered =
        MR_TRY(server::gatherSecrets(*files_, flow::referencedSecrets(flow), sources));
    for (const std::string& note : gathered.notes) complain(note);
    host_.parameters.secrets = gathered.values;
    return Done{};
  }

  ExitCode live(AgentHost& host) {
    for (const std::string& parked : host.parked())
      complain(
          fmt::format("{} wait in a connection that the flow does not have; they are kept in {}",
                      parked, host_.data));
    if (options_.once) {
      if (const auto endless = host.controller().endlessSources(); !endless.empty()) {
        complain(fmt::format("{}: '{}' never runs dry, so --once would wait for ever; leave it out",
                             options_.config, endless.front()));
        return ExitCode::kBadInput;
      }
    }
    if (const auto started = host.start(); !started.ok()) {
      complain(started.error().message);
      return end(host, ExitCode::kBadInput);
    }
    while (!host.failed()) {
      constexpr Nanos kLook = 2 * kMillisecond;  // how often --once asks whether it is the end
      constexpr Nanos kForEver = -1;
      const AgentEvent event = events_->wait(options_.once ? kLook : kForEver);
      if (event == AgentEvent::kStop) break;
      if (event == AgentEvent::kFileChanged && settle() == AgentEvent::kStop) break;
      if (event == AgentEvent::kFileChanged || event == AgentEvent::kReload) reload(host);
      if (options_.once && host.controller().isIdle()) break;
    }
    return end(host, ExitCode::kDone);
  }

  /// Gives a writer that is not done yet the time to be.
  AgentEvent settle() {
    constexpr Nanos kSettle = 100 * kMillisecond;
    AgentEvent event = AgentEvent::kFileChanged;
    while (event == AgentEvent::kFileChanged) event = events_->wait(kSettle);
    return event;
  }

  /// Makes the config's flow the running one, if it can be; else what runs goes on.
  void reload(AgentHost& host) {
    auto read = readAgentFlow(*files_, options_.config, host_.parameters, environmentVariable);
    if (!read.ok()) {
      complain(read.error().message + "; what runs goes on");
      return;
    }
    if (read->bytes == running_) return;
    running_ = read->bytes;
    tellFindings(*read);
    const auto applied =
        read->ok() ? host.apply(read->flow) : Result<>(Error::user("it has errors"));
    complain(applied.ok() ? fmt::format("{}: taken over", options_.config)
                          : fmt::format("{}: not taken over, what runs goes on: {}",
                                        options_.config, applied.error().message));
  }

  ExitCode end(AgentHost& host, ExitCode code) {
    const auto stopped = host.stop();
    if (!stopped.ok()) complain(stopped.error().message);
    if (stopped.ok() && !stopped->empty()) {
      for (const std::string& path : *stopped)
        complain(
            fmt::format("'{}' did not stop in time and was terminated; what it had in hand is "
                        "back in its queues",
                        path));
      code = ExitCode::kFailed;
    }
    if (!stopped.ok() || host.failed()) code = ExitCode::kFailed;
    if (!host.controller().hanging().empty()) {
      // A thread still looks at what would be destroyed. Everything is durable.
      std::fflush(nullptr);
      ::_exit(static_cast<int>(ExitCode::kFailed));
    }
    return code;
  }

  AgentOptions options_;
  std::unique_ptr<FileSystem> files_;
  std::unique_ptr<AgentEvents> events_;
  AgentHostOptions host_;
  std::string running_;  // bytes of the config that was looked at last
};

}  // namespace

ExitCode runAgent(AgentOptions options) { return Agent(std::move(options)).run(); }

}  // namespace millrace::agent
