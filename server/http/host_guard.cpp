// SPDX-License-Identifier: Apache-2.0
#include "server/http/host_guard.h"

#include <algorithm>
#include <charconv>

namespace millrace::server {
namespace {

bool isFourNumbers(std::string_view text) {
  int parts = 0;
  while (true) {
    const std::string_view part = text.substr(0, text.find('.'));
    unsigned value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (part.empty() || part.size() > 3 || error != std::errc() ||
        end != part.data() + part.size() || value > 255)
      return false;
    ++parts;
    if (part.size() == text.size()) return parts == 4;
    text.remove_prefix(part.size() + 1);
  }
}

}  // namespace

bool isLoopbackHost(std::string_view host) {
  if (sameIgnoringCase(host, "localhost") || host == "::1") return true;
  return host.starts_with("127.") && isFourNumbers(host);
}

bool HostGuard::isOurs(std::string_view authority) const {
  std::string_view host = authority;
  std::string_view port = secure_ ? "443" : "80";
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return false;
    host = authority.substr(1, end - 1);
    const std::string_view rest = authority.substr(end + 1);
    if (!rest.empty() && rest.front() != ':') return false;
    if (!rest.empty()) port = rest.substr(1);
  } else if (const std::size_t colon = authority.rfind(':'); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon + 1);
  }
  const bool named = std::any_of(names_.begin(), names_.end(), [&](const std::string& name) {
    return sameIgnoringCase(name, host);
  });
  return (named || isLoopbackHost(host)) && port == std::to_string(port_);
}

std::optional<HttpResponse> HostGuard::refusal(const HttpRequest& request) const {
  const auto hosts = std::count_if(request.headers.begin(), request.headers.end(), [](auto& field) {
    return sameIgnoringCase(field.first, "Host");
  });
  if (hosts != 1) return HttpResponse::error(400, "the request must have one Host header");
  if (!isOurs(*request.header("Host"))) {
    return HttpResponse::error(403,
                               "the Host header names another server than this; use localhost, or "
                               "a name that --host says");
  }
  const std::string* origin = request.header("Origin");
  if (origin == nullptr) return std::nullopt;
  const std::string_view scheme = secure_ ? "https://" : "http://";
  if (origin->starts_with(scheme) && isOurs(std::string_view(*origin).substr(scheme.size())))
    return std::nullopt;
  return HttpResponse::error(403, "pages of other sites may not use this server");
}

}  // namespace millrace::server
