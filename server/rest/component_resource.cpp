// SPDX-License-Identifier: Apache-2.0
#include "server/rest/component_resource.h"

#include "engine/flow/elements.h"
#include "engine/session/clear_state.h"
#include "engine/session/drop_flowfiles.h"
#include "server/rest/json_body.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <variant>

namespace millrace::server {
namespace {

HttpResponse noSuchComponent() {
  return HttpResponse::error(404, "there is no such component; read the flow again");
}

/// The component that a request names, or the answer that there is none.
std::variant<engine::ComponentSnapshot, HttpResponse> componentOf(const ComponentParts& parts,
                                                                  const RoutedRequest& request) {
  const auto id = idOf(request.parameter("id"));
  if (!id) return HttpResponse::error(400, "the address must hold a component's id");
  auto all = parts.controller.components();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const auto& each) { return each.id.raw() == id->raw(); });
  if (found == all.end()) return noSuchComponent();
  return std::move(*found);
}

HttpResponse showState(const ComponentParts& parts, const RoutedRequest& request) {
  auto found = componentOf(parts, request);
  if (auto* refusal = std::get_if<HttpResponse>(&found)) return std::move(*refusal);
  const auto state = parts.store.state.read(std::get<engine::ComponentSnapshot>(found).id);
  Json answer;
  answer["version"] = state->version;
  answer["entries"] = Json::array();
  for (const auto& [key, value] : state->entries) {
    Json entry;
    entry["key"] = key;
    entry["value"] = value;
    answer["entries"].push_back(std::move(entry));
  }
  return jsonResponse(answer);
}

HttpResponse clearStateOf(const ComponentParts& parts, const RoutedRequest& request) {
  HttpResponse response;
  // So that nobody starts it meanwhile.
  parts.flow.whileUnchanged([&] {
    auto found = componentOf(parts, request);
    if (auto* refusal = std::get_if<HttpResponse>(&found)) {
      response = std::move(*refusal);
      return;
    }
    const auto& component = std::get<engine::ComponentSnapshot>(found);
    const bool idle = component.state == engine::ComponentState::kStopped ||
                      component.state == engine::ComponentState::kDisabled;
    if (!idle || component.activeThreads > 0) {
      response = HttpResponse::error(
          409, fmt::format("{} runs; stop it before its state is cleared", component.path));
      return;
    }
    const auto cleared = engine::clearState(parts.store, component.id);
    if (!cleared.ok()) {
      response = HttpResponse::error(503, cleared.error().message);
      return;
    }
    Json answer;
    answer["cleared"] = *cleared;
    response = jsonResponse(answer);
  });
  return response;
}

/// What would be found wrong with a component if some of its keys were others.
HttpResponse verify(const ComponentParts& parts, const RoutedRequest& request) {
  const std::string& id = request.parameter("id");
  if (!idOf(id)) return HttpResponse::error(400, "the address must hold a component's id");
  const auto state = parts.flow.state();
  if (findComponent(*state->json, id) == nullptr) return noSuchComponent();
  Json value = Json::object();
  if (!request.http.body.empty()) {
    const auto body = parseBody(request.http.body);
    if (!body.ok()) return HttpResponse::error(400, body.error().message);
    if (!body->is_object()) return HttpResponse::error(400, "the body must be an object");
    if (const auto given = body->find("value"); given != body->end()) value = *given;
  }
  Json wanted = *state->json;
  Json changes = Json::array();
  changes.push_back({{"op", "update"}, {"id", id}, {"value", std::move(value)}});
  const auto applied = applyChanges(wanted, changes, parts.namesService);
  if (const auto* error = std::get_if<ChangeError>(&applied))
    return HttpResponse::error(error->malformed ? 400 : 422, error->message);
  const auto read = flowFromJson(wanted, {});
  if (!read.ok()) return HttpResponse::error(400, read.error().message);
  flow::Findings all = read->findings;
  std::string path;
  if (read->ok()) {
    flow::forEachElement(read->flow, [&](flow::ElementKind, const std::string& each,
                                         const flow::Element& element, const flow::Group&) {
      if (idText(element.id) == id) path = each;
    });
    for (flow::Finding& finding : parts.check(read->flow)) all.push_back(std::move(finding));
  }
  // Without a path the outcome is no flow, and whatever is wrong comes from the component.
  if (read->ok()) std::erase_if(all, [&](const auto& each) { return each.component != path; });
  Json answer;
  answer["valid"] = !flow::hasError(all);
  answer["findings"] = findingsToJson(all);
  return jsonResponse(answer);
}

