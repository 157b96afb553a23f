// SPDX-License-Identifier: Apache-2.0
#include "server/rest/actions_resource.h"

#include "engine/flow/elements.h"
#include "server/rest/json_body.h"
#include "server/rest/who.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <map>
#include <set>

namespace millrace::server {
namespace {

enum class Verb : std::uint8_t { kStart, kStop, kEnable, kDisable, kRunOnce, kTerminate };

std::optional<Verb> verbOf(std::string_view text) {
  if (text == "start") return Verb::kStart;
  if (text == "stop") return Verb::kStop;
  if (text == "enable") return Verb::kEnable;
  if (text == "disable") return Verb::kDisable;
  if (text == "run-once") return Verb::kRunOnce;
  if (text == "terminate") return Verb::kTerminate;
  return std::nullopt;
}

/// One component that can be told to do something.
struct Target {
  flow::ElementId id;
  flow::ElementKind kind = flow::ElementKind::kProcessor;
  std::string path;
  bool named = false;  // by the request itself, not through a group
  flow::RunState state = flow::RunState::kRunning;
  bool enabled = true;  // of a service
};

/// Everything in the flow that has a run state, with the groups around it.
struct Candidate {
  Target target;
  std::set<std::string> within;
};

std::vector<Candidate> candidatesOf(const flow::Flow& flow) {
  const std::string root = idText(flow::ElementId(0));
  std::map<const flow::Group*, std::set<std::string>> around;
  around[&flow.root] = {root};
  std::vector<Candidate> candidates;
  std::string remote;  // the remote group whose ports come next
  flow::forEachElement(flow, [&](flow::ElementKind kind, const std::string& path,
                                 const flow::Element& element, const flow::Group& owner) {
    Candidate candidate{{element.id, kind, path}, around[&owner]};
    switch (kind) {
      case flow::ElementKind::kGroup: {
        std::set<std::string> way = around[&owner];
        way.insert(idText(element.id));
        around[static_cast<const flow::Group*>(&element)] = std::move(way);
        return;
      }
      case flow::ElementKind::kProcessor:
        candidate.target.state = static_cast<const flow::Processor&>(element).state;
        break;
      case flow::ElementKind::kInputPort:
      case flow::ElementKind::kOutputPort:
        candidate.target.state = static_cast<const flow::Port&>(element).state;
        break;
      case flow::ElementKind::kRemoteGroup:
        remote = idText(element.id);
        return;
      case flow::ElementKind::kRemoteInputPort:
      case flow::ElementKind::kRemoteOutputPort:
        candidate.target.state = static_cast<const flow::RemotePort&>(element).state;
        candidate.within.insert(remote);
        break;
      case flow::ElementKind::kService:
        candidate.target.enabled = static_cast<const flow::Service&>(element).enabled;
        break;
      default:
        return;
    }
    candidates.push_back(std::move(candidate));
  });
  return candidates;
}

class Action {
 public:
  Action(const ActionParts& parts, Verb verb) : parts_(parts), verb_(verb) {
    for (auto& snapshot : parts.controller.components()) {
      const ComponentId id = snapshot.id;
      snapshots_.emplace(id, std::move(snapshot));
    }
  }

  HttpResponse run(const std::vector<std::string>& ids, const ChangeRequest& request) {
    const auto state = parts_.flow.state();
    const auto candidates = candidatesOf(state->flow);
    std::map<flow::ElementId, Target> targets;
    for (const std::string& id : ids) {
      const bool known = findComponent(*state->json, id) != nullptr;
      if (!known) fail(id, "there is no such component; read the flow again");
      for (const Candidate& candidate : candidates) {
        const bool named = idText(candidate.target.id) == id;
        if (!named && !candidate.within.contains(id)) continue;
        Target& target = targets.emplace(candidate.target.id, candidate.target).first->second;
        target.named = target.named || named;
      }
    }
    if (verb_ == Verb::kRunOnce) return runOnce(targets);
    if (verb_ == Verb::kTerminate) return terminate(targets);
    Json changes = Json::array();
    for (const auto& [id, target] : targets) {
      const auto wanted = stateFor(target);
      if (!wanted) continue;
      Json value;
      value["state"] = *wanted;
      changes.push_back({{"op", "update"}, {"id", idText(id)}, {"value", std::move(value)}});
    }
    ChangeOutcome outcome;
    outcome.revision = state->revision;
    if (!changes.empty()) outcome = parts_.flow.change(request, changes);
    if (outcome.kind != ChangeOutcome::Kind::kDone) return answerTo(outcome);
    if (verb_ == Verb::kStart) failIfNotRunning(targets);
    return answer(outcome.revision);
  }

 private:
  void fail(const std::string& id, std::string message) {
    failed_.push_back({{"id", id}, {"message", std::move(message)}});
  }
  void fail(const Target& target, std::string message) {
    if (target.named) fail(idText(target.id), std::move(message));
  }

  HttpResponse answer(std::uint64_t revision) const {
    Json json;
    json["revision"] = revision;
    json["failed"] = failed_;
    return jsonResponse(json);
  }

