// SPDX-License-Identifier: Apache-2.0
#pragma once
// AsioConnection: one accepted connection. All of its state belongs to the network's thread; what
// other threads ask for is posted there. Private to this folder.
//
// It keeps itself alive by its pending operations, which end when its socket is closed.

#include "engine/net/asio_socket.h"

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <string>

namespace millrace::net {

class AsioConnection final : public Connection,
                             public std::enable_shared_from_this<AsioConnection> {
 public:
  AsioConnection(asio::io_context& io, asio::ip::tcp::socket socket);
  ~AsioConnection() override;

  /// TLS, if asked for, then `accept`, then the bytes. `gone` is called when all is over.
  void start(const ListenOptions& options, const Accept& accept,
             std::function<void(AsioConnection*)> gone);
  /// Ends without waiting for the peer, once what is queued is sent or at once.
  void hurry(bool atOnce);

  const Ends& ends() const override { return ends_; }
  void send(std::string bytes) override;
  void holdReading(bool hold) override;
  void limitIdleTime(Nanos atMost) override;
  void closeWhenSent() override;
  void post(std::function<void()> work) override;
  void postAfter(Nanos delay, std::function<void()> work) override;

 private:
  void begin(const Accept& accept);
  void readMore();
  void writeMore();
  void shutDown();
  void watchIdleness();
  void touch();
  void end(const Error& why);
  std::string name() const { return addressText(ends_.remoteAddress, ends_.remotePort); }

  asio::io_context& io_;
  Socket socket_;
  asio::steady_timer timer_;
  Ends ends_;
  std::unique_ptr<ConnectionHandler> handler_;
  std::function<void(AsioConnection*)> gone_;
  std::array<std::byte, 32 * 1024> buffer_;
  std::deque<std::string> unsent_;
  std::size_t sentOfFirst_ = 0;
  std::chrono::steady_clock::time_point lastMove_;
  std::chrono::nanoseconds idleLimit_{0};
  bool timing_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool held_ = false;
  bool peerDone_ = false;
  bool closing_ = false;  // everything queued is sent, then the end
  bool hurried_ = false;
  bool shutDown_ = false;
  bool ended_ = false;
};

}  // namespace millrace::net
