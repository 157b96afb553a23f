// SPDX-License-Identifier: Apache-2.0
#include "engine/net/asio_network.h"

#include "engine/base/mutex.h"
#include "engine/net/asio_connection.h"
#include "engine/net/asio_datagrams.h"
#include "engine/net/asio_interfaces.h"
#include "engine/net/asio_stream.h"

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/v6_only.hpp>
#include <asio/post.hpp>
#include <fmt/format.h>

#include <chrono>
#include <map>
#include <optional>
#include <thread>

namespace millrace::net {
namespace {

using asio::ip::tcp;

/// After a failed accept, which is mostly a want of descriptors.
constexpr std::chrono::milliseconds kAcceptPause(100);

/// The part of a listener that the network's thread works on; it outlives the listener by the
/// operations that are under way.
class Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  Acceptor(asio::io_context& io, ListenOptions options, Accept accept)
      : io_(io),
        options_(std::move(options)),
        accept_(std::move(accept)),
        acceptor_(io),
        pause_(io) {}

  Result<> open() {
    const std::string name = addressText(options_.at.host, options_.at.port);
    std::error_code code;
    if (options_.at.host.empty()) {
      const tcp::endpoint any(tcp::v6(), options_.at.port);
      acceptor_.open(any.protocol(), code);
      if (!code) acceptor_.set_option(asio::ip::v6_only(false), code);
      if (!code) code = bind(any);
      if (code != asio::error::address_in_use && code) {  // a machine without IPv6
        std::error_code ignored;
        acceptor_.close(ignored);
        const tcp::endpoint four(tcp::v4(), options_.at.port);
        acceptor_.open(four.protocol(), code);
        if (!code) code = bind(four);
      }
    } else {
      tcp::resolver resolver(io_);
      const auto found =
          resolver.resolve(addressOfInterface(options_.at.host).value_or(options_.at.host),
                           std::to_string(options_.at.port), tcp::resolver::passive, code);
      if (!code) acceptor_.open(found.begin()->endpoint().protocol(), code);
      if (!code) code = bind(found.begin()->endpoint());
    }
    if (!code) acceptor_.listen(asio::socket_base::max_listen_connections, code);
    if (code) return networkError("listening at", name, code);
    port_ = acceptor_.local_endpoint(code).port();
    asio::post(io_, [self = shared_from_this()] { self->acceptNext(); });
    return Done{};
  }

  std::uint16_t port() const { return port_; }

  void stopAccepting() {
    asio::post(io_, [self = shared_from_this()] { self->stop(); });
  }

  void close(Nanos atMost) {
    asio::post(io_, [self = shared_from_this(), atMost] {
      self->stop();
      self->hurryAll(atMost <= 0);
      if (atMost <= 0) return;
      self->pause_.expires_after(std::chrono::nanoseconds(atMost));
      self->pause_.async_wait([self](std::error_code ended) {
        if (!ended) self->hurryAll(true);
      });
    });
    MutexLock lock(mutex_);
    while (!over_) overChanged_.wait(mutex_);
  }

 private:
  std::error_code bind(const tcp::endpoint& endpoint) {
    std::error_code code;
    acceptor_.set_option(tcp::acceptor::reuse_address(true), code);
    if (options_.receiveBuffer > 0) {  // accepted connections have the same; a wish, no condition
      std::error_code ignored;
      acceptor_.set_option(
          bufferOption<asio::socket_base::receive_buffer_size>(options_.receiveBuffer), ignored);
    }
    if (!code) acceptor_.bind(endpoint, code);
    return code;
  }

  void acceptNext() {
    if (stopped_ || accepting_ || connections_.size() >= options_.maxConnections) return;
    accepting_ = true;
    acceptor_.async_accept([self = shared_from_this()](std::error_code code, tcp::socket socket) {
      self->accepting_ = false;
      if (self->stopped_) {
        self->tellIfOver();
        return;
      }
      if (code) {
        self->pause_.expires_after(kAcceptPause);
        self->pause_.async_wait([self](std::error_code) { self->acceptNext(); });
        return;
      }
      self->take(std::move(socket));
      self->acceptNext();
    });
  }

