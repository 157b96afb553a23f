// SPDX-License-Identifier: Apache-2.0
#include "server/rest/agents_resource.h"

#include "server/rest/json_body.h"
#include "server/rest/who.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace millrace::server {
namespace {

HttpResponse refused(const Refused& why) { return HttpResponse::error(why.status, why.message); }

/// JSON that was kept as a text; null where there is none.
Json parsed(const std::string& text) {
  Json json = text.empty() ? Json() : Json::parse(text, nullptr, false);
  return json.is_discarded() ? Json() : json;
}

Json describe(const Deployment& deployment, const Fleet& fleet) {
  Json json;
  json["serial"] = deployment.serial;
  json["flowId"] = fleet.flowIdOf(deployment.serial);
  json[std::string(nameOf(deployment.target.kind))] = deployment.target.name;
  json["bytes"] = deployment.bytes;
  json["at"] = deployment.at;
  json["by"] = deployment.by;
  return json;
}

Json describe(const Order& order) {
  Json json;
  json["number"] = order.number;
  json["agent"] = order.agent;
  json["operation"] = order.operation;
  json["operand"] = order.operand;
  json["args"] = order.arguments;
  json["state"] = nameOf(order.state);
  json["details"] = order.details;
  json["at"] = order.at;
  if (order.endedAt != 0) json["endedAt"] = order.endedAt;
  json["by"] = order.by;
  if (!order.answer.empty()) json["answer"] = parsed(order.answer);
  return json;
}

Json describe(const AgentView& view) {
  const Agent& agent = view.agent;
  Json json;
  json["id"] = agent.id;
  json["class"] = agent.agentClass;
  json["kind"] = agent.kind;
  json["version"] = agent.version;
  json["online"] = view.online;
  json["firstSeen"] = agent.firstSeen;
  json["lastSeen"] = agent.lastSeen;
  json["flowId"] = agent.flowId;
  if (view.wanted == 0) return json;
  json["wanted"] = view.wanted;
  const bool told = agent.serial == view.wanted && agent.outcome != Outcome::kNone;
  json["outcome"] = told ? nameOf(agent.outcome) : std::string_view("waiting");
  if (told) {
    json["details"] = agent.details;
    json["outcomeAt"] = agent.outcomeAt;
  }
  return json;
}

HttpResponse list(AgentRegistry& registry, const RoutedRequest&) {
  Json answer;
  answer["agents"] = Json::array();
  for (const AgentView& each : registry.agents()) answer["agents"].push_back(describe(each));
  return jsonResponse(answer);
}

HttpResponse show(AgentRegistry& registry, const RoutedRequest& request) {
  const auto view = registry.agent(request.parameter("id"));
  if (!view) return HttpResponse::error(404, "there is no such agent; GET /api/v1/agents");
  Json answer = describe(*view);
  answer["credential"] = view->agent.credential;
  answer["status"] = parsed(view->status);
  answer["bulletins"] = Json::array();
  for (const std::string& each : view->bulletins) answer["bulletins"].push_back(parsed(each));
  answer["orders"] = Json::array();
  for (const Order& each : registry.fleet().orders) {
    if (each.agent == view->agent.id) answer["orders"].push_back(describe(each));
  }
  return jsonResponse(answer);
}

HttpResponse manifest(AgentRegistry& registry, const RoutedRequest& request) {
  const auto view = registry.agent(request.parameter("id"));
  if (!view) return HttpResponse::error(404, "there is no such agent; GET /api/v1/agents");
  if (view->manifest.empty()) {
    return HttpResponse::error(
        404, "the agent has not told its manifest since the server started; it is asked for");
  }
  return HttpResponse::json(view->manifest);
}

HttpResponse forget(AgentRegistry& registry, const RoutedRequest& request) {
  const auto done = registry.forget(request.parameter("id"));
  if (const auto* why = std::get_if<Refused>(&done)) return refused(*why);
  return HttpResponse::json("{\"ok\":true}");
}

HttpResponse deploy(AgentRegistry& registry, const RoutedRequest& request,
                    const FleetTarget& target) {
  const auto made = registry.deploy(target, request.http.body, whoOf(request, ""));
  if (const auto* why = std::get_if<Refused>(&made)) return refused(*why);
  return jsonResponse(describe(std::get<Deployment>(made), registry.fleet()));
}

struct Asked {
  std::string operation;
  std::string operand;
  OrderArguments arguments;
};

Result<Asked> askedOf(const HttpRequest& request) {
  const Json body = MR_TRY(parseBody(request.body));
  if (!body.is_object()) return Error::user("the body must be an object");
  const std::string order = textMember(body, "order");
  const std::string component = textMember(body, "component");
  const std::string connection = textMember(body, "connection");
  if (order == "start" || order == "stop") {
    Asked asked{order == "start" ? "START" : "STOP", component.empty() ? "flow" : "processor", {}};
    if (!component.empty()) asked.arguments["processorId"] = component;
    return asked;
  }
  if (order == "clear") {
    if (connection.empty())
      return Error::user("'clear' needs 'connection', the id of the one to empty");
    return Asked{"CLEAR", "connection", {{"connection", connection}}};
  }
  for (const char* each : {"manifest", "configuration", "logs", "bulletins"}) {
    if (order == each) return Asked{"DESCRIBE", order, {}};
  }
  return Error::user(
      fmt::format("'order' is '{}'; write start, stop, clear, manifest, configuration, logs or "
                  "bulletins",
                  order));
}

HttpResponse ask(AgentRegistry& registry, const RoutedRequest& request,
                 const std::vector<std::string>& agents) {
  const auto asked = askedOf(request.http);
  if (!asked.ok()) return HttpResponse::error(400, asked.error().message);
  Json answer;
  answer["orders"] = Json::array();
  for (const std::string& agent : agents) {
    const auto order =
        registry.ask(agent, asked->operation, asked->operand, asked->arguments, whoOf(request, ""));
    if (const auto* why = std::get_if<Refused>(&order)) return refused(*why);
    answer["orders"].push_back(describe(std::get<Order>(order)));
  }
  return jsonResponse(answer);
}

HttpResponse askClass(AgentRegistry& registry, const RoutedRequest& request) {
  std::vector<std::string> agents;
  for (const auto& [id, agent] : registry.fleet().agents) {
    if (agent.agentClass == request.parameter("name")) agents.push_back(id);
  }
  if (agents.empty())
    return HttpResponse::error(404, "no agent is of this class; GET /api/v1/agent-classes");
  return ask(registry, request, agents);
}

HttpResponse showOrder(AgentRegistry& registry, const RoutedRequest& request) {
  const std::string& text = request.parameter("number");
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool isNumber = read.ec == std::errc() && read.ptr == text.data() + text.size();
  const auto order = isNumber ? registry.order(number) : std::nullopt;
  if (!order || order->agent != request.parameter("id"))
    return HttpResponse::error(404, "there is no such order of this agent (any more)");
  return jsonResponse(describe(*order));
}

HttpResponse classes(AgentRegistry& registry, const RoutedRequest&) {
  struct Row {
    std::uint64_t agents = 0, online = 0, wanted = 0;
    std::map<std::string, std::uint64_t> outcomes;
  };
  std::map<std::string, Row> rows;
  for (const AgentView& each : registry.agents()) {
    Row& row = rows[each.agent.agentClass];
    ++row.agents;
    if (each.online) ++row.online;
    const Json told = describe(each);
    if (told.contains("outcome")) ++row.outcomes[told["outcome"].get<std::string>()];
  }
  for (const Deployment& each : registry.fleet().deployments) {
    if (each.target.kind == TargetKind::kClass) rows[each.target.name].wanted = each.serial;
  }
  Json answer;
  answer["classes"] = Json::array();
  for (const auto& [name, row] : rows) {
    Json json;
    json["name"] = name;
    json["agents"] = row.agents;
    json["online"] = row.online;
    if (row.wanted != 0) json["wanted"] = row.wanted;
    json["outcomes"] = row.outcomes.empty() ? Json::object() : Json(row.outcomes);
    answer["classes"].push_back(std::move(json));
  }
  return jsonResponse(answer);
}

HttpResponse deployments(AgentRegistry& registry, const RoutedRequest&) {
  const Fleet fleet = registry.fleet();
  Json answer;
  answer["deployments"] = Json::array();
  for (const Deployment& each : fleet.deployments)
    answer["deployments"].push_back(describe(each, fleet));
  return jsonResponse(answer);
}

HttpResponse enrolments(AgentRegistry& registry, const RoutedRequest&) {
  Json answer;
  answer["key"] = registry.publicKey();
  answer["enrolments"] = Json::array();
  for (const Enrolment& each : registry.fleet().enrolments) {
    Json json;
    json["id"] = each.id;
    json["agent"] = each.agent;
    json["class"] = each.agentClass;
    json["at"] = each.at;
    json["by"] = each.by;
    answer["enrolments"].push_back(std::move(json));
  }
  return jsonResponse(answer);
}

HttpResponse enrol(AgentRegistry& registry, const RoutedRequest& request) {
  const auto body = parseBody(request.http.body);
  if (!body.ok()) return HttpResponse::error(400, body.error().message);
  if (!body->is_object()) return HttpResponse::error(400, "the body must be an object");
  const auto token =
      registry.enrol(textMember(*body, "agent"), textMember(*body, "class"), whoOf(request, ""));
  if (const auto* why = std::get_if<Refused>(&token)) return refused(*why);
  Json answer;
  answer["token"] = std::get<std::string>(token);
  answer["key"] = registry.publicKey();
  return jsonResponse(answer);
}

HttpResponse withdraw(AgentRegistry& registry, const RoutedRequest& request) {
  const auto done = registry.withdraw(request.parameter("id"));
  if (const auto* why = std::get_if<Refused>(&done)) return refused(*why);
  return HttpResponse::json("{\"ok\":true}");
}

}  // namespace

