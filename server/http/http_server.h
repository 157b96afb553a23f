// SPDX-License-Identifier: Apache-2.0
#pragma once
// HttpServer: HTTP/1.1 on one port: RESTinio for the wire, a few threads of its own for handlers,
// so that a handler that takes its time holds up neither the sockets nor a worker of the engine.
//
// Bounds: connections, time of a TLS handshake, bytes of a request and its headers, requests that
// wait, time to send a request (idle connections included), time that a client takes to accept an
// answer. Beyond them a client gets 413 or 503, or is cut off. Ownership: an owner closes it; the
// handler outlives it. Threads: the handler is called from several.

#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "server/http/message.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace millrace::net {
class TlsContext;
}

namespace millrace::server {

/// Of those that connect, on a port with TLS.
enum class ClientCertificates : std::uint8_t {
  kNone,
  kWanted,  ///< one that is shown must be trusted; a request then has kPeerHeader
};
/// The subject of the client's certificate, as RFC 2253 writes names. Nobody else sets it: what a
/// client sends by this name is taken away.
constexpr const char* kPeerHeader = "Millrace-Peer";

struct HttpServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;  ///< 0: a free one
  std::uint32_t threads = 4;  ///< handlers at once
  std::size_t waiting = 256;  ///< requests that wait for a thread
  std::size_t connections = 1024;
  std::size_t bodyBytes = std::size_t{32} << 20;
  std::size_t streamBytes = std::size_t{4} << 20;  ///< not yet taken by one client of a stream
  Nanos readTime = 60 * kSecond;  ///< for a whole request, and between two of one connection
  Nanos writeTime = 30 * kSecond;
  /// Names beside those of the loopback address by which clients may call it.
  std::vector<std::string> names;
  /// With a certificate: HTTPS only. Null: HTTP. Shared with the connections.
  std::shared_ptr<const net::TlsContext> tls;
  /// Other than kNone: `tls` is for this server alone, and has a trust store.
  ClientCertificates clientCertificates = ClientCertificates::kNone;
};

class HttpServer {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  /// Binds the port; whoever connects waits until start().
  static Result<std::unique_ptr<HttpServer>> open(HttpServerOptions options);
  ~HttpServer();

  void start(Handler handler);
  /// No new requests; those under way end. Streams are closed by their owners before.
  void stop();

  std::uint16_t port() const;
  std::string address() const;  ///< HOST:PORT

 private:
  struct Parts;
  explicit HttpServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace millrace::server
