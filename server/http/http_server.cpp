// SPDX-License-Identifier: Apache-2.0
// The only place that knows RESTinio: its templates cost twenty seconds to compile.
#include "server/http/http_server.h"

#include "engine/base/mutex.h"
#include "engine/net/tls_context.h"
#include "server/http/handler_threads.h"
#include "server/http/host_guard.h"
#include "server/http/on_the_way.h"
#include "server/http/peer_names.h"
#include "server/http/status_words.h"

#include <asio/ssl.hpp>
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <restinio/all.hpp>
#include <restinio/tls.hpp>

#include <thread>
#include <variant>

namespace millrace::server {
namespace {

constexpr auto kHandshakeTime = std::chrono::seconds(10);

struct WireTraits : restinio::default_traits_t {
  static constexpr bool use_connection_count_limiter = true;
};
using Wire = restinio::http_server_t<WireTraits>;

/// Tells PeerNames of connections that come and go.
class PeerListener {
 public:
  void state_changed(const restinio::connection_state::notice_t& notice) noexcept {
    const auto cause = notice.cause();
    const auto* accepted = std::get_if<restinio::connection_state::accepted_t>(&cause);
    if (accepted == nullptr) {
      names_.gone(notice.connection_id());
      return;
    }
    accepted->try_inspect_tls([&](const restinio::connection_state::tls_accessor_t& tls) {
      names_.came(notice.connection_id(), tls.native_handle());
    });
  }
  std::string of(restinio::connection_id_t connection) const { return names_.of(connection); }

 private:
  PeerNames names_;
};

struct TlsTraits : restinio::default_tls_traits_t {
  static constexpr bool use_connection_count_limiter = true;
  using connection_state_listener_t = PeerListener;
};
using TlsWire = restinio::http_server_t<TlsTraits>;
using TlsConnection = restinio::impl::connection_t<TlsTraits>;
using WireRequest = restinio::request_handle_t;
using WholeBody = restinio::response_builder_t<restinio::restinio_controlled_output_t>;
using Pieces = restinio::response_builder_t<restinio::chunked_output_t>;
using Measured = restinio::response_builder_t<restinio::user_controlled_output_t>;

}  // namespace
}  // namespace millrace::server

namespace restinio::impl {

/// More special than the library's own, which waits for the end of a handshake for ever: whoever
/// only connects would hold a place for good.
template <typename Start, typename Failed>
void prepare_connection_and_start_read(tls_socket_t& socket,
                                       millrace::server::TlsConnection& connection, Start start,
                                       Failed failed) {
  auto timer =
      std::make_shared<asio::steady_timer>(socket.get_executor(), millrace::server::kHandshakeTime);
  auto self = connection.shared_from_this();
  timer->async_wait([&socket, self](const asio::error_code& error) {
    asio::error_code ignored;
    if (!error) socket.lowest_layer().close(ignored);
  });
  socket.async_handshake(asio::ssl::stream_base::server,
                         [timer, self, start = std::move(start),
                          failed = std::move(failed)](const asio::error_code& error) {
                           timer->cancel();
                           if (error) {
                             failed(error);
                           } else {
                             start();
                           }
                         });
}

}  // namespace restinio::impl

namespace millrace::server {
namespace {

HttpMethod methodOf(const restinio::http_method_id_t& method) {
  if (method == restinio::http_method_get()) return HttpMethod::kGet;
  if (method == restinio::http_method_post()) return HttpMethod::kPost;
  if (method == restinio::http_method_put()) return HttpMethod::kPut;
  if (method == restinio::http_method_delete()) return HttpMethod::kDelete;
  return HttpMethod::kOther;
}

HttpRequest requestOf(const WireRequest& wire, const PeerListener& peers) {
  HttpRequest request;
  request.method = methodOf(wire->header().method());
  request.target = wire->header().request_target();
  wire->header().for_each_field([&](const restinio::http_header_field_t& field) {
    if (!sameIgnoringCase(field.name(), kPeerHeader))
      request.headers.emplace_back(field.name(), field.value());
  });
  if (std::string peer = peers.of(wire->connection_id()); !peer.empty())
    request.headers.emplace_back(kPeerHeader, std::move(peer));
  request.body = wire->body();
  return request;
}

template <typename Builder>
void setHead(Builder& builder, const HttpResponse& response) {
  for (const auto& [name, value] : response.headers) builder.append_header(name, value);
  // What a browser must not do with answers that hold people's data.
  builder.append_header("X-Content-Type-Options", "nosniff");
  builder.append_header("Cache-Control", "no-store");
}

/// A body sent in pieces as somebody has them.
class PushedBody final : public StreamWriter, public std::enable_shared_from_this<PushedBody> {
 public:
  PushedBody(Pieces pieces, std::size_t most) : pieces_(std::move(pieces)), most_(most) {}

