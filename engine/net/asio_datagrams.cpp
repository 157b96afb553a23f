// SPDX-License-Identifier: Apache-2.0
#include "engine/net/asio_datagrams.h"

#include "engine/base/mutex.h"
#include "engine/net/asio_interfaces.h"
#include "engine/net/asio_socket.h"

#include <asio/buffer.hpp>
#include <asio/ip/udp.hpp>
#include <asio/ip/v6_only.hpp>
#include <asio/post.hpp>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <utility>

namespace millrace::net {
namespace {

using asio::ip::udp;

/// More than any datagram of IPv4 and IPv6 has.
constexpr std::size_t kMostBytes = 65'536;

/// The part of a port that the network's thread works on; it outlives the port by the operation
/// that is under way.
class Receiver : public std::enable_shared_from_this<Receiver> {
 public:
  Receiver(asio::io_context& io, Receive receive)
      : io_(io), socket_(io), receive_(std::move(receive)) {}

  Result<> open(const DatagramOptions& options) {
    const std::string name = addressText(options.at.host, options.at.port);
    std::error_code code;
    if (options.at.host.empty()) {
      code = openAt(udp::endpoint(udp::v6(), options.at.port), options);
      if (code && code != asio::error::address_in_use) {  // a machine without IPv6
        std::error_code ignored;
        socket_.close(ignored);
        code = openAt(udp::endpoint(udp::v4(), options.at.port), options);
      }
    } else {
      udp::resolver resolver(io_);
      const auto found =
          resolver.resolve(addressOfInterface(options.at.host).value_or(options.at.host),
                           std::to_string(options.at.port), udp::resolver::passive, code);
      if (!code) code = openAt(found.begin()->endpoint(), options);
    }
    if (code) return networkError("listening at", name, code);
    port_ = socket_.local_endpoint(code).port();
    asio::post(io_, [self = shared_from_this()] { self->receiveNext(); });
    return Done{};
  }

  std::uint16_t port() const { return port_; }

  void close() {
    asio::post(io_, [self = shared_from_this()] {
      self->closed_ = true;
      std::error_code ignored;
      self->socket_.close(ignored);
      if (!self->receiving_) self->end();
    });
    MutexLock lock(mutex_);
    while (!over_) overChanged_.wait(mutex_);
  }

 private:
  std::error_code openAt(const udp::endpoint& endpoint, const DatagramOptions& options) {
    std::error_code code;
    socket_.open(endpoint.protocol(), code);
    std::error_code ignored;
    if (!code && endpoint.protocol() == udp::v6())
      socket_.set_option(asio::ip::v6_only(false), ignored);
    if (!code && options.receiveBuffer > 0) {  // a wish, no condition
      socket_.set_option(
          bufferOption<asio::socket_base::receive_buffer_size>(options.receiveBuffer), ignored);
    }
    if (!code) socket_.bind(endpoint, code);
    return code;
  }

  void receiveNext() {
    if (closed_) return;
    receiving_ = true;
    socket_.async_receive_from(
        asio::buffer(buffer_), from_,
        [self = shared_from_this()](std::error_code code, std::size_t bytes) {
          self->receiving_ = false;
          if (self->closed_) {
            self->end();
            return;
          }
          // An error belongs to one datagram, such as an answer that somebody did not want.
          if (!code) {
            self->receive_({plainText(self->from_.address()), self->from_.port()},
                           ByteView(self->buffer_).first(bytes));
          }
          self->receiveNext();
        });
  }

  void end() {
    receive_ = nullptr;  // what it holds may not live any longer
    MutexLock lock(mutex_);
    over_ = true;
    overChanged_.notifyAll();
  }

  asio::io_context& io_;
  udp::socket socket_;
  Receive receive_;
  udp::endpoint from_;
  std::array<std::byte, kMostBytes> buffer_;
  std::uint16_t port_ = 0;
  bool receiving_ = false;
  bool closed_ = false;
  Mutex mutex_;
  Condition overChanged_;
  bool over_ MR_GUARDED_BY(mutex_) = false;
};

class AsioDatagramPort final : public DatagramPort {
 public:
  explicit AsioDatagramPort(std::shared_ptr<Receiver> receiver) : receiver_(std::move(receiver)) {}
  ~AsioDatagramPort() override { close(); }
  std::uint16_t port() const override { return receiver_->port(); }
  void close() override {
    if (!closed_) receiver_->close();
    closed_ = true;
  }

