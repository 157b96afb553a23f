// SPDX-License-Identifier: Apache-2.0
#include "minifi-agent/run_agent.h"

#include "engine/base/posix_file_system.h"
#include "minifi-agent/agent_events.h"
#include "minifi-agent/agent_log.h"
#include "minifi-agent/commander.h"
#include "minifi-agent/minifi_home.h"
#include "minifi-agent/running_flow.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>

namespace millrace::agent {
namespace {

constexpr std::uint64_t kMostTokenBytes = 4096;

std::optional<std::string> environmentVariable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::string textOf(const engine::Bulletin& bulletin) {
  constexpr const char* kLevels[] = {"debug", "info", "warning", "error", "none"};
  return fmt::format("{}: {}: {}", kLevels[static_cast<std::size_t>(bulletin.level)],
                     bulletin.componentName.empty() ? "engine" : bulletin.componentName,
                     bulletin.message);
}

ExitCode codeOf(const Error& error) {
  return error.fault == Fault::kUser ? ExitCode::kBadInput : ExitCode::kFailed;
}

class Agent {
 public:
  Agent(AgentOptions options, std::string version)
      : options_(std::move(options)), version_(std::move(version)), files_(makePosixFileSystem()) {}

  ExitCode run() {
    // First of all, so that a signal during the start is not lost.
    auto events = AgentEvents::open();
    if (!events.ok()) return refuse(events.error());
    events_ = std::move(*events);
    if (const auto ready = prepare(); !ready.ok()) return refuse(ready.error());
    running_ = std::make_unique<RunningFlow>(
        *files_, log_, RunningFlowOptions{host_, options_.secrets, environmentVariable});
    if (c2_.isOn() && options_.verb == Verb::kRun) return report();
    auto text = files_->readAll(options_.config);
    if (!text.ok()) return refuse(text.error());
    text_ = *text;
    const auto flow = running_->read(std::move(*text), options_.config, false);
    if (!flow.ok()) return refuse(flow.error());
    if (options_.verb == Verb::kValidate) return ExitCode::kDone;
    if (const auto watched = watch(); !watched.ok()) return refuse(watched.error());
    if (const auto opened = running_->open(*flow); !opened.ok()) return refuse(opened.error());
    return live();
  }

 private:
  ExitCode refuse(const Error& error) {
    log_.say(error.message);
    return codeOf(error);
  }

  /// Settings of the home folder first; the command line wins.
  Result<> prepare() {
    host_.data = "millrace-data";
    C2Options c2;
    if (!options_.home.empty()) {
      MinifiHome home = MR_TRY(readMinifiHome(*files_, options_.home, environmentVariable));
      for (const std::string& remark : home.remarks) log_.say(remark);
      if (options_.config.empty()) options_.config = std::move(home.config);
      host_.data = std::move(home.data);
      host_.durability = home.durability.value_or(host_.durability);
      host_.provenance = home.provenance.value_or(host_.provenance);
      host_.provenanceBytes = home.provenanceBytes;
      host_.provenanceAge = home.provenanceAge;
      host_.drain = home.drain.value_or(host_.drain);
      host_.workers = home.workers;
      if (!options_.diskBudget) options_.diskBudget = home.diskBudget;
      if (!options_.dropsNewest) options_.dropsNewest = home.dropsNewest;
      c2 = std::move(home.c2);
    }
    if (!options_.data.empty()) host_.data = options_.data;
    host_.durability = options_.durability.value_or(host_.durability);
    host_.provenance = options_.provenance.value_or(host_.provenance);
    host_.drain = options_.drain.value_or(host_.drain);
    if (options_.workers != 0) host_.workers = options_.workers;
    host_.queueMemory = options_.queueMemory;
    if (options_.dropsNewest && !options_.diskBudget)
      return Error::user("what a full disk budget drops is set, but no --disk-budget");
    host_.diskBudget = {options_.diskBudget.value_or(0), options_.dropsNewest.value_or(false)};
    if (!options_.siteToSite.at.empty())
      host_.siteToSite = MR_TRY(listenOptionsOf(*files_, options_.siteToSite));
    host_.parameters.plain = options_.parameters;
    host_.onBulletin = [this](const engine::Bulletin& bulletin) { log_.say(textOf(bulletin)); };
    host_.onFailure = [bell = events_.get()] { bell->ring(); };
    // Without files nothing is kept, whatever else was asked for.
    if (host_.durability == Durability::kNone) host_.provenance = false;
    return options_.once || options_.verb != Verb::kRun ? Result<>(Done{})
                                                        : prepareC2(std::move(c2));
  }

  Result<> prepareC2(C2Options c2) {
    overlay(c2, options_.c2);
    c2_ = std::move(c2.settings);
    if (!c2_.isOn()) return Done{};
    c2_.period = c2.period.value_or(c2_.period);
    c2_.trial = c2.trial.value_or(c2_.trial);
    if (c2.tokenFile.empty()) {
      c2_.token = environmentVariable("MILLRACE_C2_TOKEN").value_or("");
    } else {
      c2_.token = MR_TRY(files_->readAll(c2.tokenFile, kMostTokenBytes));
      c2_.token.erase(c2_.token.find_last_not_of(" \t\r\n") + 1);
      if (c2_.token.empty()) return Error::user(c2.tokenFile + ": there is no token in it");
    }
    MR_TRY(completeC2Settings(c2_, C2SettingNames{}));
    if (const std::string warning = c2Warning(c2_); !warning.empty()) log_.say(warning);
    return Done{};
  }

  Result<> watch() {
    if (!options_.watch || options_.once || options_.config.empty()) return Done{};
    return events_->watch(options_.config);
  }