void addAgentRoutes(Router& router, AgentRegistry* registry) {
  const auto add = [&](HttpMethod method, const char* pattern, auto handler) {
    router.add(method, pattern, [registry, handler](const RoutedRequest& request) {
      if (registry == nullptr) {
        return HttpResponse::error(404,
                                   "this server serves no agents; start it with --c2 ADDRESS:PORT");
      }
      return handler(*registry, request);
    });
  };
  add(HttpMethod::kGet, "/api/v1/agents", list);
  add(HttpMethod::kGet, "/api/v1/agents/{id}", show);
  add(HttpMethod::kDelete, "/api/v1/agents/{id}", forget);
  add(HttpMethod::kGet, "/api/v1/agents/{id}/manifest", manifest);
  add(HttpMethod::kPut, "/api/v1/agents/{id}/flow",
      [](AgentRegistry& known, const RoutedRequest& request) {
        return deploy(known, request, {TargetKind::kAgent, request.parameter("id")});
      });
  add(HttpMethod::kPost, "/api/v1/agents/{id}/orders",
      [](AgentRegistry& known, const RoutedRequest& request) {
        return ask(known, request, {request.parameter("id")});
      });
  add(HttpMethod::kGet, "/api/v1/agents/{id}/orders/{number}", showOrder);
  add(HttpMethod::kGet, "/api/v1/agent-classes", classes);
  add(HttpMethod::kPut, "/api/v1/agent-classes/{name}/flow",
      [](AgentRegistry& known, const RoutedRequest& request) {
        return deploy(known, request, {TargetKind::kClass, request.parameter("name")});
      });
  add(HttpMethod::kPost, "/api/v1/agent-classes/{name}/orders", askClass);
  add(HttpMethod::kGet, "/api/v1/agent-deployments", deployments);
  add(HttpMethod::kGet, "/api/v1/agent-enrolments", enrolments);
  add(HttpMethod::kPost, "/api/v1/agent-enrolments", enrol);
  add(HttpMethod::kDelete, "/api/v1/agent-enrolments/{id}", withdraw);
}

}  // namespace millrace::server
