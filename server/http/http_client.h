// SPDX-License-Identifier: Apache-2.0
#pragma once
// A client for one request at a time, for commands that talk to a server: HTTP/1.1 over a plain
// or a TLS connection that is closed afterwards. Threads: any; each call blocks its own.

#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "server/http/message.h"

#include <string>

namespace millrace::server {

/// `http://HOST:PORT` or `https://HOST:PORT`, with nothing behind it but a slash.
struct ServerAddress {
  std::string host;
  std::string port = "80";
  bool secure = false;
  std::string trust;  ///< file (PEM) of the certificates to trust; empty: whom the system trusts
  /// File (PEM) of the certificate to show, with its chain and its key; empty: none is shown.
  std::string certificate = {};
  static Result<ServerAddress> parse(std::string_view url);
  std::string authority() const;
  std::string url() const;
};

/// The answer, whatever its status. An Error when there is none within `patience` of each step.
Result<HttpResponse> callServer(const ServerAddress& server, const HttpRequest& request,
                                Nanos patience);

}  // namespace millrace::server
