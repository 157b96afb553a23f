// SPDX-License-Identifier: Apache-2.0
#pragma once
// HttpServer: HTTP/1.1 on a port: connections that stay open, chunked bodies, `Expect:
// 100-continue`, one request of a connection after the other. What becomes of a request is decided
// by others.
//
// Promise: memory is bounded by the number of connections times the limits; a request that is
// malformed or too large in its head is answered 400 or 431. Threads: events come on the network's
// thread and may not wait; close() from any other.

#include "engine/base/clock.h"
#include "engine/net/network.h"
#include "processors/http/http_exchange.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace millrace::processors {

struct HttpServerOptions {
  net::ListenOptions listen;
  std::uint64_t headLimit = 8 * 1024;
  Nanos idleTime = 30 * kSecond;       ///< without a byte, while the peer has the turn
  std::size_t bodyAhead = 256 * 1024;  ///< of a body, kept in memory until somebody reads it
};

class HttpServer {
 public:
  struct Refusal {
    int status = 500;
    std::string text;
    HttpFields fields = {};
  };
  struct Events {
    /// A head is complete: go on, or answer at once.
    std::function<std::optional<Refusal>(const HttpHead& head, const net::Ends& ends)> head;
    /// The body is complete, or more than is kept in memory.
    std::function<void(std::shared_ptr<HttpExchange> exchange)> ready;
  };

  static Result<std::unique_ptr<HttpServer>> open(net::Network& network, const Clock& clock,
                                                  HttpServerOptions options, Events events);
  /// Without a port: for connections that somebody else accepts; `options.listen` is not used.
  static std::unique_ptr<HttpServer> make(const Clock& clock, HttpServerOptions options,
                                          Events events);
  /// What serves such a connection.
  std::unique_ptr<net::ConnectionHandler> serve(std::shared_ptr<net::Connection> connection);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Not without one.
  std::uint16_t port() const;
  /// Refuses new requests with 503.
  void refuseAll();
  /// Waits for the answers to requests that were handed out, then ends all connections; each for at
  /// most so long. No event comes any more on return.
  void close(Nanos atMost);

  struct Shared;

 private:
  HttpServer() = default;
  std::shared_ptr<Shared> shared_;  // shared with the connections, which may outlive this object
  std::unique_ptr<net::Listener> listener_;
};

}  // namespace millrace::processors
