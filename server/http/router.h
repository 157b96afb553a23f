// SPDX-License-Identifier: Apache-2.0
#pragma once
// Router: from a request to its handler. A pattern is a path whose parts in braces stand for any
// text: `/api/v1/connections/{id}/queue`. Whatever a handler throws becomes a 500; it never gets
// out. Threads: add() before the first handle(); handle() from any.

#include "server/http/message.h"
#include "server/http/uri.h"

#include <map>

namespace millrace::server {

/// A request that found its route.
struct RoutedRequest {
  const HttpRequest& http;
  Target target;
  std::map<std::string, std::string, std::less<>> path;  ///< by the names in braces

  const std::string& parameter(std::string_view name) const { return path.find(name)->second; }
};

class Router {
 public:
  using Handler = std::function<HttpResponse(const RoutedRequest&)>;

  struct Route {
    HttpMethod method;
    std::string pattern;
    std::vector<std::string> parts;
    Handler handler;
  };

  void add(HttpMethod method, std::string_view pattern, Handler handler);
  HttpResponse handle(const HttpRequest& request) const;
  const std::vector<Route>& routes() const { return routes_; }
  /// True when an address is one that the route's pattern stands for.
  static bool fits(const Route& route, const std::vector<std::string>& segments);

 private:
  std::vector<Route> routes_;
};

std::string_view methodName(HttpMethod method);

}  // namespace millrace::server