  /// The `state` that the flow must say; nothing when it says it, or cannot.
  std::optional<std::string> stateFor(const Target& target) {
    if (target.kind == flow::ElementKind::kService) {
      if (verb_ == Verb::kEnable && !target.enabled) return "enabled";
      if (verb_ == Verb::kDisable && target.enabled) return "disabled";
      if (verb_ == Verb::kStart || verb_ == Verb::kStop)
        fail(target, fmt::format("{} is a service; enable or disable it", target.path));
      return std::nullopt;
    }
    const bool disabled = target.state == flow::RunState::kDisabled;
    switch (verb_) {
      case Verb::kStart: {
        if (disabled) {
          fail(target, fmt::format("{} is disabled; enable it first", target.path));
          return std::nullopt;
        }
        const auto found = snapshots_.find(ComponentId(target.id.raw()));
        if (found != snapshots_.end() && !found->second.invalid.empty()) {
          fail(idText(target.id),
               fmt::format("{} cannot run: {}", target.path, found->second.invalid));
          return std::nullopt;
        }
        if (target.state == flow::RunState::kRunning && found != snapshots_.end() &&
            found->second.state == engine::ComponentState::kStopped)
          retry_.push_back(found->first);
        if (target.state == flow::RunState::kRunning) return std::nullopt;
        return "running";
      }
      case Verb::kStop:
        if (disabled || target.state == flow::RunState::kStopped) return std::nullopt;
        return "stopped";
      case Verb::kEnable:
        if (!disabled) return std::nullopt;
        return "stopped";
      default:
        if (disabled) return std::nullopt;
        return "disabled";
    }
  }

  /// What the flow wants to run and does not is tried again; then it is told what still does not.
  void failIfNotRunning(const std::map<flow::ElementId, Target>& targets) {
    for (const ComponentId id : retry_) {
      Result<> started = Done{};
      parts_.flow.whileUnchanged([&] { started = parts_.controller.startAgain(id); });
    }
    for (const auto& snapshot : parts_.controller.components()) {
      const auto target = targets.find(flow::ElementId(snapshot.id.raw()));
      if (target == targets.end() || snapshot.startProblem.empty()) continue;
      fail(idText(target->first), snapshot.startProblem);
    }
  }

  HttpResponse runOnce(const std::map<flow::ElementId, Target>& targets) {
    for (const auto& [id, target] : targets) {
      if (!target.named) continue;
      if (target.kind != flow::ElementKind::kProcessor) {
        fail(target, "only a processor can be run once");
        continue;
      }
      Result<bool> ran = false;
      parts_.flow.whileUnchanged(
          [&] { ran = parts_.controller.runOnce(ComponentId(target.id.raw())); });
      if (!ran.ok()) fail(target, ran.error().message);
      if (ran.ok() && !*ran)
        fail(target, fmt::format("{} has nothing to do now, or no room for what it would put out",
                                 target.path));
    }
    return answer(parts_.flow.state()->revision);
  }

  HttpResponse terminate(const std::map<flow::ElementId, Target>& targets) {
    for (const auto& [id, target] : targets) {
      const auto snapshot = snapshots_.find(ComponentId(id.raw()));
      const bool hangs = snapshot != snapshots_.end() && snapshot->second.activeThreads > 0;
      if (target.kind != flow::ElementKind::kProcessor || (!target.named && !hangs)) {
        fail(target, "only a processor can be terminated");
        continue;
      }
      Result<> done = Done{};
      parts_.flow.whileUnchanged(
          [&] { done = parts_.controller.terminate(ComponentId(id.raw())); });
      if (!done.ok()) fail(target, done.error().message);
    }
    return answer(parts_.flow.state()->revision);
  }

  const ActionParts& parts_;
  const Verb verb_;
  std::map<ComponentId, engine::ComponentSnapshot> snapshots_;
  std::vector<ComponentId> retry_;
  Json failed_ = Json::array();
};

}  // namespace

void addActionRoutes(Router& router, ActionParts parts) {
  router.add(HttpMethod::kPost, "/api/v1/actions", [parts](const RoutedRequest& request) {
    const auto body = parseBody(request.http.body);
    if (!body.ok()) return HttpResponse::error(400, body.error().message);
    if (!body->is_object()) return HttpResponse::error(400, "the body must be an object");
    const auto verb = verbOf(textMember(*body, "action"));
    if (!verb) {
      return HttpResponse::error(
          400, "'action' must be start, stop, run-once, terminate, enable or disable");
    }
    const auto ids = body->find("ids");
    std::vector<std::string> texts;
    if (ids != body->end() && ids->is_array()) {
      for (const Json& id : *ids) texts.push_back(id.is_string() ? id.get<std::string>() : "");
    }
    for (const std::string& id : texts) {
      if (!idOf(id)) return HttpResponse::error(400, "'ids' must be a list of components' ids");
    }
    if (texts.empty()) return HttpResponse::error(400, "'ids' must name at least one component");
    ChangeRequest change;
    change.who = whoOf(request, textMember(*body, "who"));
    change.comment = textMember(*body, "action");
    return Action(parts, *verb).run(texts, change);
  });
}

}  // namespace millrace::server
