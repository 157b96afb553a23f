// SPDX-License-Identifier: Apache-2.0
#pragma once
// HttpClient: sends HTTP/1.1 requests over connections that it keeps and uses again; through a
// proxy and with TLS, following redirects, answering challenges of Digest authentication.
//
// Promise: bodies of both directions are passed on piece by piece; a head of an answer has at most
// 64 KiB. Every wait has a limit. A request whose connection was an old one and died before an
// answer is sent again over a new one, if that can do no harm. Errors are of the environment, but
// for a proxy or server that does not speak HTTP. Owner: the caller, who lets go of every response
// first. Threads: any; a response belongs to one.

#include "engine/base/mutex.h"
#include "engine/net/network.h"
#include "engine/net/tls_context.h"
#include "processors/http/client_connection.h"
#include "processors/http/digest_authentication.h"
#include "processors/http/http_message.h"
#include "processors/http/url.h"

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

namespace millrace::processors {

struct HttpProxy {
  std::string host;
  std::uint16_t port = 0;
  std::string user = {};
  std::string password = {};
};

struct HttpClientOptions {
  ClientTimes times;
  Nanos idleTime = 300 * kSecond;   ///< a connection is not used again later than that
  std::size_t idleConnections = 5;  ///< at most, kept for later
  bool followsRedirects = true;
  std::shared_ptr<const net::TlsContext> tls = nullptr;  ///< for https; null: there is none
  std::optional<HttpProxy> proxy = std::nullopt;
  std::string via = {};  ///< as in net::Endpoint
  std::optional<Credentials> digest = std::nullopt;
  std::function<std::string()> nonce = {};  ///< fresh chance; needed for `digest`
};

struct HttpRequest {
  using Send = std::function<Result<>(ByteView bytes)>;
  std::string method;
  Url url;
  HttpFields fields = {};
  bool hasBody = false;
  std::optional<std::uint64_t> length = std::nullopt;   ///< of the body; without: in chunks
  std::function<Result<>(const Send& send)> body = {};  ///< may be called more than once
};

class HttpClient;

/// An answer, with the body still to be read.
class HttpResponse {
 public:
  HttpResponse(HttpClient& client, std::unique_ptr<ClientConnection> connection, HttpHead head,
               Url url);
  ~HttpResponse();  ///< a connection whose body was read to its end is kept
  const HttpHead& head() const { return head_; }
  /// Where it came from, after redirects.
  const Url& url() const { return url_; }
  const net::Ends& ends() const { return connection_->ends(); }
  /// The next bytes of the body, good until the next call; empty at its end.
  Result<ByteView> next() { return connection_->nextBody(); }

 private:
  HttpClient& client_;
  std::unique_ptr<ClientConnection> connection_;
  const HttpHead head_;
  const Url url_;
};

class HttpClient {
 public:
  HttpClient(net::Network& network, const Clock& clock, HttpClientOptions options)
      : network_(network), clock_(clock), options_(std::move(options)) {}

  Result<std::unique_ptr<HttpResponse>> send(const HttpRequest& request);

 private:
  friend class HttpResponse;
  struct Idle {
    std::string key;
    Nanos since = 0;
    std::unique_ptr<ClientConnection> connection;
  };
  using Sent = std::pair<std::unique_ptr<ClientConnection>, HttpHead>;

  static std::string keyOf(const Url& url) { return url.authority() + (url.secure ? "s" : ""); }
  std::unique_ptr<ClientConnection> takeIdle(const Url& url);
  void giveIdle(const Url& url, std::unique_ptr<ClientConnection> connection);
  Result<std::unique_ptr<ClientConnection>> connect(const Url& url);
  Result<> tunnel(net::Stream& stream, const Url& url);
  Result<Sent> sendOnce(const HttpRequest& request);
  Result<HttpHead> exchange(ClientConnection& connection, const HttpRequest& request);
  std::string headOf(const HttpRequest& request) const;
  /// The request that a redirect asks for; nothing when it is followed no further.
  Result<std::optional<HttpRequest>> redirected(const HttpRequest& request, const HttpHead& head);

  net::Network& network_;
  const Clock& clock_;
  const HttpClientOptions options_;
  Mutex mutex_;
  std::list<Idle> idle_ MR_GUARDED_BY(mutex_);  // the one used last is the last
  DigestSession digest_;
};

}  // namespace millrace::processors
