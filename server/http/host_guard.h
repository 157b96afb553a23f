// SPDX-License-Identifier: Apache-2.0
#pragma once
// HostGuard: lets in only requests that were meant for this server. A page of another site may make
// a browser send requests here, under its own name that it lets point at this machine (DNS
// rebinding) or across origins; both show in the headers Host and Origin. Threads: any.

#include "server/http/message.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace millrace::server {

class HostGuard {
 public:
  /// `port` is the one that is served. Hosts are the names for the loopback address, and `names`.
  explicit HostGuard(std::uint16_t port, std::vector<std::string> names = {}, bool secure = false)
      : port_(port), names_(std::move(names)), secure_(secure) {}
  /// The answer to a request that must not get in; nothing when it may.
  std::optional<HttpResponse> refusal(const HttpRequest& request) const;

 private:
  bool isOurs(std::string_view authority) const;

  const std::uint16_t port_;
  const std::vector<std::string> names_;
  const bool secure_;  // HTTPS
};

/// True for `localhost`, `::1` and all of 127.0.0.0/8, without a port.
bool isLoopbackHost(std::string_view host);

}  // namespace millrace::server
