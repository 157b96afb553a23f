// SPDX-License-Identifier: Apache-2.0
#include "minifi-agent/running_flow.h"

#include "engine/flow/elements.h"
#include "engine/flow/parameters.h"
#include "server/secrets/secret_sources.h"

#include <fmt/format.h>

namespace millrace::agent {
namespace {

void setState(flow::RunState& state, const std::string& path, const RunStates& states) {
  const auto named = states.components.find(path);
  if (named != states.components.end() && named->second) {
    if (state == flow::RunState::kStopped) state = flow::RunState::kRunning;
  } else if (states.stopped || named != states.components.end()) {
    if (state == flow::RunState::kRunning) state = flow::RunState::kStopped;
  }
}

}  // namespace

flow::Flow RunningFlow::with(flow::Flow flow, const RunStates& states) {
  if (states == RunStates{}) return flow;
  flow::forEachElement(flow, [&](flow::ElementKind kind, const std::string& path,
                                 flow::Element& element, flow::Group&) {
    if (kind == flow::ElementKind::kProcessor)
      setState(static_cast<flow::Processor&>(element).state, path, states);
    if (kind == flow::ElementKind::kInputPort || kind == flow::ElementKind::kOutputPort)
      setState(static_cast<flow::Port&>(element).state, path, states);
    if (kind == flow::ElementKind::kRemoteInputPort || kind == flow::ElementKind::kRemoteOutputPort)
      setState(static_cast<flow::RemotePort&>(element).state, path, states);
  });
  return flow;
}

Result<flow::Flow> RunningFlow::read(std::string bytes, const std::string& name, bool whole) {
  auto read = judgeAgentFlow(std::move(bytes), options_.host.parameters, options_.variables);
  if (!read.ok()) return Error::user(fmt::format("{}: {}", name, read.error().message));
  std::string errors;
  const auto add = [&](const std::string& line) { errors += (errors.empty() ? "" : "\n") + line; };
  for (const flow::Finding& finding : read->findings) {
    const std::string line = flow::describe(finding, name);
    if (finding.severity == flow::Severity::kError)
      add(line);
    else
      log_.say(line);
  }
  for (const std::string& type : read->unknownTypes) {
    const std::string line =
        fmt::format("{}: unknown type: {}; what needs it does not run", name, type);
    if (whole)
      add(line);
    else
      log_.say(line);
  }
  if (!errors.empty()) return Error::user(errors);
  MR_TRY(gatherSecrets(read->flow));
  return std::move(read->flow);
}

Result<> RunningFlow::gatherSecrets(const flow::Flow& flow) {
  for (const auto& [name, value] : options_.host.parameters.plain) {
    if (!flow::isSensitiveSomewhere(flow, name)) continue;
    return Error::user(fmt::format(
        "--param {0}: '{0}' is sensitive, and whoever uses this machine can read command lines; "
        "set {1}, or give --secrets FILE",
        name, server::secretVariable(name)));
  }
  server::SecretSources sources;
  sources.file = options_.secrets;
  sources.environment = options_.variables;
  const server::GatheredSecrets gathered =
      MR_TRY(server::gatherSecrets(files_, flow::referencedSecrets(flow), sources));
  for (const std::string& note : gathered.notes) log_.say(note);
  // What runs may need others than a flow that is only looked at.
  for (const auto& [name, value] : gathered.values) options_.host.parameters.secrets[name] = value;
  return Done{};
}

Result<> RunningFlow::open(const flow::Flow& flow) {
  host_ = MR_TRY(AgentHost::open(flow, options_.host));
  for (const std::string& parked : host_->parked()) {
    log_.say(fmt::format("{} wait in a connection that the flow does not have; they are kept in {}",
                         parked, options_.host.data));
  }
  if (host_->siteToSitePort() != 0) {
    log_.say(fmt::format("site-to-site is served at {}:{}", options_.host.siteToSite->at.host,
                         host_->siteToSitePort()));
  }
  return Done{};
}

Result<> RunningFlow::exchange(const flow::Flow& flow) {
  engine::FlowController& controller = host_->controller();
  controller.giveSecrets(options_.host.parameters.secrets);
  const std::uint64_t before = controller.revision();
  auto applied = host_->apply(flow);
  // What does not start is a bulletin, and stops nobody else.
  if (controller.revision() == before) return applied;
  return Done{};
}

std::string RunningFlow::problems() const {
  std::string text;
  const auto add = [&](const std::string& path, const std::string& why) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : "\n", path, why);
  };
  for (const engine::ComponentSnapshot& each : host_->controller().components()) {
    if (!each.invalid.empty()) add(each.path, each.invalid);
    if (!each.startProblem.empty()) add(each.path, each.startProblem);
  }
  for (const auto& [path, why] : host_->controller().serviceProblems()) add(path, why);
  return text;
}

}  // namespace millrace::agent
