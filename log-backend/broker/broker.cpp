// SPDX-License-Identifier: Apache-2.0
#include "log-backend/broker/broker.h"

#include "engine/base/mutex.h"
#include "log-backend/broker/connection.h"
#include "log-backend/broker/request_table.h"

#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <fmt/format.h>
#include <openssl/ssl.h>

#include <charconv>
#include <thread>
#include <vector>

namespace millrace::log {
namespace {

using Tcp = asio::ip::tcp;
constexpr auto kAcceptAgain =
    std::chrono::milliseconds(100);  // after a failure, such as no files left

std::string textOf(const Tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", address, endpoint.port())
                                    : fmt::format("{}:{}", address, endpoint.port());
}

}  // namespace

Result<HostAndPort> parseHostAndPort(std::string_view text) {
  const auto wrong = [text] {
    return Error::user(fmt::format("'{}' is no HOST:PORT, write for example 127.0.0.1:9092", text));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return wrong();
  HostAndPort parsed;
  const std::string_view digits = text.substr(colon + 1);
  const auto [end, code] =
      std::from_chars(digits.data(), digits.data() + digits.size(), parsed.port);
  if (code != std::errc{} || end != digits.data() + digits.size()) return wrong();
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!bracketed && host.find(':') != std::string_view::npos) return wrong();
  parsed.host = std::string(host);
  return parsed;
}

struct Broker::Parts {
  Parts(Desk& given, BrokerOptions wanted)
      : desk(given), options(std::move(wanted)), acceptor(io), retry(io), alarm(io) {}

  void accept();
  void take(Tcp::socket socket);
  void arm();

  Desk& desk;
  const BrokerOptions options;
  ConnectionOptions connectionOptions;
  std::optional<asio::ssl::context> tls;
  asio::io_context io;
  // The acceptor and the timers are used in their own turns only: one operation each at a time.
  Tcp::acceptor acceptor;
  asio::steady_timer retry;
  Mutex alarmMutex;
  asio::steady_timer alarm MR_GUARDED_BY(alarmMutex);
  std::string address;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::vector<std::jthread> threads;

