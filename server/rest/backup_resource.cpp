// SPDX-License-Identifier: Apache-2.0
#include "server/rest/backup_resource.h"

#include "server/rest/json_body.h"

#include <nlohmann/json.hpp>

namespace millrace::server {
namespace {

HttpResponse start(const BackupActions& actions, const RoutedRequest& request) {
  const auto body = parseBody(request.http.body);
  if (!body.ok()) return HttpResponse::error(400, body.error().message);
  if (!body->is_object() || textMember(*body, "to").empty())
    return HttpResponse::error(400, "the body needs 'to', the folder that the backup shall be");
  const auto withKey = body->find("withKey");
  if (withKey != body->end() && !withKey->is_boolean())
    return HttpResponse::error(400, "'withKey' must be true or false");
  const auto begun =
      actions.start(textMember(*body, "to"), withKey != body->end() && withKey->get<bool>());
  if (!begun.ok()) {
    return HttpResponse::error(begun.error().fault == Fault::kUser ? 400 : 503,
                               begun.error().message);
  }
  if (!*begun) return HttpResponse::error(409, "a backup is being made; wait for its end");
  return jsonResponse(actions.status(), 202);
}

}  // namespace

void addBackupRoutes(Router& router, BackupActions actions) {
  router.add(HttpMethod::kPost, "/api/v1/backup",
             [actions](const RoutedRequest& request) { return start(actions, request); });
  router.add(HttpMethod::kGet, "/api/v1/backup",
             [actions](const RoutedRequest&) { return jsonResponse(actions.status()); });
}

}  // namespace millrace::server
