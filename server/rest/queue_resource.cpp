// SPDX-License-Identifier: Apache-2.0
#include "server/rest/queue_resource.h"

#include "engine/expression/escapes.h"
#include "engine/session/drop_flowfiles.h"
#include "engine/session/requeue.h"
#include "server/rest/content_response.h"
#include "server/rest/json_body.h"
#include "server/rest/queue_filter.h"
#include "server/rest/queue_place.h"
#include "server/rest/who.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <variant>

namespace millrace::server {
namespace {

/// FlowFiles that are looked through for one without its place.
constexpr std::uint64_t kDeepest = 10'000;
constexpr std::uint64_t kMostListed = 1'000;

using Queue = std::shared_ptr<engine::FlowFileQueue>;

std::string uuidOf(const QueueParts& parts, const FlowFile& file) {
  if (file.ownUuid) {
    if (const auto own = file.attributes.find("uuid")) return std::string(*own);
  }
  return Uuid::ofFlowFile(parts.store.id, file.id.raw()).text();
}

Json describe(const QueueParts& parts, const FlowFile& file, std::uint64_t position) {
  const std::string uuid = uuidOf(parts, file);
  Json attributes = Json::object();
  attributes["uuid"] = uuid;
  if (file.defaultFilename) attributes["filename"] = uuid;
  file.attributes.forEach([&](std::string_view name, std::string_view value) {
    attributes[std::string(name)] = value;
  });
  Json json;
  json["uuid"] = uuid;
  json["position"] = position;
  json["place"] = QueuePlace::of(file, position).text();
  json["filename"] = attributes.value("filename", "");
  json["size"] = file.size();
  json["queuedAt"] = file.queuedAt;
  json["entryDate"] = file.entryDate;
  json["lineageStart"] = file.lineageStart;
  json["penalized"] = file.heldUntil > parts.store.clock.monotonic();
  json["attributes"] = std::move(attributes);
  return json;
}

/// The queue that a request names, or the answer that there is none.
std::variant<Queue, HttpResponse> queueOf(const QueueParts& parts, const RoutedRequest& request) {
  const auto id = idOf(request.parameter("id"));
  if (!id) return HttpResponse::error(400, "the address must hold a connection's id");
  Queue queue = parts.controller.queue(ConnectionId(id->raw()));
  if (queue == nullptr)
    return HttpResponse::error(404, "there is no such connection; read the flow again");
  return queue;
}

/// The place that a request names under `field`; an Error when it is none.
Result<std::optional<QueuePlace>> placeOf(const RoutedRequest& request, std::string_view field) {
  const std::string* text = request.target.field(field);
  if (text == nullptr) return std::optional<QueuePlace>();
  return std::optional(MR_TRY(QueuePlace::parse(*text)));
}

HttpResponse refusal(const Error& error) {
  return HttpResponse::error(error.fault == Fault::kUser ? 400 : 503, error.message);
}

void describe(const engine::NotJudged& notJudged, Json& into) {
  if (notJudged.count == 0) return;
  into["notJudged"]["count"] = notJudged.count;
  into["notJudged"]["why"] = notJudged.why;
}

std::string filterOf(const RoutedRequest& request) {
  const std::string* text = request.target.field("filter");
  return text == nullptr ? std::string() : *text;
}

/// Where a list begins, how long it is, and what is in it.
struct ListAsked {
  std::uint64_t offset = 0;
  std::uint64_t limit = 0;
  std::optional<QueuePlace> after;
  engine::FlowFileFilter filter;
};

Result<ListAsked> listAsked(const QueueParts& parts, const RoutedRequest& request) {
  ListAsked asked;
  asked.offset = MR_TRY(numberField(request, "offset", 0, kDeepest));
  asked.limit = MR_TRY(numberField(request, "limit", 100, kMostListed));
  asked.after = MR_TRY(placeOf(request, "after"));
  asked.filter = MR_TRY(queueFilter(filterOf(request), parts.expressions));
  if (asked.offset > 0 && (asked.after || asked.filter))
    return Error::user("'offset' goes with neither 'after' nor 'filter'; use 'after' alone");
  return asked;
}

HttpResponse list(const QueueParts& parts, const RoutedRequest& request) {
  auto found = queueOf(parts, request);
  if (auto* none = std::get_if<HttpResponse>(&found)) return std::move(*none);
  const auto asked = listAsked(parts, request);
  if (!asked.ok()) return refusal(asked.error());
  const Queue& queue = std::get<Queue>(found);
  const engine::QueueStatus status = queue->status();
  engine::LookLimits limits;
  limits.found = asked->offset + asked->limit;
  const auto looked = engine::lookThrough(
      parts.store, *queue, asked->after ? &asked->after->seen : nullptr, limits, asked->filter);
  if (!looked.ok()) return refusal(looked.error());
  const std::uint64_t before = asked->after ? asked->after->position + 1 : 0;
  Json answer;
  answer["count"] = status.count;
  answer["bytes"] = status.bytes;
  answer["flowfiles"] = Json::array();
  for (std::size_t i = asked->offset; i < looked->files.size(); ++i) {
    const auto& each = looked->files[i];
    answer["flowfiles"].push_back(describe(parts, each.file, before + each.position));
  }
  answer["next"] = Json();
  if (!looked->atEnd && looked->looked > 0)
    answer["next"] = QueuePlace::of(*looked->last, before + looked->looked - 1).text();
  describe(looked->notJudged, answer);
  return jsonResponse(answer);
}

struct Waiting {
  FlowFile file;
  std::uint64_t position = 0;
};

/// The FlowFile with that uuid: at its place, or among the first.
Result<std::optional<Waiting>> waiting(const QueueParts& parts, const Queue& queue,
                                       const RoutedRequest& request) {
  const std::string& uuid = request.parameter("uuid");
  if (const auto place = MR_TRY(placeOf(request, "place"))) {
    const auto file = MR_TRY(queue->find(place->seen.key));
    if (!file || uuidOf(parts, *file) != uuid) return std::optional<Waiting>();
    return std::optional(Waiting{*file, place->position});
  }
  engine::LookLimits limits;
  limits.found = 1;
  limits.looks = kDeepest;
  const auto looked = MR_TRY(engine::lookThrough(
      parts.store, *queue, nullptr, limits,
      [&](const SessionFlowFile& file) -> Result<bool> { return file.attribute("uuid") == uuid; }));
  if (looked.files.empty()) return std::optional<Waiting>();
  return std::optional(Waiting{looked.files.front().file, looked.files.front().position});
}

HttpResponse notWaiting() {
  return HttpResponse::error(
      404, fmt::format("this FlowFile does not wait here any more, or not among the first {}; list "
                       "the queue again and give its 'place'",
                       kDeepest));
}

/// Does something with the FlowFile that a request names.
template <typename Work>
HttpResponse withFlowFile(const QueueParts& parts, const RoutedRequest& request, Work work) {
  auto found = queueOf(parts, request);
  if (auto* none = std::get_if<HttpResponse>(&found)) return std::move(*none);
  const Queue& queue = std::get<Queue>(found);
  const auto file = waiting(parts, queue, request);
  if (!file.ok()) return refusal(file.error());
  return file->has_value() ? work(queue, **file) : notWaiting();
}

HttpResponse look(const QueueParts& parts, const RoutedRequest& request) {
  return withFlowFile(parts, request, [&](const Queue&, const Waiting& file) {
    return jsonResponse(describe(parts, file.file, file.position));
  });
}

HttpResponse download(const QueueParts& parts, const RoutedRequest& request) {
  return withFlowFile(parts, request, [&](const Queue&, const Waiting& file) {
    const Content& content = file.file.content;
    std::unique_ptr<ContentLease> lease;
    if (content.kind == Content::Kind::kStored) {
      auto kept = parts.store.content.lease(content.claim);
      if (!kept.ok()) return HttpResponse::error(404, kept.error().message);
      lease = std::move(*kept);
    }
    return contentResponse(request.http, parts.store.content, content,
                           std::shared_ptr<ContentLease>(std::move(lease)));
  });
}

HttpResponse answer(const engine::Dropped& dropped, const engine::NotJudged& notJudged = {}) {
  Json json;
  json["dropped"] = dropped.count;
  json["bytes"] = dropped.bytes;
  describe(notJudged, json);
  return jsonResponse(json);
}

HttpResponse empty(const QueueParts& parts, const RoutedRequest& request) {
  auto found = queueOf(parts, request);
  if (auto* none = std::get_if<HttpResponse>(&found)) return std::move(*none);
  const Queue& queue = std::get<Queue>(found);
  const auto filter = queueFilter(filterOf(request), parts.expressions);
  if (!filter.ok()) return refusal(filter.error());
  if (*filter) {
    const auto some = engine::dropWhere(parts.store, queue, ComponentId(), *filter);
    return some.ok() ? answer(some->dropped, some->notJudged) : refusal(some.error());
  }
  // A filter that was meant and is empty must not drop everything.
  if (request.target.field("filter") != nullptr)
    return HttpResponse::error(400, "the filter is empty; leave it out to drop all");
  const auto all = engine::dropAll(parts.store, queue, ComponentId());
  return all.ok() ? answer(*all) : refusal(all.error());
}

HttpResponse drop(const QueueParts& parts, const RoutedRequest& request) {
  return withFlowFile(parts, request, [&](const Queue& queue, const Waiting& file) {
    const auto dropped = engine::dropOne(parts.store, queue, ComponentId(), file.file.key);
    if (!dropped.ok()) return refusal(dropped.error());
    return dropped->count == 0 ? notWaiting() : answer(*dropped);
  });
}

/// The bytes of {"text": …} or {"base64": …}.
Result<std::string> bytesMember(const Json& json) {
  const auto text = json.find("text");
  const auto base64 = json.find("base64");
  const bool isText = text != json.end() && text->is_string();
  const bool isBase64 = base64 != json.end() && base64->is_string();
  if (!json.is_object() || json.size() != 1 || isText == isBase64)
    return Error::user("'content' must be {\"text\": …} or {\"base64\": …}");
  if (isText) return text->get<std::string>();
  const std::string encoded = base64->get<std::string>();
  std::string bytes = expression::base64Decode(encoded);
  if (expression::base64Encode(bytes) != encoded)
    return Error::user("'content' is no base64 (RFC 4648, with its padding, in one line)");
  return bytes;
}

Result<engine::FlowFileEdit> editOf(const Json& body) {
  engine::FlowFileEdit edit;
  for (const auto& [key, value] : body.items()) {
    if (key == "content") {
      edit.content = MR_TRY(bytesMember(value));
    } else if (key == "attributes") {
      if (!value.is_object()) return Error::user("'attributes' must be an object");
      for (const auto& [name, text] : value.items()) {
        if (name.empty() || name == "uuid")
          return Error::user("'attributes': the uuid cannot be changed, and a name is never empty");
        if (!text.is_string() && !text.is_null())
          return Error::user(fmt::format("the attribute '{}' must be a text, or null", name));
        edit.attributes.emplace_back(
            name, text.is_null() ? std::nullopt : std::optional(text.get<std::string>()));
      }
    } else if (key != "to" && key != "who") {
      return Error::user(
          fmt::format("'{}' is not known here; attributes, content, to and who are", key));
    }
  }
  return edit;
}

HttpResponse requeue(const QueueParts& parts, const RoutedRequest& request) {
  const auto body =
      request.http.body.empty() ? Result<Json>(Json::object()) : parseBody(request.http.body);
  if (!body.ok()) return refusal(body.error());
  if (!body->is_object()) return HttpResponse::error(400, "the body must be an object");
  auto edit = editOf(*body);
  if (!edit.ok()) return refusal(edit.error());
  edit->details = "requeued by hand";
  if (const std::string who = whoOf(request, textMember(*body, "who")); !who.empty())
    edit->details = "requeued by " + who;
  return withFlowFile(parts, request, [&](const Queue& queue, const Waiting& file) {
    Queue into = queue;
    if (body->contains("to")) {
      const auto to = idOf(textMember(*body, "to"));
      into = to ? parts.controller.queue(ConnectionId(to->raw())) : nullptr;
      if (into == nullptr)
        return HttpResponse::error(422, "'to' is no connection of the flow; read the flow again");
    }
    const auto done =
        engine::requeueFlowFile(parts.store, queue, file.file.key, into, *edit, ComponentId());
    if (!done.ok()) return refusal(done.error());
    if (!*done) {
      return HttpResponse::error(
          409, "somebody works on this FlowFile, or it is penalized; try again later");
    }
    Json json;
    json["uuid"] = request.parameter("uuid");
    json["connection"] = idText(flow::ElementId(into->id().raw()));
    return jsonResponse(json);
  });
}

}  // namespace

void addQueueRoutes(Router& router, QueueParts parts) {
  const auto add = [&](HttpMethod method, const char* pattern, auto handler) {
    router.add(method, pattern,
               [parts, handler](const RoutedRequest& request) { return handler(parts, request); });
  };
  add(HttpMethod::kGet, "/api/v1/connections/{id}/queue", list);
  add(HttpMethod::kPost, "/api/v1/connections/{id}/empty", empty);
  add(HttpMethod::kGet, "/api/v1/connections/{id}/flowfiles/{uuid}", look);
  add(HttpMethod::kDelete, "/api/v1/connections/{id}/flowfiles/{uuid}", drop);
  add(HttpMethod::kGet, "/api/v1/connections/{id}/flowfiles/{uuid}/content", download);
  add(HttpMethod::kPost, "/api/v1/connections/{id}/flowfiles/{uuid}/requeue", requeue);
}

}  // namespace millrace::server
