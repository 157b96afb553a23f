// SPDX-License-Identifier: Apache-2.0
#include "server/rest/logging_resource.h"

#include "server/rest/json_body.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace millrace::server {
namespace {

HttpResponse describe(const LogBook& log) {
  const LogOptions& options = log.options();
  const LogFigures figures = log.figures();
  Json json;
  json["format"] = options.format == LogFormat::kJson ? "json" : "text";
  json["standardError"] = options.toStandardError;
  json["file"] = options.file;
  json["fileBytes"] = options.fileBytes;
  json["files"] = options.files;
  json["written"] = figures.written;
  json["dropped"] = figures.dropped;
  json["missing"] = figures.missing;
  json["trouble"] = figures.trouble;
  json["areas"] = Json::array();
  for (const std::string_view area : logAreas()) json["areas"].push_back(area);
  json["levels"] = Json::object();
  for (const auto& [scope, level] : log.levels()->all()) json["levels"][scope] = nameOf(level);
  return jsonResponse(json);
}

Result<> apply(const Json& changes, LogLevels& levels,
               const std::function<bool(std::string_view)>& isType) {
  constexpr std::string_view kType = "type:";
  for (const auto& [scope, level] : changes.items()) {
    if (level.is_null()) {
      MR_TRY(levels.unset(scope));
      continue;
    }
    if (!level.is_string())
      return Error::user(fmt::format("the level of '{}' must be a text, or null", scope));
    if (scope.starts_with(kType) && !isType(std::string_view(scope).substr(kType.size()))) {
      return Error::user(fmt::format(
          "there is no type '{}'; GET /api/v1/processors and /api/v1/services list them",
          scope.substr(kType.size())));
    }
    MR_TRY(levels.set(scope, level.get<std::string>()));
  }
  return Done{};
}

HttpResponse setLevels(LogBook& log, const RoutedRequest& request,
                       const std::function<bool(std::string_view)>& isType) {
  const auto body = parseBody(request.http.body);
  if (!body.ok()) return HttpResponse::error(400, body.error().message);
  const auto changes = body->is_object() ? body->find("levels") : body->end();
  if (!body->is_object() || body->size() != 1 || !changes->is_object())
    return HttpResponse::error(400, "the body must be {\"levels\": {SCOPE: LEVEL or null, …}}");
  const auto changed =
      log.changeLevels([&](LogLevels& levels) { return apply(*changes, levels, isType); });
  if (!changed.ok()) return HttpResponse::error(400, changed.error().message);
  for (const auto& [scope, level] : changes->items()) {
    log.write(LogLevel::kInfo, "server",
              fmt::format("the log's level of {} is {} now", scope,
                          level.is_null() ? "that around it" : level.get<std::string>()));
  }
  return describe(log);
}

}  // namespace

void addLoggingRoutes(Router& router, LogBook* log, std::function<bool(std::string_view)> isType) {
  const auto none = [] {
    return HttpResponse::error(404, "this server keeps no log of what it says");
  };
  router.add(HttpMethod::kGet, "/api/v1/logging", [log, none](const RoutedRequest&) {
    return log == nullptr ? none() : describe(*log);
  });
  router.add(HttpMethod::kPut, "/api/v1/logging/levels",
             [log, none, isType = std::move(isType)](const RoutedRequest& request) {
               return log == nullptr ? none() : setLevels(*log, request, isType);
             });
}

}  // namespace millrace::server
