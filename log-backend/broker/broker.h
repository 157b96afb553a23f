// SPDX-License-Identifier: Apache-2.0
#pragma once
// Broker: the log as Kafka's clients know it, on one TCP port.
//
// Promise: requests of one connection begin, and are answered, in their order; several may be under
// way. Bytes that are no request, too long, or not served close that connection and no other. A
// client that does not read its answers is not read from either.
// Ownership: the desk's parts outlive it. Threads: start() and stop() from one; it has `threads` of
// its own, on which requests run, disk reads and writes included.

#include "engine/net/tls_context.h"
#include "log-backend/broker/desk.h"

#include <memory>

namespace millrace::log {

struct BrokerOptions {
  std::string host = "127.0.0.1";    ///< a numeric address of this machine
  std::uint16_t port = 9092;         ///< 0: a free one
  std::string advertisedHost;        ///< what clients are told; empty: host
  std::uint16_t advertisedPort = 0;  ///< 0: the port that it listens on
  std::size_t threads = 2;
  std::shared_ptr<const net::TlsContext> tls;  ///< with a certificate; null: no TLS
  bool clientCertificates = false;             ///< each client must show one that `tls` trusts
  /// Why a connection was closed by us, in one sentence.
  std::function<void(const std::string&)> onNotice;
};

class Broker {
 public:
  /// Binds the port, and completes desk.identity with what clients are told.
  static Result<std::unique_ptr<Broker>> open(Desk& desk, BrokerOptions options);
  ~Broker();

  void start();
  /// No new connections or requests; waits up to `patience` for the answers that are under way,
  /// then closes everything and joins the threads. The group commit still runs meanwhile.
  void stop(Nanos patience);

  /// HOST:PORT that it listens on.
  std::string address() const;
  std::size_t connections() const;

 private:
  struct Parts;
  explicit Broker(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// HOST:PORT; an IPv6 address in brackets.
struct HostAndPort {
  std::string host;
  std::uint16_t port = 0;
};
Result<HostAndPort> parseHostAndPort(std::string_view text);

}  // namespace millrace::log
