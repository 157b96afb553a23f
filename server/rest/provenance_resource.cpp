// SPDX-License-Identifier: Apache-2.0
#include "server/rest/provenance_resource.h"

#include "engine/flowfile/uuid.h"
#include "engine/session/replay.h"
#include "server/rest/content_response.h"
#include "server/rest/json_body.h"
#include "server/rest/provenance_json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <variant>

namespace millrace::server {
namespace {

constexpr std::uint64_t kMostEvents = 1000;  // in an answer, or read for a lineage
constexpr Nanos kCatchUp = 10 * kSecond;

HttpResponse answerTo(const Error& error) {
  return HttpResponse::error(error.fault == Fault::kUser ? 400 : 503, error.message);
}

HttpResponse notKept() { return HttpResponse::error(404, "this server keeps no provenance"); }

Result<std::optional<Millis>> timeField(const RoutedRequest& request, std::string_view name) {
  if (request.target.field(name) == nullptr) return std::optional<Millis>();
  const auto millis = MR_TRY(numberField(request, name, 0, INT64_MAX));
  return std::optional<Millis>(static_cast<Millis>(millis));
}

Result<FactKind> typeOf(const std::string& text) {
  if (const auto kind = factKindOf(text)) return *kind;
  std::string all;
  for (int kind = 1; kind <= static_cast<int>(FactKind::kReplay); ++kind)
    all += (all.empty() ? "" : ", ") + std::string(nameOf(static_cast<FactKind>(kind)));
  return Error::user(fmt::format("'type' must be one of {}", all));
}

Result<ProvenanceEventId> eventIdOf(const std::string& text) {
  const auto id = ProvenanceEventId::parse(text);
  if (!id) return Error::user(fmt::format("'{}' is no event; an event's id is like 4711.2", text));
  return *id;
}

Result<ProvenanceQuery> queryOf(const RoutedRequest& request) {
  ProvenanceQuery query;
  for (const auto& [name, value] : request.target.query) {
    if (name == "uuid") {
      query.uuids.push_back(value);
    } else if (name == "component") {
      const auto id = idOf(value);
      if (!id) return Error::user("'component' must be a component's id");
      query.components.emplace_back(id->raw());
    } else if (name == "type") {
      query.type = MR_TRY(typeOf(value));
    } else if (name == "filename") {
      query.filename = value;
    } else if (name == "attribute") {
      const std::size_t equals = value.find('=');
      if (equals == std::string::npos || equals == 0)
        return Error::user("'attribute' must be NAME=VALUE");
      query.attributes.emplace_back(value.substr(0, equals), value.substr(equals + 1));
    } else if (name == "before") {
      query.before = MR_TRY(eventIdOf(value));
    } else if (name != "from" && name != "to" && name != "limit" && name != "fresh") {
      return Error::user(fmt::format(
          "'{}' cannot be searched for; there are uuid, component, type, filename, attribute, "
          "from, to, before, limit and fresh",
          name));
    }
  }
  query.from = MR_TRY(timeField(request, "from"));
  query.to = MR_TRY(timeField(request, "to"));
  query.limit = MR_TRY(numberField(request, "limit", 100, kMostEvents));
  return query;
}

/// With `fresh=true` the answer knows all that was durable when it was asked for.
std::optional<HttpResponse> caughtUp(const ProvenanceParts& parts, const RoutedRequest& request) {
  const std::string* fresh = request.target.field("fresh");
  if (fresh == nullptr || *fresh == "false") return std::nullopt;
  if (*fresh != "true") return HttpResponse::error(400, "'fresh' must be true or false");
  if (parts.catchUp(kCatchUp)) return std::nullopt;
  return HttpResponse::error(503, "the latest events cannot be searched yet; try again later");
}

HttpResponse search(const ProvenanceParts& parts, const RoutedRequest& request) {
  const auto query = queryOf(request);
  if (!query.ok()) return answerTo(query.error());
  if (auto refusal = caughtUp(parts, request)) return *std::move(refusal);
  const auto page = parts.events->search(*query);
  if (!page.ok()) return answerTo(page.error());
  const auto names = parts.names();
  if (!names.ok()) return answerTo(names.error());
  Json answer;
  answer["events"] = Json::array();
  for (const ProvenanceEvent& event : page->events)
    answer["events"].push_back(eventJson(event, *names));
  answer["next"] = page->next ? Json(page->next->text()) : Json();
  answer["commitsRead"] = page->commitsRead;
  return jsonResponse(answer);
}

/// The event that a request names, or the answer that there is none.
std::variant<ProvenanceEvent, HttpResponse> eventOf(const ProvenanceParts& parts,
                                                    const RoutedRequest& request) {
  const auto id = eventIdOf(request.parameter("event"));
  if (!id.ok()) return answerTo(id.error());
  auto event = parts.events->find(*id);
  if (!event.ok()) return answerTo(event.error());
  if (!*event) {
    return HttpResponse::error(
        404, "there is no such event, or it is not kept any more; search for it again");
  }
  return **std::move(event);
}

HttpResponse show(const ProvenanceParts& parts, const RoutedRequest& request) {
  auto event = eventOf(parts, request);
  if (auto* refusal = std::get_if<HttpResponse>(&event)) return std::move(*refusal);
  const auto names = parts.names();
  if (!names.ok()) return answerTo(names.error());
  return jsonResponse(wholeEventJson(std::get<ProvenanceEvent>(event), *names));
}

/// A content that nobody may hold any more, held while it lives.
class Revived {
 public:
  Revived(ContentRepository& contents, const ContentClaim& claim)
      : contents_(contents), claim_(claim) {}
  ~Revived() { contents_.release(claim_, Lsn(0)); }
  Revived(const Revived&) = delete;
  Revived& operator=(const Revived&) = delete;

