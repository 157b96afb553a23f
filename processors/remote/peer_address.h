// SPDX-License-Identifier: Apache-2.0
#pragma once
// PeerAddress: an address of another program that speaks site-to-site: of its socket itself
// (nifi://HOST:PORT), or of its interface over HTTP, which is asked where the socket is and which
// ports there are (GET /nifi-api/site-to-site). Threads: a plain value.

#include "engine/net/network.h"
#include "engine/site_to_site/ports.h"
#include "processors/http/http_client.h"
#include "processors/http/url.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::processors {

struct RemotePlace {
  net::Endpoint at;
  bool secure = false;  ///< as the other side says; never for nifi://
  std::string portId;
};

/// How the other side is reached.
struct PeerAccess {
  std::shared_ptr<const net::TlsContext> tls;  ///< null: without TLS
  std::optional<HttpProxy> proxy;              ///< over HTTP
  std::string via;                             ///< as in net::Endpoint
  Nanos timeout = 0;
};

class PeerAddress {
 public:
  /// Addresses with commas between. Errors are the user's.
  static Result<std::vector<PeerAddress>> parseAll(std::string_view texts);

  /// Over a socket: where the port of this id or name is; it takes or gives, as `direction` says
  /// (incoming: it takes).
  Result<RemotePlace> find(net::Network& network, const Clock& clock, const PeerAccess& access,
                           const std::string& port, site_to_site::Direction direction) const;

  /// Of the interface over HTTP; an Error of the user for an address of a socket.
  Result<Url> base() const;
  /// Over HTTP: the id of that port.
  Result<std::string> findPort(net::Network& network, const Clock& clock, const PeerAccess& access,
                               const std::string& port, site_to_site::Direction direction) const;

 private:
  Result<RemotePlace> ask(net::Network& network, const Clock& clock, const PeerAccess& access,
                          const std::string& port, site_to_site::Direction direction) const;
  std::string text_;
  net::Endpoint raw_;  ///< port 0: ask over HTTP
};

/// What an answer to GET /nifi-api/site-to-site says; `host` is whom we asked. Port 0: it does not
/// speak over a socket.
Result<RemotePlace> readSiteToSite(std::string_view json, const std::string& host,
                                   const std::string& port, site_to_site::Direction direction);

}  // namespace millrace::processors
