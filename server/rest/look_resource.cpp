// SPDX-License-Identifier: Apache-2.0
#include "server/rest/look_resource.h"

#include "engine/control/configuration.h"
#include "engine/expression/compiled_expression.h"
#include "processors/reference.h"
#include "processors/registry.h"
#include "server/rest/expression_steps.h"
#include "server/rest/json_body.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace millrace::server {
namespace {

/// The id in a field of the query; empty where it is absent.
Result<std::string> idField(const RoutedRequest& request, std::string_view name) {
  const std::string* id = request.target.field(name);
  if (id == nullptr) return std::string();
  if (!idOf(*id)) return Error::user(fmt::format("'{}' must be a component's id", name));
  return *id;
}

HttpResponse status(const LookParts& parts, const RoutedRequest& request) {
  const auto group = idField(request, "group");
  if (!group.ok()) return HttpResponse::error(400, group.error().message);
  if (!group->empty() && findComponent(*parts.flow.state()->json, *group) == nullptr)
    return HttpResponse::error(404, "there is no such group; read the flow again");
  return HttpResponse::json(parts.status.fresh(*group).json);
}

HttpResponse events(const LookParts& parts, const RoutedRequest& request) {
  auto group = idField(request, "group");
  if (!group.ok()) return HttpResponse::error(400, group.error().message);
  constexpr std::size_t kMost = 256;
  if (parts.events.subscribers() >= kMost)
    return HttpResponse::error(503, "too many follow the events already; try again later");
  const std::string* last = request.http.header("Last-Event-ID");
  HttpResponse response = HttpResponse::text("", "text/event-stream");
  response.push = [&hub = parts.events, last = last == nullptr ? std::string() : *last,
                   group = *group](std::shared_ptr<StreamWriter> writer) {
    hub.subscribe(std::move(writer), last, group);
  };
  return response;
}

std::optional<BulletinLevel> levelOf(std::string_view text) {
  if (text == "debug") return BulletinLevel::kDebug;
  if (text == "info") return BulletinLevel::kInfo;
  if (text == "warn") return BulletinLevel::kWarn;
  if (text == "error") return BulletinLevel::kError;
  return std::nullopt;
}

HttpResponse bulletins(const LookParts& parts, const RoutedRequest& request) {
  const auto after = numberField(request, "after", 0, UINT64_MAX / 2);
  if (!after.ok()) return HttpResponse::error(400, after.error().message);
  const auto component = idField(request, "component");
  if (!component.ok()) return HttpResponse::error(400, component.error().message);
  const std::string* const level = request.target.field("level");
  const auto least = level == nullptr ? BulletinLevel::kDebug : levelOf(*level);
  if (!least) return HttpResponse::error(400, "'level' must be debug, info, warn or error");
  const std::string* const contains = request.target.field("contains");
  std::string list;
  for (const engine::Bulletin& bulletin : parts.controller.bulletins().since(*after)) {
    if (!component->empty() && idOf(*component)->raw() != bulletin.component.raw()) continue;
    if (bulletin.level < *least) continue;
    if (contains != nullptr && bulletin.message.find(*contains) == std::string::npos &&
        bulletin.componentName.find(*contains) == std::string::npos)
      continue;
    if (!list.empty()) list += ',';
    list += bulletinJson(bulletin);
  }
  return HttpResponse::json("{\"bulletins\":[" + list + "]}");
}

HttpResponse processors(const RoutedRequest&) {
  std::string list;
  for (const ProcessorDescriptor* descriptor : builtinProcessors())
    list += (list.empty() ? "" : ",") + referenceJson(*descriptor);
  return HttpResponse::json("{\"processors\":[" + list + "]}");
}

HttpResponse services(const RoutedRequest&) {
  Json list = Json::array();
  for (const ServiceDescriptor* descriptor : builtinServices()) {
    ProcessorDescriptor shape = engine::configurationShape(*descriptor);
    shape.summary = descriptor->summary;
    shape.tags = descriptor->tags;
    shape.typeAliases = descriptor->typeAliases;
    shape.dynamicDescription = descriptor->dynamicDescription;
    const Json whole = Json::parse(referenceJson(shape));
    Json service;
    for (const char* key : {"type", "summary", "tags", "aliases", "properties", "dynamic"})
      service[key] = whole.value(key, Json());
    service["provides"] = Json::array();
    for (const std::string_view provided : descriptor->provides)
      service["provides"].push_back(provided);
    list.push_back(std::move(service));
  }
  Json answer;
  answer["services"] = std::move(list);
  return jsonResponse(answer);
}

Result<expression::AttributeMap> textsOf(const Json& body, const char* name) {
  expression::AttributeMap map;
  const auto found = body.find(name);
  if (found == body.end() || found->is_null()) return map;
  if (!found->is_object()) return Error::user(fmt::format("'{}' must be an object", name));
  for (const auto& [key, value] : found->items()) {
    if (value.is_structured() || value.is_null())
      return Error::user(fmt::format("the value of '{}' in '{}' must be a text", key, name));
    map.set(key, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return map;
}

/// What an expression is evaluated with.
struct Sample {
  expression::AttributeMap attributes;
  expression::AttributeMap state;
  expression::AttributeMap parameters;
};

Result<Sample> sampleOf(const Json& body) {
  return Sample{MR_TRY(textsOf(body, "attributes")), MR_TRY(textsOf(body, "state")),
                MR_TRY(textsOf(body, "parameters"))};
}

Result<expression::CompiledExpression> compiled(const std::string& text, const Sample& sample) {
  const auto parameter = [&](std::string_view name) -> std::optional<std::string> {
    const auto value = sample.parameters.attribute(name);
    if (!value) return std::nullopt;
    return std::string(*value);
  };
  return expression::CompiledExpression::compile(text, {expression::Scope::kAttributes, parameter});
}

Json evaluated(const LookParts& parts, const Result<expression::CompiledExpression>& expression,
               const Sample& sample) {
  Json json;
  Random random = Random::fromEntropy();
  const auto value = expression.ok()
                         ? expression->evaluate({parts.expressions, random, &sample.attributes,
                                                 &sample.state, "expression"})
                         : expression.error();
  if (value.ok()) {
    json["value"] = *value;
  } else {
    json["error"] = value.error().message;
  }
  return json;
}

HttpResponse expression(const LookParts& parts, const RoutedRequest& request) {
  constexpr std::size_t kMostSteps = 100;
  const auto body = parseBody(request.http.body);
  if (!body.ok()) return HttpResponse::error(400, body.error().message);
  if (!body->is_object() || !body->contains("expr") || !(*body)["expr"].is_string())
    return HttpResponse::error(400, "the body needs 'expr', the text to evaluate");
  const auto wantsSteps = body->find("steps");
  if (wantsSteps != body->end() && !wantsSteps->is_boolean())
    return HttpResponse::error(400, "'steps' must be true or false");
  const auto sample = sampleOf(*body);
  if (!sample.ok()) return jsonResponse(Json{{"error", sample.error().message}});
  const std::string text = textMember(*body, "expr");
  Json answer = evaluated(parts, compiled(text, *sample), *sample);
  if (wantsSteps == body->end() || !wantsSteps->get<bool>()) return jsonResponse(answer);
  answer["steps"] = Json::array();
  for (const std::string& step : stepsOf(text, kMostSteps)) {
    const auto alone = compiled(step, *sample);
    if (!alone.ok()) continue;
    Json item = evaluated(parts, alone, *sample);
    item["expr"] = step;
    answer["steps"].push_back(std::move(item));
  }
  return jsonResponse(answer);
}

}  // namespace

void addLookRoutes(Router& router, LookParts parts) {
  const auto get = [&](const char* pattern, auto handler) {
    router.add(HttpMethod::kGet, pattern,
               [parts, handler](const RoutedRequest& request) { return handler(parts, request); });
  };
  get("/api/v1/status", status);
  get("/api/v1/events", events);
  get("/api/v1/bulletins", bulletins);
  router.add(HttpMethod::kGet, "/api/v1/processors", processors);
  router.add(HttpMethod::kGet, "/api/v1/services", services);
  router.add(HttpMethod::kPost, "/api/v1/expression",
             [parts](const RoutedRequest& request) { return expression(parts, request); });
  const auto health = [](const LookParts& looked, const RoutedRequest&) {
    if (looked.healthy()) return HttpResponse::json("{\"ok\":true}");
    return HttpResponse::error(503, "the data directory cannot be written any more");
  };
  get("/healthz", health);
  get("/readyz", health);
}

}  // namespace millrace::server
