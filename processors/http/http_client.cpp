// SPDX-License-Identifier: Apache-2.0
#include "processors/http/http_client.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace millrace::processors {
namespace {

constexpr int kMostRedirects = 20;

bool isIdempotent(std::string_view method) { return method != "POST" && method != "PATCH"; }

bool isRedirect(int status) {
  return (status >= 300 && status <= 303) || status == 307 || status == 308;
}

}  // namespace

HttpResponse::HttpResponse(HttpClient& client, std::unique_ptr<ClientConnection> connection,
                           HttpHead head, Url url)
    : client_(client),
      connection_(std::move(connection)),
      head_(std::move(head)),
      url_(std::move(url)) {}

HttpResponse::~HttpResponse() { client_.giveIdle(url_, std::move(connection_)); }

std::unique_ptr<ClientConnection> HttpClient::takeIdle(const Url& url) {
  const std::string key = keyOf(url);
  const Nanos now = clock_.monotonic();
  MutexLock lock(mutex_);
  std::unique_ptr<ClientConnection> found;
  for (auto idle = idle_.end(); idle != idle_.begin() && found == nullptr;) {
    --idle;
    if (now - idle->since > options_.idleTime) {
      idle = idle_.erase(idle);
    } else if (idle->key == key) {
      if (idle->connection->isReusable()) found = std::move(idle->connection);
      idle = idle_.erase(idle);
    }
  }
  return found;
}

void HttpClient::giveIdle(const Url& url, std::unique_ptr<ClientConnection> connection) {
  if (connection == nullptr || !connection->isReusable()) return;
  std::list<Idle> dropped;  // closed without the lock
  MutexLock lock(mutex_);
  idle_.push_back({keyOf(url), clock_.monotonic(), std::move(connection)});
  while (idle_.size() > options_.idleConnections)
    dropped.splice(dropped.end(), idle_, idle_.begin());
}

/// Asks the proxy for a way through to the server.
Result<> HttpClient::tunnel(net::Stream& stream, const Url& url) {
  const bool six = url.host.find(':') != std::string::npos;
  const std::string target =
      fmt::format("{}{}{}:{}", six ? "[" : "", url.host, six ? "]" : "", url.port);
  HttpFields fields;
  fields.add("Host", target);
  if (!options_.proxy->user.empty()) {
    fields.add("Proxy-Authorization",
               basicAuthorization({options_.proxy->user, options_.proxy->password}));
  }
  std::string text = fmt::format("CONNECT {} HTTP/1.1\r\n", target);
  appendFields(fields, text);
  MR_TRY(stream.write(asBytes(text), options_.times.write));
  std::optional<HttpHead> head;
  HttpReader reader(HttpReader::Side::kResponses, 64 * 1024,
                    {[&](HttpHead&& got) {
                       head = std::move(got);
                       return true;
                     },
                     [](ByteView) {}, [] {}});
  std::array<std::byte, 1> byte{};  // what follows the head belongs to TLS
  while (!head) {
    if (MR_TRY(stream.read(byte, options_.times.read)) == 0)
      return Error::environment("the proxy closed the connection without an answer");
    const auto taken = reader.push(byte);
    if (!taken.ok()) return Error::environment("the proxy answers " + taken.error().message, false);
  }
  if (head->status / 100 == 2) return Done{};
  return Error::environment(fmt::format("the proxy {}:{} refuses a connection to {}: {} {}",
                                        options_.proxy->host, options_.proxy->port, target,
                                        head->status, head->reason));
}

Result<std::unique_ptr<ClientConnection>> HttpClient::connect(const Url& url) {
  if (url.secure && options_.tls == nullptr)
    return Error::user("https needs the certificates that are trusted, and there are none");
  const auto& proxy = options_.proxy;
  const net::Endpoint to = proxy ? net::Endpoint{proxy->host, proxy->port, options_.via}
                                 : net::Endpoint{url.host, url.port, options_.via};
  auto stream = MR_TRY(network_.connect(to, options_.times.connect));
  if (url.secure) {
    if (proxy) MR_TRY(tunnel(*stream, url));
    MR_TRY(stream->startTls(*options_.tls, url.host, options_.times.connect));
  }
  return std::make_unique<ClientConnection>(std::move(stream), options_.times);
}

