// SPDX-License-Identifier: Apache-2.0
#include "processors/http/http_server.h"

#include "processors/http/http_reader.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <utility>

namespace millrace::processors {

/// What the connections of one server share.
struct HttpServer::Shared {
  Shared(const Clock& used, HttpServerOptions given, Events wanted)
      : clock(used), options(std::move(given)), events(std::move(wanted)) {}

  const Clock& clock;
  const HttpServerOptions options;
  const Events events;
  std::atomic<bool> refusing{false};
  Mutex mutex;
  Condition settled;
  int open MR_GUARDED_BY(mutex) = 0;  // requests that were handed out and have no answer

  void handedOut() {
    MutexLock lock(mutex);
    ++open;
  }
  void settle() {
    MutexLock lock(mutex);
    --open;
    settled.notifyAll();
  }
};

namespace {

constexpr std::size_t kMostPipelined = 64 * 1024;
constexpr std::uint64_t kMostDiscarded = 1024 * 1024;  // of a body that nobody wants

class ServedConnection final : public net::ConnectionHandler {
 public:
  ServedConnection(std::shared_ptr<HttpServer::Shared> shared,
                   std::shared_ptr<net::Connection> connection)
      : shared_(std::move(shared)),
        connection_(std::move(connection)),
        reader_(HttpReader::Side::kRequests, shared_->options.headLimit,
                {[this](HttpHead&& head) {
                   onHead(std::move(head));
                   return false;
                 },
                 [this](ByteView bytes) { onBody(bytes); }, [this] { onMessageEnd(); }}) {
    connection_->limitIdleTime(shared_->options.idleTime);
  }

  void onData(ByteView bytes) override {
    if (awaiting_ || !pending_.empty()) {
      pending_ += asText(bytes);
      if (awaiting_) {
        if (pending_.size() > kMostPipelined) connection_->holdReading(true);
        return;
      }
      const std::string all = std::exchange(pending_, {});
      feed(asBytes(all));
      return;
    }
    feed(bytes);
  }

  void onSent(std::size_t bytes) override {
    if (exchange_ != nullptr) exchange_->sent(bytes);
  }

  void onPeerDone() override {
    peerDone_ = true;
    if (awaiting_) return;  // it may still read the answer
    const auto ended = reader_.endOfConnection();
    if (!ended.ok() && exchange_ != nullptr) exchange_->breakOff(ended.error());
    connection_->closeWhenSent();
  }

  void onEnd(const Error& why) override {
    if (exchange_ != nullptr) exchange_->breakOff(why);
    exchange_.reset();
  }

 private:
  void feed(ByteView bytes) {
    while (!bytes.empty() && !awaiting_ && !failed_) {
      const auto taken = reader_.push(bytes);
      if (!taken.ok()) {
        fail(taken.error());
        return;
      }
      bytes = bytes.subspan(*taken);
      if (*taken == 0 && !awaiting_) break;
    }
    if (!failed_) pending_ += asText(bytes);
  }

  void fail(const Error& why) {
    failed_ = true;
    if (exchange_ != nullptr) {
      exchange_->breakOff(why);
    } else {
      HttpHead none;
      none.keepsAlive = false;
      start(std::move(none));
    }
    if (!exchange_->isAnswered()) {
      std::string text =
          fmt::format("HTTP/1.1 {} {}\r\n", reader_.errorStatus(), reasonOf(reader_.errorStatus()));
      HttpFields fields;
      fields.add("Content-Type", "text/plain; charset=utf-8");
      fields.add("Content-Length", std::to_string(why.message.size() + 1));
      fields.add("Connection", "close");
      appendFields(fields, text);
      connection_->send(text + why.message + "\n");
    }
    connection_->closeWhenSent();
  }

  void start(HttpHead&& head) {
    handedOut_ = false;
    discarded_ = 0;
    exchange_ = std::make_shared<HttpExchange>(std::move(head), connection_, shared_->clock,
                                               shared_->options.bodyAhead,
                                               [this](bool keepsAlive) { onAnswered(keepsAlive); });
  }

