// SPDX-License-Identifier: Apache-2.0
#include "server/rest/flow_resource.h"

#include "server/rest/json_body.h"
#include "server/rest/who.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <optional>

namespace millrace::server {
namespace {

constexpr const char* kNoRevision = "a revision is a whole number";

bool wantsYaml(const std::string* type) {
  return type != nullptr && type->find("yaml") != std::string::npos;
}

std::string tagOf(std::uint64_t revision) { return fmt::format("\"{}\"", revision); }

HttpResponse readFlow(const FlowParts& parts, const RoutedRequest& request) {
  const auto state = parts.flow.state();
  HttpResponse response;
  if (wantsYaml(request.http.header("Accept"))) {
    response = HttpResponse::text(state->text, "application/yaml");
  } else {
    response = HttpResponse::json(
        fmt::format("{{\"revision\":{},\"flow\":{}}}", state->revision, jsonText(*state->json)));
  }
  response.headers.emplace_back("ETag", tagOf(state->revision));
  return response;
}

Result<ChangeRequest> requestOf(const RoutedRequest& request) {
  ChangeRequest change;
  const std::string* const said = request.target.field("who");
  change.who = whoOf(request, said == nullptr ? std::string() : *said);
  const std::string* match = request.http.header("If-Match");
  if (match == nullptr || *match == "*") return change;
  std::uint64_t revision = 0;
  const char* const end = match->data() + match->size();
  if (match->size() < 3 || match->front() != '"' ||
      std::from_chars(match->data() + 1, end, revision).ptr != end - 1 || match->back() != '"')
    return Error::user("If-Match must be a revision in quotes, as GET /api/v1/flow gives it");
  change.revision = revision;
  return change;
}

HttpResponse replaceFlow(const FlowParts& parts, const RoutedRequest& request) {
  auto change = requestOf(request);
  if (!change.ok()) return HttpResponse::error(400, change.error().message);
  const std::string* type = request.http.header("Content-Type");
  if (type == nullptr || type->find("json") == std::string::npos)
    return answerTo(parts.flow.replaceText(*change, request.http.body));
  auto body = parseBody(request.http.body);
  if (!body.ok()) return HttpResponse::error(400, body.error().message);
  const auto inner = body->find("flow");
  return answerTo(parts.flow.replaceJson(*change, inner == body->end() ? *body : *inner));
}

HttpResponse makeChanges(const FlowParts& parts, const RoutedRequest& request) {
  const auto body = parseBody(request.http.body);
  if (!body.ok()) return HttpResponse::error(400, body.error().message);
  if (!body->is_object()) return HttpResponse::error(400, "the body must be an object");
  ChangeRequest change;
  change.who = whoOf(request, textMember(*body, "who"));
  change.comment = textMember(*body, "comment");
  if (const auto revision = body->find("revision"); revision != body->end()) {
    if (!revision->is_number_unsigned())
      return HttpResponse::error(400, "'revision' must be a whole number");
    change.revision = revision->get<std::uint64_t>();
  }
  const auto changes = body->find("changes");
  if (changes == body->end() || !changes->is_array())
    return HttpResponse::error(400, "'changes' must be a list of changes");
  return answerTo(parts.flow.change(change, *changes));
}

HttpResponse listChanges(const FlowParts& parts, const RoutedRequest& request) {
  const auto after = numberField(request, "after", 0, UINT64_MAX / 2);
  if (!after.ok()) return HttpResponse::error(400, after.error().message);
  constexpr std::uint64_t kMost = 1000;
  const auto limit = numberField(request, "limit", 100, kMost);
  if (!limit.ok()) return HttpResponse::error(400, limit.error().message);
  const auto records = parts.flow.changesAfter(*after, *limit);
  if (!records.ok()) return HttpResponse::error(503, records.error().message);
  std::string text = fmt::format("{{\"revision\":{},\"changes\":[", parts.flow.state()->revision);
  for (std::size_t i = 0; i < records->size(); ++i) {
    if (i > 0) text += ',';
    text += recordJson((*records)[i]);
  }
  return HttpResponse::json(text + "]}");
}

std::optional<std::uint64_t> revisionOf(const RoutedRequest& request) {
  std::uint64_t revision = 0;
  const std::string& text = request.parameter("revision");
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, revision);
  return at == end && error == std::errc() ? std::optional(revision) : std::nullopt;
}

HttpResponse readPast(const FlowParts& parts, const RoutedRequest& request) {
  const auto revision = revisionOf(request);
  if (!revision) return HttpResponse::error(400, kNoRevision);
  const auto refused = [](const Error& error) {
    return HttpResponse::error(error.fault == Fault::kUser ? 404 : 503, error.message);
  };
  HttpResponse response;
  if (wantsYaml(request.http.header("Accept"))) {
    const auto text = parts.flow.textAt(*revision);
    if (!text.ok()) return refused(text.error());
    response = HttpResponse::text(*text, "application/yaml");
  } else {
    const auto flow = parts.flow.flowAt(*revision);
    if (!flow.ok()) return refused(flow.error());
    response = HttpResponse::json(
        fmt::format("{{\"revision\":{},\"flow\":{}}}", *revision, jsonText(*flow)));
  }
  response.headers.emplace_back("ETag", tagOf(*revision));
  return response;
}

HttpResponse revert(const FlowParts& parts, const RoutedRequest& request, bool everythingAfter) {
  const auto given = revisionOf(request);
  if (!given) return HttpResponse::error(400, kNoRevision);
  const std::uint64_t revision = *given;
  ChangeRequest change;
  change.who = whoOf(request, "");
  if (!request.http.body.empty()) {
    const auto body = parseBody(request.http.body);
    if (!body.ok()) return HttpResponse::error(400, body.error().message);
    if (body->is_object()) {
      change.who = whoOf(request, textMember(*body, "who"));
      change.comment = textMember(*body, "comment");
    }
  }
  if (change.comment.empty())
    change.comment = fmt::format("{} revision {}", everythingAfter ? "back to" : "undo", revision);
  return answerTo(everythingAfter ? parts.flow.revertTo(change, revision)
                                  : parts.flow.revert(change, revision));
}

HttpResponse validate(const FlowParts& parts, const RoutedRequest& request) {
  const std::string* type = request.http.header("Content-Type");
  flow::ReadFlow read;
  if (type != nullptr && type->find("json") != std::string::npos) {
    auto body = parseBody(request.http.body);
    if (!body.ok()) return HttpResponse::error(400, body.error().message);
    const auto inner = body->find("flow");
    auto made = flowFromJson(inner == body->end() ? *body : *inner, {});
    if (!made.ok()) return HttpResponse::error(400, made.error().message);
    read = std::move(*made);
  } else {
    read = flow::readFlow(request.http.body);
  }
  flow::Findings findings = read.findings;
  if (read.ok()) {
    for (flow::Finding& finding : parts.check(read.flow)) findings.push_back(std::move(finding));
  }
  Json answer;
  answer["findings"] = findingsToJson(findings);
  return jsonResponse(answer);
}

}  // namespace

