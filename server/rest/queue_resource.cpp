// SPDX-License-Identifier: Apache-2.0
#include "server/rest/queue_resource.h"

#include "engine/session/drop_flowfiles.h"
#include "server/rest/content_response.h"
#include "server/rest/json_body.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <variant>

namespace millrace::server {
namespace {

constexpr std::uint64_t kDeepest = 10'000;  // FlowFiles that are looked through
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

HttpResponse list(const QueueParts& parts, const RoutedRequest& request) {
  auto found = queueOf(parts, request);
  if (auto* refusal = std::get_if<HttpResponse>(&found)) return std::move(*refusal);
  const auto offset = numberField(request, "offset", 0, kDeepest);
  if (!offset.ok()) return HttpResponse::error(400, offset.error().message);
  const auto limit = numberField(request, "limit", 100, kMostListed);
  if (!limit.ok()) return HttpResponse::error(400, limit.error().message);
  const Queue& queue = std::get<Queue>(found);
  const engine::QueueStatus status = queue->status();
  const auto files = queue->peek(*offset + *limit);
  Json answer;
  answer["count"] = status.count;
  answer["bytes"] = status.bytes;
  answer["flowfiles"] = Json::array();
  for (std::size_t i = *offset; i < files.size(); ++i)
    answer["flowfiles"].push_back(describe(parts, files[i], i));
  return jsonResponse(answer);
}

struct Waiting {
  FlowFile file;
  std::uint64_t position = 0;
};

std::optional<Waiting> waiting(const QueueParts& parts, const Queue& queue,
                               const std::string& uuid) {
  const auto files = queue->peek(kDeepest);
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (uuidOf(parts, files[i]) == uuid) return Waiting{files[i], i};
  }
  return std::nullopt;
}

HttpResponse notWaiting() {
  return HttpResponse::error(
      404,
      fmt::format("this FlowFile is not among the first {} of the queue; list it again", kDeepest));
}

HttpResponse look(const QueueParts& parts, const RoutedRequest& request) {
  auto found = queueOf(parts, request);
  if (auto* refusal = std::get_if<HttpResponse>(&found)) return std::move(*refusal);
  const auto file = waiting(parts, std::get<Queue>(found), request.parameter("uuid"));
  if (!file) return notWaiting();
  return jsonResponse(describe(parts, file->file, file->position));
}

HttpResponse download(const QueueParts& parts, const RoutedRequest& request) {
  auto found = queueOf(parts, request);
  if (auto* refusal = std::get_if<HttpResponse>(&found)) return std::move(*refusal);
  const auto file = waiting(parts, std::get<Queue>(found), request.parameter("uuid"));
  if (!file) return notWaiting();
  const Content& content = file->file.content;
  std::unique_ptr<ContentLease> lease;
  if (content.kind == Content::Kind::kStored) {
    auto kept = parts.store.content.lease(content.claim);
    if (!kept.ok()) return HttpResponse::error(404, kept.error().message);
    lease = std::move(*kept);
  }
  return contentResponse(request.http, parts.store.content, content,
                         std::shared_ptr<ContentLease>(std::move(lease)));
}

HttpResponse answer(const Result<engine::Dropped>& dropped) {
  if (!dropped.ok()) return HttpResponse::error(503, dropped.error().message);
  Json json;
  json["dropped"] = dropped->count;
  json["bytes"] = dropped->bytes;
  return jsonResponse(json);
}

HttpResponse empty(const QueueParts& parts, const RoutedRequest& request) {
  auto found = queueOf(parts, request);
  if (auto* refusal = std::get_if<HttpResponse>(&found)) return std::move(*refusal);
  return answer(engine::dropAll(parts.store, std::get<Queue>(found), ComponentId()));
}

HttpResponse drop(const QueueParts& parts, const RoutedRequest& request) {
  auto found = queueOf(parts, request);
  if (auto* refusal = std::get_if<HttpResponse>(&found)) return std::move(*refusal);
  const auto dropped = engine::dropOne(parts.store, std::get<Queue>(found), ComponentId(),
                                       request.parameter("uuid"));
  if (dropped.ok() && dropped->count == 0)
    return HttpResponse::error(404, "this FlowFile does not wait here any more; list it again");
  return answer(dropped);
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
}

}  // namespace millrace::server
