// SPDX-License-Identifier: Apache-2.0
#pragma once
// Network: byte streams and datagrams to and from other machines, as an interface, so that tests
// and dry runs give a processor another network.
//
// Two shapes, after who waits. A client connects and then reads and writes a Stream, each call with
// a time limit: for tasks that may block. A server is called: a ConnectionHandler hears of the
// bytes of its Connection and never waits, so that one thread serves all connections. Hosts are
// names or addresses; names are looked up by the operating system. Times are nanoseconds of real
// time.
//
// Threads: a Network from any; a Stream from one at a time; see Connection and ConnectionHandler
// for the others.

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/base/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace millrace::net {

class TlsContext;

/// True when the host is an address, so that nobody needs to be asked for it.
bool isAddress(const std::string& host);

struct Endpoint {
  /// Where listening it may be the name of a network interface, too; empty there: all of them.
  std::string host;
  std::uint16_t port = 0;
  /// Connecting: the network interface that the connection leaves by, or an address of this
  /// machine; empty: as the system's routes say.
  std::string via = {};
};

/// Both ends of a connection, as they are when it is established.
struct Ends {
  std::string localAddress;
  std::uint16_t localPort = 0;
  std::string remoteAddress;
  std::uint16_t remotePort = 0;
  bool secure = false;
  /// Of the certificate that the other end showed, as RFC 2253 writes names; empty: it showed none.
  std::string subject;
  std::string issuer;
};

/// A connection that its owner made. Errors are of the environment and name the other end; after
/// one the stream is of no more use.
class Stream {
 public:
  virtual ~Stream() = default;  ///< closes
  /// At least one byte, or 0 when the other end has sent all it will.
  virtual Result<std::size_t> read(std::span<std::byte> into, Nanos atMost) = 0;
  /// All of the bytes; the time starts again with each part that the other end takes.
  virtual Result<> write(ByteView bytes, Nanos atMost) = 0;
  /// Goes on under TLS, as a client. The certificate must be for `serverName`.
  virtual Result<> startTls(const TlsContext& tls, const std::string& serverName, Nanos atMost) = 0;
  /// True while the other end has neither closed nor sent anything: it can be used again.
  virtual bool isQuiet() = 0;
  /// True when a call failed because its time was over.
  virtual bool timedOut() const = 0;
  virtual const Ends& ends() const = 0;
};

/// A connection that was accepted. Threads: any; calls after its end do nothing.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual const Ends& ends() const = 0;
  /// Queues bytes behind those that were not sent yet.
  virtual void send(std::string bytes) = 0;
  /// While held, the handler gets no bytes and the peer is not idle.
  virtual void holdReading(bool hold) = 0;
  /// Ends the connection when so much time passes without a byte in or out; 0: never.
  virtual void limitIdleTime(Nanos atMost) = 0;
  /// Ends the connection once everything queued is sent.
  virtual void closeWhenSent() = 0;
  /// Runs on the thread that calls the handler; dropped when the connection ends before.
  virtual void post(std::function<void()> work) = 0;
  /// The same, after so much time.
  virtual void postAfter(Nanos delay, std::function<void()> work) = 0;
};

/// What a server makes of one connection. All calls come one at a time, from one thread of the
/// network that all connections share: none may wait.
class ConnectionHandler {
 public:
  virtual ~ConnectionHandler() = default;
  virtual void onData(ByteView bytes) = 0;
  /// So many of the queued bytes are on their way.
  virtual void onSent(std::size_t bytes) { (void)bytes; }
  /// The peer sends no more, but may still read.
  virtual void onPeerDone() = 0;
  /// The connection has ended, for the reason given; the last call.
  virtual void onEnd(const Error& why) = 0;
};

enum class ClientCertificate : std::uint8_t { kNone, kWanted, kNeeded };

struct ListenOptions {
  Endpoint at;
  std::shared_ptr<const TlsContext> tls = nullptr;  ///< null: no TLS
  ClientCertificate clientCertificate = ClientCertificate::kNone;
  std::uint32_t maxConnections = 200;  ///< more wait in the operating system's backlog
  Nanos handshakeTime = 30 * kSecond;
  std::uint64_t receiveBuffer = 0;  ///< bytes that the system keeps a connection; 0: as it likes
};

/// Called on the network's thread for each connection, once TLS is established. The network keeps
/// the handler until after onEnd().
using Accept = std::function<std::unique_ptr<ConnectionHandler>(
    const std::shared_ptr<Connection>& connection)>;

/// A port that is open.
class Listener {
 public:
  virtual ~Listener() = default;  ///< as close(0)
  virtual std::uint16_t port() const = 0;
  /// No new connections.
  virtual void stopAccepting() = 0;
  /// Ends all connections, each once what it has queued is sent or the time is over. No handler is
  /// called any more, and none is left, on return. Never from a handler.
  virtual void close(Nanos atMost) = 0;
};

struct DatagramOptions {
  Endpoint at;
  std::uint64_t receiveBuffer = 0;  ///< bytes that the system keeps; 0: as it likes
};

/// Called on the network's thread for each datagram; the bytes are good during the call.
using Receive = std::function<void(const Endpoint& from, ByteView bytes)>;

/// A port that receives datagrams (UDP). What comes while nobody looks is lost.
class DatagramPort {
 public:
  virtual ~DatagramPort() = default;  ///< as close()
  virtual std::uint16_t port() const = 0;
  /// No call of Receive goes on, or comes any more, on return. Never from Receive.
  virtual void close() = 0;
};

/// Sends datagrams to one place. Threads: one at a time.
class DatagramSender {
 public:
  virtual ~DatagramSender() = default;
  /// One datagram; that it was sent does not say that it arrives. More than fits into one is an
  /// Error of the user.
  virtual Result<> send(ByteView bytes, Nanos atMost) = 0;
  virtual const Ends& ends() const = 0;
};

class Network {
 public:
  virtual ~Network() = default;
  virtual Result<std::unique_ptr<Stream>> connect(const Endpoint& to, Nanos atMost) = 0;
  /// Port 0 picks a free one.
  virtual Result<std::unique_ptr<Listener>> listen(const ListenOptions& options, Accept accept) = 0;
  /// Port 0 picks a free one.
  virtual Result<std::unique_ptr<DatagramPort>> receiveDatagrams(const DatagramOptions& options,
                                                                 Receive receive) = 0;
  /// `sendBuffer`: bytes that the system keeps unsent; 0: as it likes.
  virtual Result<std::unique_ptr<DatagramSender>> sendDatagrams(const Endpoint& to,
                                                                std::uint64_t sendBuffer) = 0;
};

}  // namespace millrace::net