 private:
  std::shared_ptr<Receiver> receiver_;  // shared with its pending operation
  bool closed_ = false;
};

class AsioDatagramSender final : public DatagramSender {
 public:
  AsioDatagramSender() : socket_(io_) {}

  Result<> open(const Endpoint& to, std::uint64_t sendBuffer) {
    name_ = addressText(to.host, to.port);
    udp::resolver resolver(io_);
    std::error_code code;
    const auto found = resolver.resolve(to.host, std::to_string(to.port), code);
    if (code) return networkError("looking up", name_, code);
    // Nobody says whether a datagram arrives, so only one address can be tried: where a name has
    // both kinds, the older one.
    auto chosen = found.begin();
    for (auto it = found.begin(); it != found.end(); ++it) {
      if (chosen->endpoint().protocol() != udp::v4() && it->endpoint().protocol() == udp::v4())
        chosen = it;
    }
    socket_.connect(chosen->endpoint(), code);
    if (code) return networkError("connecting to", name_, code);
    std::error_code ignored;
    if (sendBuffer > 0) {
      socket_.set_option(bufferOption<asio::socket_base::send_buffer_size>(sendBuffer), ignored);
    }
    const udp::endpoint local = socket_.local_endpoint(ignored);
    const udp::endpoint remote = socket_.remote_endpoint(ignored);
    ends_.localAddress = plainText(local.address());
    ends_.localPort = local.port();
    ends_.remoteAddress = plainText(remote.address());
    ends_.remotePort = remote.port();
    return Done{};
  }

  Result<> send(ByteView bytes, Nanos atMost) override {
    struct Outcome {
      bool done = false;
      std::error_code code;
    } outcome;
    socket_.async_send(asio::buffer(bytes.data(), bytes.size()),
                       [&outcome](std::error_code code, std::size_t) {
                         outcome = {true, code};
                       });
    io_.restart();
    io_.run_for(std::chrono::nanoseconds(atMost));
    if (!outcome.done) {
      std::error_code ignored;
      socket_.cancel(ignored);
      io_.restart();
      io_.run();
      return Error::environment(
          fmt::format("sending to {} took longer than {} ms", name_, atMost / kMillisecond));
    }
    if (outcome.code == asio::error::message_size) {
      return Error::user(fmt::format(
          "{} bytes do not fit into one datagram to {}; 65507 do at most", bytes.size(), name_));
    }
    if (outcome.code) return networkError("sending to", name_, outcome.code);
    return Done{};
  }

  const Ends& ends() const override { return ends_; }

 private:
  asio::io_context io_{1};
  udp::socket socket_;
  std::string name_;
  Ends ends_;
};

}  // namespace

Result<std::unique_ptr<DatagramPort>> openDatagramPort(asio::io_context& io,
                                                       const DatagramOptions& options,
                                                       Receive receive) {
  try {
    const auto receiver = std::make_shared<Receiver>(io, std::move(receive));
    MR_TRY(receiver->open(options));
    return std::unique_ptr<DatagramPort>(std::make_unique<AsioDatagramPort>(receiver));
  } catch (const std::system_error& thrown) {  // no descriptor is left, for example
    return Error::environment(fmt::format(
        "listening at {}: {}", addressText(options.at.host, options.at.port), thrown.what()));
  }
}

Result<std::unique_ptr<DatagramSender>> openDatagramSender(const Endpoint& to,
                                                           std::uint64_t sendBuffer) {
  try {
    auto sender = std::make_unique<AsioDatagramSender>();
    MR_TRY(sender->open(to, sendBuffer));
    return std::unique_ptr<DatagramSender>(std::move(sender));
  } catch (const std::system_error& thrown) {
    return Error::environment(
        fmt::format("connecting to {}: {}", addressText(to.host, to.port), thrown.what()));
  }
}

}  // namespace millrace::net
