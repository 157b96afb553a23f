// SPDX-License-Identifier: Apache-2.0
#pragma once
// HostGuard: lets in only requests that were meant for this server. A page of another site may make
// a browser send requests here, under its own name that it lets point at this machine (DNS
// rebinding) or across origins; both show in the headers Host and Origin. Threads: any.

#include "server/http/message.h"

#include <cstdint>
#include <optional>

namespace millrace::server {

class HostGuard {
 public:
  /// `port` is the one that is served. Names for the loopback address are the only hosts.
  explicit HostGuard(std::uint16_t port) : port_(port) {}
  /// The answer to a request that must not get in; nothing when it may.
  std::optional<HttpResponse> refusal(const HttpRequest& request) const;

 private:
  bool isOurs(std::string_view authority) const;

  const std::uint16_t port_;
};

/// True for `localhost`, `::1` and all of 127.0.0.0/8, without a port.
bool isLoopbackHost(std::string_view host);

}  // namespace millrace::server