  /// Runs what a server wants.
  ExitCode report() {
    CommanderOptions options;
    options.c2 = c2_;
    options.version = version_;
    options.ownName = options_.config;
    options.own = [this] { return files_->readAll(options_.config); };
    options.ring = [bell = events_.get()] { bell->ring(); };
    auto commander = Commander::open(*files_, log_, *running_, std::move(options));
    if (!commander.ok()) return refuse(commander.error());
    commander_ = std::move(*commander);
    if (const auto watched = watch(); !watched.ok()) return refuse(watched.error());
    if (const auto started = commander_->start(); !started.ok()) {
      const ExitCode code = refuse(started.error());
      return running_->isOpen() ? end(code) : code;
    }
    while (!running_->host().failed()) {
      const AgentEvent event = events_->wait(commander_->patience());
      if (event == AgentEvent::kStop) break;
      if (event == AgentEvent::kFileChanged && settle() == AgentEvent::kStop) break;
      auto done = commander_->work();
      if (done.ok() && (event == AgentEvent::kFileChanged || event == AgentEvent::kReload))
        done = commander_->lookAgain();
      if (!done.ok()) {
        log_.say(done.error().message);
        return end(ExitCode::kFailed);
      }
    }
    return end(ExitCode::kDone);
  }

  ExitCode live() {
    AgentHost& host = running_->host();
    if (options_.once) {
      if (const auto endless = host.controller().endlessSources(); !endless.empty()) {
        log_.say(fmt::format("{}: '{}' never runs dry, so --once would wait for ever; leave it out",
                             options_.config, endless.front()));
        return ExitCode::kBadInput;
      }
    }
    if (const auto started = host.start(); !started.ok()) {
      log_.say(started.error().message);
      return end(ExitCode::kBadInput);
    }
    while (!host.failed()) {
      constexpr Nanos kLook = 2 * kMillisecond;  // how often --once asks whether it is the end
      constexpr Nanos kForEver = -1;
      const AgentEvent event = events_->wait(options_.once ? kLook : kForEver);
      if (event == AgentEvent::kStop) break;
      if (event == AgentEvent::kFileChanged && settle() == AgentEvent::kStop) break;
      if (event == AgentEvent::kFileChanged || event == AgentEvent::kReload) reload();
      if (options_.once && host.controller().isIdle()) break;
    }
    return end(ExitCode::kDone);
  }

  /// Gives a writer that is not done yet the time to be.
  AgentEvent settle() {
    constexpr Nanos kSettle = 100 * kMillisecond;
    AgentEvent event = AgentEvent::kFileChanged;
    while (event == AgentEvent::kFileChanged) event = events_->wait(kSettle);
    return event;
  }

  /// Makes the config's flow the running one, if it can be; else what runs goes on.
  void reload() {
    auto text = files_->readAll(options_.config);
    if (!text.ok()) {
      log_.say(text.error().message + "; what runs goes on");
      return;
    }
    if (*text == text_) return;
    text_ = *text;
    const auto flow = running_->read(std::move(*text), options_.config, false);
    const auto taken = flow.ok() ? running_->exchange(*flow) : Result<>(flow.error());
    log_.say(taken.ok() ? fmt::format("{}: taken over", options_.config)
                        : fmt::format("{}: not taken over, what runs goes on: {}", options_.config,
                                      taken.error().message));
  }

  ExitCode end(ExitCode code) {
    AgentHost& host = running_->host();
    const bool hangs = commander_ != nullptr && !commander_->stop();
    const auto stopped = host.stop();
    if (!stopped.ok()) log_.say(stopped.error().message);
    if (stopped.ok() && !stopped->empty()) {
      for (const std::string& path : *stopped) {
        log_.say(
            fmt::format("'{}' did not stop in time and was terminated; what it had in hand is "
                        "back in its queues",
                        path));
      }
      code = ExitCode::kFailed;
    }
    if (!stopped.ok() || host.failed()) code = ExitCode::kFailed;
    if (!host.controller().hanging().empty()) code = ExitCode::kFailed;
    if (hangs || !host.controller().hanging().empty()) {
      // A thread still looks at what would be destroyed. Everything is durable.
      std::fflush(nullptr);
      ::_exit(static_cast<int>(code));
    }
    return code;
  }

  /// What was given on the command line wins.
  static void overlay(C2Options& into, const C2Options& given) {
    const auto take = [](std::string& to, const std::string& from) {
      if (!from.empty()) to = from;
    };
    C2Settings& c2 = into.settings;
    if (!given.settings.url.empty()) {
      c2.acknowledgeUrl.clear();  // they went with the other one
      c2.flowBase.clear();
    }
    take(c2.url, given.settings.url);
    take(c2.agentClass, given.settings.agentClass);
    take(c2.agent, given.settings.agent);
    take(c2.key, given.settings.key);
    take(c2.authorities, given.settings.authorities);
    take(c2.certificate, given.settings.certificate);
    take(c2.certificateKey, given.settings.certificateKey);
    take(into.tokenFile, given.tokenFile);
    if (given.period) into.period = given.period;
    if (given.trial) into.trial = given.trial;
  }

  AgentOptions options_;
  const std::string version_;
  std::unique_ptr<FileSystem> files_;
  AgentLog log_;
  std::unique_ptr<AgentEvents> events_;
  AgentHostOptions host_;
  C2Settings c2_;
  std::unique_ptr<RunningFlow> running_;
  std::unique_ptr<Commander> commander_;  // instead of live()
  std::string text_;                      // of the config that was looked at last
};

}  // namespace

ExitCode runAgent(AgentOptions options, std::string version) {
  return Agent(std::move(options), std::move(version)).run();
}

}  // namespace millrace::agent
