// SPDX-License-Identifier: Apache-2.0
#include "server/http/router.h"

#include <fmt/format.h>

#include <exception>

namespace millrace::server {
namespace {

bool isParameter(std::string_view part) { return part.starts_with('{') && part.ends_with('}'); }

}  // namespace

std::string_view methodName(HttpMethod method) {
  switch (method) {
    case HttpMethod::kGet:
      return "GET";
    case HttpMethod::kPost:
      return "POST";
    case HttpMethod::kPut:
      return "PUT";
    case HttpMethod::kDelete:
      return "DELETE";
    case HttpMethod::kOther:
      break;
  }
  return "OTHER";
}

bool Router::fits(const Route& route, const std::vector<std::string>& segments) {
  if (route.parts.size() != segments.size()) return false;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (!isParameter(route.parts[i]) && route.parts[i] != segments[i]) return false;
  }
  return true;
}

void Router::add(HttpMethod method, std::string_view pattern, Handler handler) {
  Route route{method, std::string(pattern), {}, std::move(handler)};
  std::string_view rest = pattern.substr(1);
  while (true) {
    const std::size_t slash = rest.find('/');
    route.parts.emplace_back(rest.substr(0, slash));
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  routes_.push_back(std::move(route));
}

HttpResponse Router::handle(const HttpRequest& request) const {
  auto target = parseTarget(request.target);
  if (!target.ok()) return HttpResponse::error(400, target.error().message);
  std::string allowed;
  for (const Route& route : routes_) {
    if (!fits(route, target->segments)) continue;
    if (route.method != request.method) {
      if (!allowed.empty()) allowed += ", ";
      allowed += methodName(route.method);
      continue;
    }
    RoutedRequest routed{request, std::move(*target), {}};
    for (std::size_t i = 0; i < route.parts.size(); ++i) {
      const std::string& part = route.parts[i];
      if (isParameter(part))
        routed.path.emplace(part.substr(1, part.size() - 2), routed.target.segments[i]);
    }
    try {
      return route.handler(routed);
    } catch (const std::exception& thrown) {
      return HttpResponse::error(500, fmt::format("{} failed: {}", route.pattern, thrown.what()));
    }
  }
  if (allowed.empty())
    return HttpResponse::error(
        404, "there is nothing at this address; docs/rest.md lists what there is");
  HttpResponse response =
      HttpResponse::error(405, fmt::format("this address answers {} only", allowed));
  response.headers.emplace_back("Allow", allowed);
  return response;
}

}  // namespace millrace::server