 private:
  ContentRepository& contents_;
  const ContentClaim claim_;
};

HttpResponse content(const ProvenanceParts& parts, const RoutedRequest& request) {
  const std::string& side = request.parameter("side");
  if (side != "before" && side != "after")
    return HttpResponse::error(404, "a content is the one 'before' the event or the one 'after'");
  auto found = eventOf(parts, request);
  if (auto* refusal = std::get_if<HttpResponse>(&found)) return std::move(*refusal);
  const auto& event = std::get<ProvenanceEvent>(found);
  const Content& wanted = side == "before" ? event.before : event.after;
  if (!hasBytes(wanted)) {
    return HttpResponse::error(
        404, "the content was not kept; contents are kept with --archive, for as long as it says");
  }
  std::shared_ptr<Revived> keep;
  if (wanted.kind == Content::Kind::kStored) {
    if (auto revived = parts.store.content.revive(wanted.claim); !revived.ok())
      return HttpResponse::error(404, revived.error().message);
    keep = std::make_shared<Revived>(parts.store.content, wanted.claim);
  }
  return contentResponse(request.http, parts.store.content, wanted, std::move(keep));
}

HttpResponse replayed(const ProvenanceParts& parts, const ProvenanceEvent& event) {
  const auto queue = parts.controller.queue(event.sourceQueue);
  if (queue == nullptr) {
    return HttpResponse::error(
        422, event.sourceQueue.raw() == 0
                 ? "the event has no connection that its FlowFile came from; choose a later one"
                 : "the connection that the FlowFile came from is gone; undo its deletion first");
  }
  const auto made = engine::replayEvent(parts.store, queue, event);
  if (!made.ok())
    return HttpResponse::error(made.error().fault == Fault::kUser ? 422 : 503,
                               made.error().message);
  Json answer;
  answer["event"] = event.id.text();
  answer["uuid"] = Uuid::ofFlowFile(parts.store.id, made->raw()).text();
  answer["connection"] = idText(flow::ElementId(event.sourceQueue.raw()));
  return jsonResponse(answer);
}

HttpResponse replay(const ProvenanceParts& parts, const RoutedRequest& request) {
  const auto event = eventOf(parts, request);
  if (const auto* refusal = std::get_if<HttpResponse>(&event)) return *refusal;
  return replayed(parts, std::get<ProvenanceEvent>(event));
}

/// The latest FlowFile that a component took from a connection, put back once more.
HttpResponse replayLast(const ProvenanceParts& parts, const RoutedRequest& request) {
  const auto id = idOf(request.parameter("id"));
  if (!id) return HttpResponse::error(400, "the address must hold a component's id");
  if (!parts.catchUp(kCatchUp))
    return HttpResponse::error(503, "the latest events cannot be searched yet; try again later");
  ProvenanceQuery query;
  query.components.emplace_back(id->raw());
  const auto page = parts.events->search(query);
  if (!page.ok()) return answerTo(page.error());
  for (const ProvenanceEvent& event : page->events) {
    if (event.sourceQueue.raw() == 0 || event.type == FactKind::kReplay) continue;
    const auto whole = parts.events->find(event.id);  // with the bytes of an inline content
    if (!whole.ok()) return answerTo(whole.error());
    if (*whole) return replayed(parts, **whole);
  }
  return HttpResponse::error(
      404,
      "none of the latest events of this component has a FlowFile that came from a connection");
}

HttpResponse lineage(const ProvenanceParts& parts, const RoutedRequest& request) {
  const auto limit = numberField(request, "limit", kMostEvents, kMostEvents * 10);
  if (!limit.ok()) return answerTo(limit.error());
  if (auto refusal = caughtUp(parts, request)) return *std::move(refusal);
  const auto graph = Lineage::of(*parts.events, request.parameter("uuid"), *limit);
  if (!graph.ok()) return answerTo(graph.error());
  if (graph->nodes.empty())
    return HttpResponse::error(404, "there is no event of this FlowFile, or none is kept any more");
  const auto names = parts.names();
  if (!names.ok()) return answerTo(names.error());
  return jsonResponse(lineageJson(*graph, *names));
}

}  // namespace

void addProvenanceRoutes(Router& router, ProvenanceParts parts) {
  const auto add = [&](HttpMethod method, const char* pattern, auto handler) {
    router.add(method, pattern, [parts, handler](const RoutedRequest& request) {
      return parts.events == nullptr ? notKept() : handler(parts, request);
    });
  };
  add(HttpMethod::kGet, "/api/v1/provenance", search);
  add(HttpMethod::kGet, "/api/v1/provenance/{event}", show);
  add(HttpMethod::kGet, "/api/v1/provenance/{event}/content/{side}", content);
  add(HttpMethod::kPost, "/api/v1/provenance/{event}/replay", replay);
  add(HttpMethod::kPost, "/api/v1/components/{id}/replay-last", replayLast);
  add(HttpMethod::kGet, "/api/v1/lineage/{uuid}", lineage);
}

}  // namespace millrace::server