  bool write(std::string piece) override {
    const std::size_t size = piece.size();
    MutexLock lock(mutex_);
    if (closed_) return false;
    if (waiting_ + size > most_) {
      closed_ = true;  // it does not take what it asked for: cut off, it may come back and resume
      finish();
      return false;
    }
    waiting_ += size;
    try {
      pieces_.append_chunk(std::move(piece));
      pieces_.flush([self = shared_from_this(), size](const auto& failure) {
        MutexLock inner(self->mutex_);
        self->waiting_ -= size;
        if (failure) self->closed_ = true;
      });
    } catch (const std::exception&) {
      closed_ = true;
    }
    return !closed_;
  }
  void close() override {
    MutexLock lock(mutex_);
    if (closed_) return;
    closed_ = true;
    finish();
  }

 private:
  void finish() MR_REQUIRES(mutex_) {
    try {
      pieces_.done();
    } catch (const std::exception&) {  // the connection is gone already
    }
  }

  Mutex mutex_;
  Pieces pieces_ MR_GUARDED_BY(mutex_);
  const std::size_t most_;
  std::size_t waiting_ MR_GUARDED_BY(mutex_) = 0;
  bool closed_ MR_GUARDED_BY(mutex_) = false;
};

/// A body of which the next piece is fetched when the last one was taken.
class PulledBody : public std::enable_shared_from_this<PulledBody> {
 public:
  PulledBody(Measured pieces, std::function<Result<std::string>()> pull, HandlerThreads& threads)
      : pieces_(std::move(pieces)), pull_(std::move(pull)), threads_(threads) {}

  void next() {
    try {
      std::string piece = pulled();
      // The connection is closed after it: with fewer bytes than were promised, the client knows.
      if (piece.empty()) {
        pieces_.done();
        return;
      }
      pieces_.append_body(std::move(piece));
      pieces_.flush([self = shared_from_this()](const auto& failure) {
        if (!failure) self->threads_.goOn([self] { self->next(); });
      });
    } catch (const std::exception&) {  // the connection is gone
    }
  }

 private:
  /// Empty at the end, and when the source fails.
  std::string pulled() {
    try {
      return pull_().valueOr("");
    } catch (const std::exception&) {
      return {};
    }
  }

  Measured pieces_;
  std::function<Result<std::string>()> pull_;
  HandlerThreads& threads_;
};

}  // namespace

struct HttpServer::Parts {
  explicit Parts(HttpServerOptions given) : options(std::move(given)), threads(options.waiting) {}

  void answer(const WireRequest& wire, HttpResponse response) {
    try {
      restinio::http_status_line_t status{
          restinio::http_status_code_t{static_cast<std::uint16_t>(response.status)},
          std::string(reasonOf(response.status))};
      if (response.push) {
        auto pieces = wire->create_response<restinio::chunked_output_t>(std::move(status));
        setHead(pieces, response);
        pieces.flush();  // the head at once: the first event may be long in coming
        response.push(std::make_shared<PushedBody>(std::move(pieces), options.streamBytes));
        return;
      }
      if (response.pull) {
        auto pieces = wire->create_response<restinio::user_controlled_output_t>(std::move(status));
        pieces.set_content_length(response.length).connection_close();
        setHead(pieces, response);
        std::make_shared<PulledBody>(std::move(pieces), std::move(response.pull), threads)->next();
        return;
      }
      auto whole = wire->create_response(std::move(status));
      setHead(whole, response);
      whole.set_body(std::move(response.body));
      onTheWay.begin();
      whole.done([this](const auto&) { onTheWay.end(); });
    } catch (const std::exception&) {  // the connection is gone: nobody is there to be answered
    }
  }

  HttpResponse respond(const HttpRequest& request) const {
    if (auto refusal = guard->refusal(request)) return *std::move(refusal);
    if (request.body.size() > options.bodyBytes) {
      return HttpResponse::error(
          413, fmt::format("the request's body is larger than {} bytes; send it in parts",
                           options.bodyBytes));
    }
    try {
      return handler(request);
    } catch (const std::exception& defect) {
      return HttpResponse::error(500, fmt::format("a defect of the server: {}", defect.what()));
    }
  }

