// SPDX-License-Identifier: Apache-2.0
#pragma once
// Connection: one client's socket: frames in, answers out in the order of their requests.
//
// Promise: at most kMostUnderWay requests, and about one largest request's bytes, are taken in
// before an answer is written; a client that does not read its answers is not served further ones
// than kMostAnswerBytes and one answer more. Memory for a frame grows with the bytes that came, not
// with the size that was announced. After close() nothing more is read or written.
// Ownership: shared by the operations of its socket and by the broker. Threads: everything runs on
// its strand; start(), drain() and close() may be called from any.

#include "log-backend/broker/exchange.h"

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>

#include <chrono>
#include <deque>

namespace millrace::log {

struct ConnectionOptions {
  std::size_t mostRequestBytes = 0;
  std::chrono::milliseconds idle{0};
  asio::ssl::context* tls = nullptr;  ///< null: what goes over the wire can be read there
  std::function<void(const ExchangePointer&)> begin;
  std::function<void(const std::string& reason)> onNotice;
  std::function<void()> onClosed;
  /// The number of requests without an answer on the wire changed by so much.
  std::function<void(std::ptrdiff_t)> onUnderWay;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  static constexpr std::size_t kMostUnderWay = 64;
  static constexpr std::size_t kMostAnswerBytes = 8U << 20U;

  /// `options` outlives it.
  Connection(asio::ip::tcp::socket socket, const ConnectionOptions& options);
  ~Connection();

  void start();
  /// Reads no further request; what is under way is answered.
  void drain();
  void close();

 private:
  struct Slot {
    std::optional<Answer> answer;
    std::size_t bytes = 0;  ///< of the request
  };
  /// What is being written: whole frames, parts of files within them.
  struct Outgoing {
    std::vector<Answer> frames;
    std::size_t frame = 0;          ///< the one whose bytes come next
    std::size_t at = 0;             ///< in it
    std::size_t part = 0;           ///< of it, that is next
    std::vector<std::byte> copied;  ///< of a file that only this program can send
    std::size_t frameBytes = 0;
  };
  using Strand = asio::strand<asio::ip::tcp::socket::executor_type>;

  void shakeHands();
  /// The socket, or TLS over it.
  template <typename Use>
  void withStream(Use use) {
    if (tls_)
      use(*tls_);
    else
      use(socket_);
  }
  void readNext();
  void readSize();
  void readBody(std::size_t from);
  void takeRequest();
  void takeBareMessage();
  void put(std::uint64_t number, Answer answer);
  void flush();
  void write(std::vector<Answer> frames);
  void writeBytes();
  void writeFile();
  void copyFile(FilePart& part);
  void written();
  void watchIdle();
  void pauseFor(Nanos pause);
  void end(const std::string& reason);

  asio::ip::tcp::socket socket_;
  std::optional<asio::ssl::stream<asio::ip::tcp::socket&>> tls_;
  std::shared_ptr<ClientSession> session_ = std::make_shared<ClientSession>();
  Strand strand_;
  asio::steady_timer idleTimer_;
  asio::steady_timer pauseTimer_;
  const ConnectionOptions& options_;
  std::string peer_;
  std::array<std::byte, 4> size_{};
  std::size_t bodySize_ = 0;
  std::vector<std::byte> body_;
  std::deque<Slot> slots_;
  std::uint64_t first_ = 0;  ///< number of the request in slots_.front()
  std::size_t bytesUnderWay_ = 0;
  std::size_t answerBytes_ = 0;  ///< answered and not written yet, without parts of files
  Outgoing out_;
  std::chrono::steady_clock::time_point active_{};
  bool reading_ = false;
  bool paused_ = false;  ///< its client went over a quota
  bool writing_ = false;
  bool draining_ = false;
  bool closed_ = false;
};

}  // namespace millrace::log
