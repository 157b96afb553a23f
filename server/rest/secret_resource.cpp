// SPDX-License-Identifier: Apache-2.0
#include "server/rest/secret_resource.h"

#include "server/rest/json_body.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace millrace::server {
namespace {

constexpr std::size_t kLongest = 64 * 1024;

Json describe(const SecretRow& row) {
  Json json;
  json["name"] = row.name;
  json["set"] = row.isSet;
  json["used"] = row.isUsed;
  json["undoable"] = row.isUndoable;
  if (!row.givenBy.empty()) json["givenBy"] = row.givenBy;
  return json;
}

HttpResponse listSecrets(const SecretParts& parts) {
  Json answer;
  answer["secrets"] = Json::array();
  for (const SecretRow& row : parts.list()) answer["secrets"].push_back(describe(row));
  return jsonResponse(answer);
}

/// Does something with a secret that there is, and describes it as it is then.
HttpResponse change(const SecretParts& parts, const RoutedRequest& request,
                    const std::function<Result<>(const std::string&)>& act) {
  const std::string& name = request.parameter("name");
  const auto find = [&]() -> std::optional<SecretRow> {
    const auto rows = parts.list();
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [&](const SecretRow& each) { return each.name == name; });
    return row == rows.end() ? std::nullopt : std::optional(*row);
  };
  if (!find()) {
    return HttpResponse::error(
        404, fmt::format("the flow has no sensitive parameter '{}', and no value of it is kept; "
                         "GET /api/v1/secrets lists them",
                         name));
  }
  if (const auto done = act(name); !done.ok())
    return HttpResponse::error(done.error().fault == Fault::kUser ? 409 : 503,
                               done.error().message);
  const auto row = find();
  return jsonResponse(describe(row ? *row : SecretRow{name, false, false, false, {}}));
}

HttpResponse setSecret(const SecretParts& parts, const RoutedRequest& request) {
  const auto body = parseBody(request.http.body);
  if (!body.ok()) return HttpResponse::error(400, body.error().message);
  const auto value = body->is_object() ? body->find("value") : body->end();
  // What was sent instead is not repeated: it may be the secret.
  if (!body->is_object() || body->size() != 1 || value == body->end() || !value->is_string())
    return HttpResponse::error(400, "the body must be {\"value\": TEXT}");
  const auto text = value->get<std::string>();
  if (text.empty())
    return HttpResponse::error(400, "a value must not be empty; DELETE takes it away");
  if (text.size() > kLongest)
    return HttpResponse::error(400, fmt::format("a value has at most {} bytes", kLongest));
  return change(parts, request, [&](const std::string& name) { return parts.set(name, text); });
}

}  // namespace

void addSecretRoutes(Router& router, SecretParts parts) {
  router.add(HttpMethod::kGet, "/api/v1/secrets",
             [parts](const RoutedRequest&) { return listSecrets(parts); });
  router.add(HttpMethod::kPut, "/api/v1/secrets/{name}",
             [parts](const RoutedRequest& request) { return setSecret(parts, request); });
  router.add(HttpMethod::kDelete, "/api/v1/secrets/{name}", [parts](const RoutedRequest& request) {
    return change(parts, request, parts.remove);
  });
  router.add(HttpMethod::kPost, "/api/v1/secrets/{name}/undo",
             [parts](const RoutedRequest& request) { return change(parts, request, parts.undo); });
}

}  // namespace millrace::server