  restinio::request_handling_status_t take(const WireRequest& wire) {
    auto request = std::make_shared<HttpRequest>(requestOf(wire, *peers));
    const bool taken = threads.post([this, wire, request] { answer(wire, respond(*request)); });
    if (!taken)
      answer(wire, HttpResponse::error(503, "the server has too much to do; try again later"));
    return restinio::request_accepted();
  }

  const HttpServerOptions options;
  Handler handler;
  std::uint16_t port = 0;
  std::optional<HostGuard> guard;
  asio::io_context io;
  OnTheWay onTheWay;
  HandlerThreads threads;
  // Shared with the library's connections.
  const std::shared_ptr<PeerListener> peers = std::make_shared<PeerListener>();
  std::variant<std::monostate, std::unique_ptr<Wire>, std::unique_ptr<TlsWire>> acceptor;
  std::jthread loop;

  template <typename Settings>
  void configure(Settings& settings);
  void listen();
};

template <typename Settings>
void HttpServer::Parts::configure(Settings& settings) {
  const auto duration = [](Nanos time) {
    return std::chrono::duration_cast<std::chrono::steady_clock::duration>(
        std::chrono::nanoseconds(time));
  };
  restinio::incoming_http_msg_limits_t limits;
  limits.max_url_size(8192)
      .max_field_name_size(256)
      .max_field_value_size(16384)
      .max_field_count(100)
      .max_body_size(2 * options.bodyBytes);  // up to there it is told why, then cut off
  settings.address(options.host)
      .port(options.port)
      .incoming_http_msg_limits(limits)
      .max_parallel_connections(options.connections)
      .max_pipelined_requests(8)
      .read_next_http_message_timelimit(duration(options.readTime))
      .write_http_response_timelimit(duration(options.writeTime))
      .handle_request_timeout(std::chrono::hours(24))
      .acceptor_post_bind_hook(
          [this](asio::ip::tcp::acceptor& bound) { port = bound.local_endpoint().port(); })
      .request_handler([this](const WireRequest& wire) { return take(wire); });
}

/// Throws what RESTinio and Asio throw.
void HttpServer::Parts::listen() {
  if (options.tls == nullptr) {
    auto made = std::make_unique<Wire>(restinio::external_io_context(io),
                                       [this](auto& settings) { configure(settings); });
    made->open_sync();
    acceptor = std::move(made);
    return;
  }
  auto* const native = static_cast<SSL_CTX*>(options.tls->native());
  SSL_CTX_up_ref(native);  // the context below lets go of it once
  auto made = std::make_unique<TlsWire>(restinio::external_io_context(io), [&](auto& settings) {
    configure(settings);
    auto context = std::make_shared<asio::ssl::context>(native);
    if (options.clientCertificates == ClientCertificates::kWanted)
      context->set_verify_mode(asio::ssl::verify_peer);
    settings.tls_context(std::move(context)).connection_state_listener(peers);
  });
  made->open_sync();
  acceptor = std::move(made);
}

HttpServer::HttpServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
HttpServer::~HttpServer() { stop(); }

Result<std::unique_ptr<HttpServer>> HttpServer::open(HttpServerOptions options) {
  auto parts = std::make_unique<Parts>(std::move(options));
  Parts& p = *parts;
  try {
    p.listen();
  } catch (const std::exception& thrown) {
    return Error::environment(fmt::format("cannot listen on {}:{}: {}; choose another port",
                                          p.options.host, p.options.port, thrown.what()));
  }
  p.guard.emplace(p.port, p.options.names, p.options.tls != nullptr);
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(parts)));
}

void HttpServer::start(Handler handler) {
  parts_->handler = std::move(handler);
  parts_->threads.start(parts_->options.threads);
  parts_->loop = std::jthread([this] { parts_->io.run(); });
}

void HttpServer::stop() {
  Parts& p = *parts_;
  constexpr Nanos kLastWords = kSecond;
  if (p.loop.joinable()) {
    std::visit(
        [](auto& acceptor) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(acceptor)>, std::monostate>)
            acceptor->close_async([]() noexcept {}, [](std::exception_ptr) noexcept {});
        },
        p.acceptor);
    p.threads.stop();
    p.onTheWay.waitForNone(kLastWords);
    p.io.stop();
    p.loop.join();
  }
  p.acceptor = std::monostate();
}

std::uint16_t HttpServer::port() const { return parts_->port; }
std::string HttpServer::address() const {
  const bool six = parts_->options.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", six ? "[" : "", parts_->options.host, six ? "]" : "",
                     parts_->port);
}

}  // namespace millrace::server