void addFlowRoutes(Router& router, FlowParts parts) {
  router.add(HttpMethod::kGet, "/api/v1/flow",
             [parts](const RoutedRequest& request) { return readFlow(parts, request); });
  router.add(HttpMethod::kPut, "/api/v1/flow",
             [parts](const RoutedRequest& request) { return replaceFlow(parts, request); });
  router.add(HttpMethod::kGet, "/api/v1/changes",
             [parts](const RoutedRequest& request) { return listChanges(parts, request); });
  router.add(HttpMethod::kPost, "/api/v1/changes",
             [parts](const RoutedRequest& request) { return makeChanges(parts, request); });
  router.add(HttpMethod::kGet, "/api/v1/changes/{revision}/flow",
             [parts](const RoutedRequest& request) { return readPast(parts, request); });
  router.add(HttpMethod::kPost, "/api/v1/changes/{revision}/revert",
             [parts](const RoutedRequest& request) { return revert(parts, request, false); });
  router.add(HttpMethod::kPost, "/api/v1/changes/{revision}/revert-to",
             [parts](const RoutedRequest& request) { return revert(parts, request, true); });
  router.add(HttpMethod::kPost, "/api/v1/validate",
             [parts](const RoutedRequest& request) { return validate(parts, request); });
}

}  // namespace millrace::server