  void take(tcp::socket socket) {
    auto connection = std::make_shared<AsioConnection>(io_, std::move(socket));
    AsioConnection& started = *connection;
    connections_[connection.get()] = std::move(connection);
    started.start(options_, accept_, [self = shared_from_this()](AsioConnection* ended) {
      self->connections_.erase(ended);
      self->acceptNext();
      self->tellIfOver();
    });
  }

  void stop() {
    if (!stopped_) {
      stopped_ = true;
      std::error_code ignored;
      acceptor_.close(ignored);
      pause_.cancel();
    }
  }

  void hurryAll(bool atOnce) {
    closing_ = true;
    // Each may leave the map by that.
    std::vector<std::shared_ptr<AsioConnection>> all;
    for (const auto& [key, connection] : connections_) all.push_back(connection);
    for (const auto& connection : all) connection->hurry(atOnce);
    tellIfOver();
  }

  void tellIfOver() {
    if (!closing_ || !connections_.empty() || accepting_) return;
    pause_.cancel();
    accept_ = nullptr;  // what it holds may not live any longer
    MutexLock lock(mutex_);
    over_ = true;
    overChanged_.notifyAll();
  }

  asio::io_context& io_;
  const ListenOptions options_;
  Accept accept_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::map<AsioConnection*, std::shared_ptr<AsioConnection>> connections_;
  std::uint16_t port_ = 0;
  bool accepting_ = false;
  bool stopped_ = false;
  bool closing_ = false;
  Mutex mutex_;
  Condition overChanged_;
  bool over_ MR_GUARDED_BY(mutex_) = false;
};

class AsioListener final : public Listener {
 public:
  explicit AsioListener(std::shared_ptr<Acceptor> acceptor) : acceptor_(std::move(acceptor)) {}
  ~AsioListener() override { acceptor_->close(0); }
  std::uint16_t port() const override { return acceptor_->port(); }
  void stopAccepting() override { acceptor_->stopAccepting(); }
  void close(Nanos atMost) override { acceptor_->close(atMost); }

 private:
  std::shared_ptr<Acceptor> acceptor_;  // shared with its pending operations
};

class AsioNetwork final : public Network {
 public:
  ~AsioNetwork() override { io_.stop(); }

  Result<std::unique_ptr<Stream>> connect(const Endpoint& to, Nanos atMost) override {
    return connectStream(to, atMost);
  }

  Result<std::unique_ptr<Listener>> listen(const ListenOptions& options, Accept accept) override {
    if (options.tls != nullptr && !options.tls->hasCertificate())
      return Error::user("listening with TLS needs a key store");
    const auto acceptor = std::make_shared<Acceptor>(io_, options, std::move(accept));
    try {
      MR_TRY(acceptor->open());
    } catch (const std::system_error& thrown) {
      return Error::environment(fmt::format(
          "listening at {}: {}", addressText(options.at.host, options.at.port), thrown.what()));
    }
    startServing();
    return std::unique_ptr<Listener>(std::make_unique<AsioListener>(acceptor));
  }

  Result<std::unique_ptr<DatagramPort>> receiveDatagrams(const DatagramOptions& options,
                                                         Receive receive) override {
    auto port = MR_TRY(openDatagramPort(io_, options, std::move(receive)));
    startServing();
    return port;
  }

  Result<std::unique_ptr<DatagramSender>> sendDatagrams(const Endpoint& to,
                                                        std::uint64_t sendBuffer) override {
    return openDatagramSender(to, sendBuffer);
  }

 private:
  void startServing() {
    MutexLock lock(mutex_);
    if (!thread_.joinable()) thread_ = std::jthread([this] { serve(); });
  }

  void serve() {
    while (!io_.stopped()) {
      try {
        io_.run();
      } catch (const std::exception&) {
        // A handler ran out of memory: its connection is lost, the others are not.
      }
    }
  }

  // Without a hint of one thread, under which what its own handlers post would be overtaken by what
  // others post later.
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  Mutex mutex_;
  std::jthread thread_ MR_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<Network> makeAsioNetwork() { return std::make_unique<AsioNetwork>(); }

}  // namespace millrace::net