HttpResponse counters(const ComponentParts& parts, const RoutedRequest&) {
  Json answer;
  answer["counters"] = Json::array();
  for (const auto& [key, value] : parts.store.counters.all()) {
    Json counter;
    counter["component"] = key.first;
    counter["name"] = key.second;
    counter["value"] = value;
    answer["counters"].push_back(std::move(counter));
  }
  return jsonResponse(answer);
}

HttpResponse resetCounters(const ComponentParts& parts, const RoutedRequest& request) {
  std::string component;
  std::string name;
  if (!request.http.body.empty()) {
    const auto body = parseBody(request.http.body);
    if (!body.ok()) return HttpResponse::error(400, body.error().message);
    if (!body->is_object()) return HttpResponse::error(400, "the body must be an object");
    component = textMember(*body, "component");
    name = textMember(*body, "name");
  }
  Json answer;
  answer["reset"] = parts.store.counters.reset(component, name);
  return jsonResponse(answer);
}

HttpResponse listParked(const ComponentParts& parts, const RoutedRequest&) {
  Json answer;
  answer["parked"] = Json::array();
  for (const auto& connection : parts.controller.connections()) {
    if (!connection.parked) continue;
    Json item;
    item["id"] = idText(flow::ElementId(connection.id.raw()));
    item["name"] = parts.goneName(connection.id);
    item["count"] = connection.queue.count;
    item["bytes"] = connection.queue.bytes;
    answer["parked"].push_back(std::move(item));
  }
  return jsonResponse(answer);
}

HttpResponse dropParked(const ComponentParts& parts, const RoutedRequest& request) {
  const auto id = idOf(request.parameter("id"));
  if (!id) return HttpResponse::error(400, "the address must hold a connection's id");
  HttpResponse response;
  // So that nobody brings its connection back meanwhile.
  parts.flow.whileUnchanged([&] {
    const auto queue = parts.controller.parked(ConnectionId(id->raw()));
    if (queue == nullptr) {
      response = HttpResponse::error(404, "nothing is parked of this connection; list them again");
      return;
    }
    const auto dropped = engine::dropAll(parts.store, queue, ComponentId());
    if (!dropped.ok()) {
      response = HttpResponse::error(503, dropped.error().message);
      return;
    }
    Json answer;
    answer["dropped"] = dropped->count;
    answer["bytes"] = dropped->bytes;
    response = jsonResponse(answer);
  });
  return response;
}

}  // namespace

void addComponentRoutes(Router& router, ComponentParts parts) {
  const auto add = [&](HttpMethod method, const char* pattern, auto handler) {
    router.add(method, pattern,
               [parts, handler](const RoutedRequest& request) { return handler(parts, request); });
  };
  add(HttpMethod::kGet, "/api/v1/components/{id}/state", showState);
  add(HttpMethod::kDelete, "/api/v1/components/{id}/state", clearStateOf);
  add(HttpMethod::kPost, "/api/v1/components/{id}/verify", verify);
  add(HttpMethod::kGet, "/api/v1/counters", counters);
  add(HttpMethod::kPost, "/api/v1/counters/reset", resetCounters);
  add(HttpMethod::kGet, "/api/v1/parked", listParked);
  add(HttpMethod::kPost, "/api/v1/parked/{id}/empty", dropParked);
}

}  // namespace millrace::server
