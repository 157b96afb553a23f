// SPDX-License-Identifier: Apache-2.0
#include "engine/net/asio_stream.h"

#include "engine/net/asio_interfaces.h"
#include "engine/net/asio_socket.h"

#include <asio/buffer.hpp>
#include <asio/connect.hpp>
#include <asio/io_context.hpp>
#include <fmt/format.h>

#include <chrono>
#include <string>

namespace millrace::net {
namespace {

using asio::ip::tcp;

std::string secondsText(Nanos time) { return fmt::format("{} ms", time / kMillisecond); }

class AsioStream final : public Stream {
 public:
  AsioStream() : socket_(tcp::socket(io_)) {}

  Result<> connect(const Endpoint& to, Nanos atMost) {
    name_ = addressText(to.host, to.port);
    const auto start = std::chrono::steady_clock::now();
    tcp::resolver resolver(io_);
    tcp::resolver::results_type addresses;
    MR_TRY(run("looking up", atMost, [&](auto done) {
      resolver.async_resolve(to.host, std::to_string(to.port),
                             [&addresses, done](std::error_code code, auto found) {
                               addresses = std::move(found);
                               done(code, 0);
                             });
    }));
    const Nanos used = std::chrono::nanoseconds(std::chrono::steady_clock::now() - start).count();
    const Nanos left = std::max(atMost - used, kMillisecond);
    if (to.via.empty()) {
      MR_TRY(run("connecting to", left, [&](auto done) {
        asio::async_connect(socket_.plain(), addresses,
                            [done](std::error_code code, const tcp::endpoint&) { done(code, 0); });
      }));
    } else {
      MR_TRY(connectBy(to.via, addresses, left));
    }
    std::error_code ignored;
    socket_.plain().set_option(tcp::no_delay(true), ignored);
    ends_ = endsOf(socket_.plain());
    return Done{};
  }

  Result<std::size_t> read(std::span<std::byte> into, Nanos atMost) override {
    std::error_code ended;
    const std::size_t got = MR_TRY(run("reading from", atMost, [&](auto done) {
      socket_.use([&](auto& stream) {
        stream.async_read_some(asio::buffer(into.data(), into.size()),
                               [&ended, done](std::error_code code, std::size_t bytes) {
                                 ended = code;
                                 done(code == asio::error::eof ? std::error_code() : code, bytes);
                               });
      });
    }));
    return got;
  }

  Result<> write(ByteView bytes, Nanos atMost) override {
    while (!bytes.empty()) {
      const std::size_t sent = MR_TRY(run("writing to", atMost, [&](auto done) {
        socket_.use([&](auto& stream) {
          stream.async_write_some(asio::buffer(bytes.data(), bytes.size()), done);
        });
      }));
      bytes = bytes.subspan(sent);
    }
    return Done{};
  }

  Result<> startTls(const TlsContext& tls, const std::string& serverName, Nanos atMost) override {
    socket_.startTls(tls);
    SSL* session = socket_.tls()->native_handle();
    X509_VERIFY_PARAM* wanted = SSL_get0_param(session);
    if (X509_VERIFY_PARAM_set1_ip_asc(wanted, serverName.c_str()) != 1) {
      // A name and no address: it is told to the server too, which may have several certificates.
      if (SSL_set1_host(session, serverName.c_str()) != 1 ||
          SSL_set_tlsext_host_name(session, serverName.c_str()) != 1)
        return Error::user(fmt::format("'{}' is no name of a host", serverName));
    }
    SSL_set_verify(session, SSL_VERIFY_PEER, nullptr);
    const auto shaken = run("establishing TLS with", atMost, [&](auto done) {
      socket_.tls()->async_handshake(asio::ssl::stream_base::client,
                                     [this, done](std::error_code code) {
                                       failed_ = code;
                                       done(code, 0);
                                     });
    });
    if (!shaken.ok()) {
      if (failed_) return handshakeError(name_, session, failed_);
      return shaken.error();
    }
    addCertificate(session, ends_);
    return Done{};
  }

  bool isQuiet() override {
    std::error_code code;
    tcp::socket& socket = socket_.plain();
    socket.non_blocking(true, code);
    if (code) return false;
    char byte = 0;
    // Anything there, be it an end or a byte that nobody asked for, is no peer to rely on.
    socket.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, code);
    return code == asio::error::would_block;
  }

  bool timedOut() const override { return timedOut_; }
  const Ends& ends() const override { return ends_; }

 private:
  /// The first of the addresses that can be reached by that interface.
  Result<> connectBy(const std::string& via, const tcp::resolver::results_type& addresses,
                     Nanos atMost) {
    Result<> last = Error::environment(fmt::format("{} has no address", name_));
    for (const auto& each : addresses) {
      const tcp::endpoint to = each.endpoint();
      std::error_code ignored;
      socket_.plain().close(ignored);
      socket_.plain().open(to.protocol());
      last = leaveBy(socket_.plain(), via, to);
      if (!last.ok()) {
        last = Error::environment(fmt::format("connecting to {}: {}", name_, last.error().message));
        continue;
      }
      auto connected = run("connecting to", atMost, [&](auto done) {
        socket_.plain().async_connect(to, [done](std::error_code code) { done(code, 0); });
      });
      if (connected.ok()) return Done{};
      last = std::move(connected).error();
      if (timedOut_) return last;
    }
    return last;
  }

  /// Starts an operation and waits for it, or until the time is over: then the connection is
  /// closed.
  template <typename Start>
  Result<std::size_t> run(std::string_view doing, Nanos atMost, Start start) {
    struct Outcome {
      bool done = false;
      std::error_code code;
      std::size_t bytes = 0;
    } outcome;
    start([&outcome](std::error_code code, std::size_t bytes) { outcome = {true, code, bytes}; });
    io_.restart();
    io_.run_for(std::chrono::nanoseconds(atMost));
    if (!outcome.done) {
      timedOut_ = true;
      socket_.close();
      io_.restart();
      io_.run_for(std::chrono::seconds(1));  // lets the operation see that
      return Error::environment(
          fmt::format("{} {} took longer than {}", doing, name_, secondsText(atMost)));
    }
    if (outcome.code) return networkError(doing, name_, outcome.code);
    return outcome.bytes;
  }

  asio::io_context io_{1};
  Socket socket_;
  std::string name_;
  Ends ends_;
  std::error_code failed_;
  bool timedOut_ = false;
};

}  // namespace

Result<std::unique_ptr<Stream>> connectStream(const Endpoint& to, Nanos atMost) {
  try {
    auto stream = std::make_unique<AsioStream>();
    MR_TRY(stream->connect(to, atMost));
    return std::unique_ptr<Stream>(std::move(stream));
  } catch (const std::system_error& thrown) {  // no descriptor is left, for example
    return Error::environment(
        fmt::format("connecting to {}: {}", addressText(to.host, to.port), thrown.what()));
  }
}

}  // namespace millrace::net