  void onHead(HttpHead&& head) {
    const bool expects = head.fields.hasWord("Expect", "100-continue") && !head.old;
    const bool closing = shared_->refusing;
    if (closing) head.keepsAlive = false;
    start(std::move(head));
    auto refusal = closing ? std::optional(HttpServer::Refusal{503, "The server is stopping\n"})
                           : shared_->events.head(exchange_->head(), exchange_->ends());
    if (refusal) {
      exchange_->answer(refusal->status, std::move(refusal->fields), refusal->text);
      return;
    }
    const bool hasBody = exchange_->head().chunked || exchange_->head().length.value_or(0) > 0;
    if (expects && hasBody) connection_->send("HTTP/1.1 100 Continue\r\n\r\n");
  }

  void onBody(ByteView bytes) {
    if (exchange_->isAnswered()) {
      discarded_ += bytes.size();
      // Closing says that the rest is not wanted; what was answered is read first.
      if (discarded_ > kMostDiscarded) connection_->closeWhenSent();
      return;
    }
    if (exchange_->addBody(bytes)) handOut();
  }

  void onMessageEnd() {
    exchange_->endBody();
    awaiting_ = true;
    connection_->limitIdleTime(0);  // it is our turn
    if (!exchange_->isAnswered()) handOut();
    if (answered_) goOn();
  }

  void handOut() {
    if (std::exchange(handedOut_, true)) return;
    shared_->handedOut();
    exchange_->onSettled([shared = shared_] { shared->settle(); });
    shared_->events.ready(exchange_);
  }

  void onAnswered(bool keepsAlive) {
    keepsAlive_ = keepsAlive && !peerDone_;
    if (!keepsAlive_) {
      connection_->closeWhenSent();
      return;
    }
    answered_ = true;
    connection_->holdReading(false);
    if (awaiting_) {
      goOn();
      const std::string all = std::exchange(pending_, {});
      feed(asBytes(all));
    }
  }

  /// Request and answer are complete: the next one.
  void goOn() {
    answered_ = false;
    awaiting_ = false;
    exchange_.reset();
    connection_->limitIdleTime(shared_->options.idleTime);
  }

  const std::shared_ptr<HttpServer::Shared> shared_;
  const std::shared_ptr<net::Connection> connection_;
  HttpReader reader_;
  std::shared_ptr<HttpExchange> exchange_;
  std::string pending_;  // of requests that came before the answer to the one before
  std::uint64_t discarded_ = 0;
  bool awaiting_ = false;  // the request is complete, its answer is not
  bool answered_ = false;  // the answer is complete, the request may not be
  bool handedOut_ = false;
  bool keepsAlive_ = true;
  bool peerDone_ = false;
  bool failed_ = false;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::open(net::Network& network, const Clock& clock,
                                                     HttpServerOptions options, Events events) {
  std::unique_ptr<HttpServer> server = make(clock, std::move(options), std::move(events));
  server->listener_ = MR_TRY(
      network.listen(server->shared_->options.listen,
                     [shared = server->shared_](const std::shared_ptr<net::Connection>& connection)
                         -> std::unique_ptr<net::ConnectionHandler> {
                       return std::make_unique<ServedConnection>(shared, connection);
                     }));
  return server;
}

std::unique_ptr<HttpServer> HttpServer::make(const Clock& clock, HttpServerOptions options,
                                             Events events) {
  std::unique_ptr<HttpServer> server(new HttpServer());
  server->shared_ = std::make_shared<Shared>(clock, std::move(options), std::move(events));
  return server;
}

std::unique_ptr<net::ConnectionHandler> HttpServer::serve(
    std::shared_ptr<net::Connection> connection) {
  return std::make_unique<ServedConnection>(shared_, std::move(connection));
}

HttpServer::~HttpServer() { close(0); }

std::uint16_t HttpServer::port() const { return listener_->port(); }

void HttpServer::refuseAll() { shared_->refusing = true; }

void HttpServer::close(Nanos atMost) {
  if (listener_ == nullptr) return;
  refuseAll();
  listener_->stopAccepting();
  {
    MutexLock lock(shared_->mutex);
    const std::chrono::nanoseconds slice(atMost / 10 + 1);
    for (int slices = 0; shared_->open > 0 && slices < 10 && atMost > 0;) {
      if (!shared_->settled.waitFor(shared_->mutex, slice)) ++slices;
    }
  }
  listener_->close(atMost);
  listener_.reset();
}

}  // namespace millrace::processors