std::string HttpClient::headOf(const HttpRequest& request) const {
  const bool viaProxy = options_.proxy && !request.url.secure;
  std::string text = fmt::format(
      "{} {} HTTP/1.1\r\n", request.method,
      viaProxy ? "http://" + request.url.authority() + request.url.target : request.url.target);
  HttpFields fields = request.fields;
  if (!fields.find("Host")) text += fmt::format("Host: {}\r\n", request.url.authority());
  for (const std::string_view framing : {"Content-Length", "Transfer-Encoding"})
    fields.remove(framing);
  if (request.hasBody) {
    if (request.length) {
      fields.add("Content-Length", std::to_string(*request.length));
    } else {
      fields.add("Transfer-Encoding", "chunked");
    }
  }
  if (viaProxy && !options_.proxy->user.empty()) {
    fields.add("Proxy-Authorization",
               basicAuthorization({options_.proxy->user, options_.proxy->password}));
  }
  appendFields(fields, text);
  return text;
}

Result<HttpHead> HttpClient::exchange(ClientConnection& connection, const HttpRequest& request) {
  Result<> sent = connection.write(asBytes(headOf(request)));
  if (sent.ok() && request.hasBody) {
    const auto body = request.body([&](ByteView bytes) -> Result<> {
      if (bytes.empty()) return Done{};
      if (request.length) {
        sent = connection.write(bytes);
      } else {
        std::string chunk = fmt::format("{:x}\r\n", bytes.size());
        chunk += asText(bytes);
        chunk += "\r\n";
        sent = connection.write(asBytes(chunk));
      }
      if (!sent.ok()) return sent.error();
      return Done{};
    });
    if (!body.ok() && sent.ok()) {
      connection.spoil();  // it is we who stopped in the midst of a request
      return body.error();
    }
    if (sent.ok() && !request.length) sent = connection.write(asBytes("0\r\n\r\n"));
  }
  // A server that does not want the rest may have said so before it closed.
  auto head = connection.readHead(request.method == "HEAD");
  if (!head.ok()) return sent.ok() ? head.error() : sent.error();
  if (!sent.ok()) connection.spoil();
  return head;
}

Result<HttpClient::Sent> HttpClient::sendOnce(const HttpRequest& request) {
  while (auto kept = takeIdle(request.url)) {
    auto head = exchange(*kept, request);
    if (head.ok()) return Sent{std::move(kept), std::move(*head)};
    // What may have been done is not done twice.
    if (!isIdempotent(request.method) || !kept->wasLeft()) return head.error();
  }
  auto fresh = MR_TRY(connect(request.url));
  HttpHead head = MR_TRY(exchange(*fresh, request));
  return Sent{std::move(fresh), std::move(head)};
}

Result<std::optional<HttpRequest>> HttpClient::redirected(const HttpRequest& request,
                                                          const HttpHead& head) {
  const auto location = head.fields.find("Location");
  if (!options_.followsRedirects || !isRedirect(head.status) || !location)
    return std::optional<HttpRequest>();
  HttpRequest next = request;
  next.url = MR_TRY(request.url.resolve(*location));
  const bool keepsMethod = head.status == 307 || head.status == 308;
  if (!keepsMethod && request.hasBody) {
    if (request.method != "PROPFIND") next.method = "GET";
    next.hasBody = false;
    for (const std::string_view field : {"Content-Type", "Content-Encoding"})
      next.fields.remove(field);
  }
  // Whoever is told to go elsewhere is not told to hand its password to whoever is there.
  if (!next.url.sameServer(request.url)) next.fields.remove("Authorization");
  return std::optional(std::move(next));
}

Result<std::unique_ptr<HttpResponse>> HttpClient::send(const HttpRequest& request) {
  HttpRequest current = request;
  bool challenged = false;
  for (int redirects = 0;;) {
    if (options_.digest && current.url.sameServer(request.url)) {
      if (auto answer = digest_.answer(*options_.digest, current.method, current.url.target,
                                       options_.nonce()))
        current.fields.set("Authorization", std::move(*answer));
    }
    Sent sent = MR_TRY(sendOnce(current));
    auto response = std::make_unique<HttpResponse>(*this, std::move(sent.first),
                                                   std::move(sent.second), current.url);
    const HttpHead& head = response->head();
    std::optional<HttpRequest> next;
    if (head.status == 401 && options_.digest && !challenged) {
      for (const auto& [name, value] : head.fields.all()) {
        if (sameIgnoringCase(name, "WWW-Authenticate") && digest_.challenge(value)) next = current;
      }
      challenged = true;
    }
    if (!next) {
      next = MR_TRY(redirected(current, head));
      if (next && ++redirects > kMostRedirects) {
        return Error::environment(
            fmt::format("{} redirects more than {} times", request.url.text(), kMostRedirects),
            false);
      }
    }
    if (!next) return response;
    // Read to its end, so that the connection serves again; but not for ever.
    for (int parts = 0; parts < 16; ++parts) {
      const auto part = response->next();
      if (!part.ok() || part->empty()) break;
    }
    current = std::move(*next);
  }
}

}  // namespace millrace::processors
