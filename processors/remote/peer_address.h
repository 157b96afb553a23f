// SPDX-License-Identifier: Apache-2.0
#pragma once
// PeerAddress: an address of another program that speaks site-to-site: of its socket itself
// (nifi://HOST:PORT), or of its interface over HTTP, which is asked where the socket is and which
// ports there are (GET /nifi-api/site-to-site). Threads: a plain value.

#include "engine/net/network.h"

#include <string>
#include <string_view>
#include <vector>

namespace millrace::processors {

struct RemotePlace {
  net::Endpoint at;
  bool secure = false;  ///< as the other side says; never for nifi://
  std::string portId;
};

class PeerAddress {
 public:
  /// Addresses with commas between. Errors are the user's.
  static Result<std::vector<PeerAddress>> parseAll(std::string_view texts);

  /// Where FlowFiles for the port of this id or name go.
  Result<RemotePlace> find(net::Network& network, const Clock& clock,
                           const std::shared_ptr<const net::TlsContext>& tls, Nanos timeout,
                           const std::string& port) const;

 private:
  std::string text_;
  net::Endpoint raw_;  ///< port 0: ask over HTTP
};

/// What an answer to GET /nifi-api/site-to-site says; `host` is whom we asked.
Result<RemotePlace> readSiteToSite(std::string_view json, const std::string& host,
                                   const std::string& port);

}  // namespace millrace::processors