  Mutex mutex;
  Condition changed;
  std::vector<std::weak_ptr<Connection>> connections MR_GUARDED_BY(mutex);
  std::ptrdiff_t open MR_GUARDED_BY(mutex) = 0;
  std::ptrdiff_t underWay MR_GUARDED_BY(mutex) = 0;
  bool stopping MR_GUARDED_BY(mutex) = false;
};

Broker::Broker(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Broker::~Broker() { stop(0); }

Result<std::unique_ptr<Broker>> Broker::open(Desk& desk, BrokerOptions options) {
  auto parts = std::make_unique<Parts>(desk, std::move(options));
  Parts& p = *parts;
  const std::string wanted = fmt::format("{}:{}", p.options.host, p.options.port);
  asio::error_code error;
  const auto address = asio::ip::make_address(p.options.host, error);
  if (error) {
    return Error::user(
        fmt::format("cannot listen on {}: '{}' is no numeric address, write for example 127.0.0.1",
                    wanted, p.options.host));
  }
  const Tcp::endpoint endpoint(address, p.options.port);
  p.acceptor.open(endpoint.protocol(), error);
  if (!error) p.acceptor.set_option(Tcp::acceptor::reuse_address(true), error);
  if (!error) p.acceptor.bind(endpoint, error);
  if (!error) p.acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return Error::environment(
        fmt::format("cannot listen on {} ({}), choose another address", wanted, error.message()));
  }
  const Tcp::endpoint bound = p.acceptor.local_endpoint(error);
  p.address = textOf(bound);
  desk.identity.host = p.options.advertisedHost.empty() ? p.options.host : p.options.advertisedHost;
  desk.identity.port = p.options.advertisedPort == 0 ? bound.port() : p.options.advertisedPort;

  p.connectionOptions.mostRequestBytes = static_cast<std::size_t>(desk.settings.maxRequestBytes);
  p.connectionOptions.idle = std::chrono::milliseconds(desk.settings.connectionsMaxIdleMs);
  if (p.options.tls != nullptr) {
    auto* const native = static_cast<SSL_CTX*>(p.options.tls->native());
    SSL_CTX_up_ref(native);  // the context below lets go of it once
    p.tls.emplace(native);
    if (p.options.clientCertificates)
      p.tls->set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
    p.connectionOptions.tls = &*p.tls;
  }
  p.connectionOptions.begin = [&p](const ExchangePointer& exchange) {
    beginRequest(p.desk, exchange);
  };
  p.connectionOptions.onNotice = [&p](const std::string& reason) {
    if (p.options.onNotice) p.options.onNotice(reason);
  };
  p.connectionOptions.onClosed = [&p] {
    MutexLock lock(p.mutex);
    --p.open;
    p.changed.notifyAll();
  };
  p.connectionOptions.onUnderWay = [&p](std::ptrdiff_t by) {
    MutexLock lock(p.mutex);
    p.underWay += by;
    if (p.underWay == 0) p.changed.notifyAll();
  };
  return std::unique_ptr<Broker>(new Broker(std::move(parts)));
}

void Broker::start() {
  Parts& p = *parts_;
  p.work.emplace(asio::make_work_guard(p.io));
  p.desk.fetchWaiters.attach(
      [&p](std::function<void()> sweep) { asio::post(p.io, std::move(sweep)); });
  p.desk.deadlines.tellEarlier([&p] { asio::post(p.io, [&p] { p.arm(); }); });
  asio::post(p.io, [&p] { p.arm(); });
  asio::post(p.io, [&p] { p.accept(); });
  for (std::size_t i = 0; i < std::max<std::size_t>(1, p.options.threads); ++i)
    p.threads.emplace_back([&p] { p.io.run(); });
}

void Broker::Parts::arm() {
  MutexLock lock(alarmMutex);
  const auto next = desk.deadlines.next();
  if (!next.has_value()) return;
  const Nanos left = std::max<Nanos>(0, *next - desk.clock.monotonic());
  alarm.expires_after(std::chrono::nanoseconds(left));  // the wait before it ends with an error
  alarm.async_wait([this](const asio::error_code& error) {
    if (error) return;
    desk.deadlines.runDue(desk.clock.monotonic());
    arm();
  });
}

void Broker::Parts::accept() {
  acceptor.async_accept([this](const asio::error_code& error, Tcp::socket socket) {
    if (error == asio::error::operation_aborted || !acceptor.is_open()) return;
    if (error) {
      connectionOptions.onNotice(fmt::format("cannot take a connection: {}", error.message()));
      retry.expires_after(kAcceptAgain);
      retry.async_wait([this](const asio::error_code& gone) {
        if (!gone) accept();
      });
      return;
    }
    take(std::move(socket));
    accept();
  });
}

void Broker::Parts::take(Tcp::socket socket) {
  std::shared_ptr<Connection> connection;
  {
    MutexLock lock(mutex);
    if (stopping) return;
    if (open >= desk.settings.maxConnections) {
      asio::error_code ignored;
      socket.close(ignored);
      return;
    }
    connection = std::make_shared<Connection>(std::move(socket), connectionOptions);
    ++open;
    std::erase_if(connections, [](const auto& each) { return each.expired(); });
    connections.push_back(connection);
  }
  connection->start();
}

void Broker::stop(Nanos patience) {
  Parts& p = *parts_;
  std::vector<std::weak_ptr<Connection>> all;
  {
    MutexLock lock(p.mutex);
    if (p.stopping) return;
    p.stopping = true;
    all = p.connections;
  }
  if (p.threads.empty()) return;
  asio::post(p.io, [&p] {
    asio::error_code ignored;
    p.acceptor.close(ignored);
    p.retry.cancel(ignored);
  });
  const auto each = [&all](auto action) {
    for (const auto& weak : all) {
      if (const auto connection = weak.lock()) action(*connection);
    }
  };
  each([](Connection& connection) { connection.drain(); });
  // Whoever waits for time or for more records waits in vain.
  p.desk.fetchWaiters.detach();
  p.desk.groups.stop();
  p.desk.transactions.stop();
  p.desk.deadlines.tellEarlier(nullptr);
  p.desk.deadlines.clear();
  const Nanos until = p.desk.clock.monotonic() + patience;
  {
    MutexLock lock(p.mutex);
    while (p.open > 0) {
      const Nanos left = until - p.desk.clock.monotonic();
      if (left <= 0) break;
      p.changed.waitFor(p.mutex, std::chrono::nanoseconds(left));
    }
  }
  each([](Connection& connection) { connection.close(); });
  {
    MutexLock lock(p.alarmMutex);
    asio::error_code ignored;
    p.alarm.cancel(ignored);
  }
  p.work.reset();  // run() returns after the last operation
  p.threads.clear();
}

std::string Broker::address() const { return parts_->address; }

std::size_t Broker::connections() const {
  MutexLock lock(parts_->mutex);
  return static_cast<std::size_t>(parts_->open);
}

}  // namespace millrace::log
