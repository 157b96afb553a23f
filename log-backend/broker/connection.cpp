// SPDX-License-Identifier: Apache-2.0
#include "log-backend/broker/connection.h"

#include "engine/base/big_endian.h"
#include "engine/net/peer_certificate.h"

#include <asio/bind_executor.hpp>
#include <asio/dispatch.hpp>
#include <asio/read.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace millrace::log {
namespace {

constexpr std::size_t kFirstPiece = 1U << 20U;  // of a frame's memory, before its bytes came
constexpr auto kHandshakeTime = std::chrono::seconds(10);
constexpr std::size_t kLeastRequest = 8;  // key, version, correlation id

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket, const ConnectionOptions& options)
    : socket_(std::move(socket)),
      strand_(socket_.get_executor()),
      idleTimer_(socket_.get_executor()),
      pauseTimer_(socket_.get_executor()),
      options_(options) {
  asio::error_code ignored;
  peer_ = socket_.remote_endpoint(ignored).address().to_string();
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.set_option(asio::socket_base::keep_alive(true), ignored);
  socket_.native_non_blocking(true, ignored);  // for what is sent from files
  if (options.tls != nullptr) tls_.emplace(socket_, *options.tls);
}

Connection::~Connection() = default;

void Connection::start() {
  asio::dispatch(strand_, [self = shared_from_this()] {
    self->active_ = std::chrono::steady_clock::now();
    if (self->tls_) return self->shakeHands();
    self->watchIdle();
    self->readNext();
  });
}

void Connection::shakeHands() {
  idleTimer_.expires_after(kHandshakeTime);
  idleTimer_.async_wait(
      asio::bind_executor(strand_, [self = shared_from_this()](const asio::error_code& error) {
        if (!error) self->end("the TLS handshake takes too long");
      }));
  tls_->async_handshake(
      asio::ssl::stream_base::server,
      asio::bind_executor(strand_, [self = shared_from_this()](const asio::error_code& error) {
        if (self->closed_) return;
        if (error) return self->end(fmt::format("no TLS: {}", error.message()));
        asio::error_code ignored;
        self->idleTimer_.cancel(ignored);
        self->session_->certificate = net::peerSubject(self->tls_->native_handle());
        self->watchIdle();
        self->readNext();
      }));
}

void Connection::drain() {
  asio::dispatch(strand_, [self = shared_from_this()] {
    self->draining_ = true;
    if (self->slots_.empty() && !self->writing_) self->end("");
  });
}

void Connection::close() {
  asio::dispatch(strand_, [self = shared_from_this()] { self->end(""); });
}

void Connection::readNext() {
  if (closed_ || draining_ || reading_ || paused_ || slots_.size() >= kMostUnderWay ||
      bytesUnderWay_ >= options_.mostRequestBytes || answerBytes_ >= kMostAnswerBytes)
    return;
  reading_ = true;
  readSize();
}

void Connection::readSize() {
  withStream([&](auto& stream) {
    asio::async_read(stream, asio::buffer(size_),
                     asio::bind_executor(strand_, [self = shared_from_this()](
                                                      const asio::error_code& error, std::size_t) {
                       if (error) return self->end("");  // the client went away
                       const auto size = readBig<std::int32_t>(self->size_.data());
                       if (size < static_cast<std::int32_t>(kLeastRequest) ||
                           static_cast<std::size_t>(size) > self->options_.mostRequestBytes) {
                         return self->end(fmt::format(
                             "a request of {} bytes is announced, socket.request.max.bytes is {}",
                             size, self->options_.mostRequestBytes));
                       }
                       self->bodySize_ = static_cast<std::size_t>(size);
                       self->body_.resize(std::min(self->bodySize_, kFirstPiece));
                       self->readBody(0);
                     }));
  });
}

void Connection::readBody(std::size_t from) {
  withStream([&](auto& stream) {
    asio::async_read(stream, asio::buffer(body_.data() + from, body_.size() - from),
                     asio::bind_executor(strand_, [self = shared_from_this()](
                                                      const asio::error_code& error, std::size_t) {
                       if (error) return self->end("");
                       const std::size_t have = self->body_.size();
                       if (have < self->bodySize_) {
                         self->body_.resize(std::min(self->bodySize_, have * 2));
                         return self->readBody(have);
                       }
                       self->takeRequest();
                     }));
  });
}

void Connection::takeRequest() {
  active_ = std::chrono::steady_clock::now();
  reading_ = false;
  if (draining_) return;  // as if it had come a moment later
  if (session_->bareMessages) return takeBareMessage();
  const std::uint64_t number = first_ + slots_.size();
  const std::size_t bytes = body_.size();
  auto exchange = Exchange::open(
      std::exchange(body_, {}), peer_,
      [weak = weak_from_this(), number](Answer answer) {
        const auto self = weak.lock();
        if (self == nullptr) return;
        // In the strand already when the request is answered at once.
        asio::dispatch(self->strand_, [self, number, given = std::move(answer)]() mutable {
          self->put(number, std::move(given));
        });
      },
      session_);
  if (!exchange.ok()) return end(exchange.error().message);
  slots_.push_back({std::nullopt, bytes});
  bytesUnderWay_ += bytes;
  options_.onUnderWay(1);
  try {
    options_.begin(*exchange);
  } catch (const std::exception& error) {
    return end(fmt::format("a request failed: {}", error.what()));
  }
  readNext();
}

void Connection::takeBareMessage() {
  const std::vector<std::byte> message = std::exchange(body_, {});
  Result<std::string> answer = std::string();
  try {
    answer = session_->sasl->answer(asText(message));
  } catch (const std::exception& error) {
    return end(fmt::format("a request failed: {}", error.what()));
  }
  if (!answer.ok()) return end("a client could not prove who it is");
  if (session_->isAuthenticated()) session_->bareMessages = false;
  std::vector<std::byte> frame(sizeof(std::int32_t));
  writeBig(frame.data(), static_cast<std::int32_t>(answer->size()));
  const ByteView bytes = asBytes(*answer);
  frame.insert(frame.end(), bytes.begin(), bytes.end());
  answerBytes_ += frame.size();
  slots_.push_back({Answer{Answer::Kind::kFrame, std::move(frame), {}, 0, {}}, message.size()});
  bytesUnderWay_ += message.size();
  options_.onUnderWay(1);
  flush();
}

void Connection::put(std::uint64_t number, Answer answer) {
  if (closed_) return;
  MR_ASSERT(number >= first_ && number - first_ < slots_.size());
  answerBytes_ += answer.frame.size();
  slots_[static_cast<std::size_t>(number - first_)].answer = std::move(answer);
  flush();
}

void Connection::flush() {
  if (writing_ || closed_) return;
  std::vector<Answer> frames;
  std::ptrdiff_t silent = 0;
  while (!slots_.empty() && slots_.front().answer.has_value()) {
    Answer& answer = *slots_.front().answer;
    if (answer.kind == Answer::Kind::kClose) {
      if (!frames.empty()) break;  // first what comes before it
      return end(answer.reason);
    }
    if (answer.pause > 0) pauseFor(answer.pause);
    if (answer.kind == Answer::Kind::kFrame) {
      frames.push_back(std::move(answer));
    } else {
      ++silent;
    }
    bytesUnderWay_ -= slots_.front().bytes;
    slots_.pop_front();
    ++first_;
  }
  if (silent > 0) options_.onUnderWay(-silent);
  if (!frames.empty()) {
    write(std::move(frames));
  } else if (draining_ && slots_.empty()) {
    return end("");
  }
  readNext();
}

void Connection::pauseFor(Nanos pause) {
  paused_ = true;
  pauseTimer_.expires_after(std::chrono::nanoseconds(pause));
  pauseTimer_.async_wait(
      asio::bind_executor(strand_, [self = shared_from_this()](const asio::error_code& error) {
        if (error) return;  // another pause took its place, or it is closed
        self->paused_ = false;
        self->active_ = std::chrono::steady_clock::now();
        self->readNext();
      }));
}

void Connection::watchIdle() {
  idleTimer_.expires_at(active_ + options_.idle);
  idleTimer_.async_wait(
      asio::bind_executor(strand_, [self = shared_from_this()](const asio::error_code& error) {
        if (error || self->closed_) return;
        const bool idle = std::chrono::steady_clock::now() >= self->active_ + self->options_.idle;
        if (idle && self->slots_.empty() && !self->writing_) return self->end("");
        if (idle) self->active_ = std::chrono::steady_clock::now();
        self->watchIdle();
      }));
}

void Connection::end(const std::string& reason) {
  if (closed_) return;
  closed_ = true;
  if (!reason.empty()) options_.onNotice(fmt::format("{}: {}", peer_, reason));
  // What is being written stays until its operation has ended, and counts no more.
  options_.onUnderWay(-static_cast<std::ptrdiff_t>(slots_.size() + out_.frames.size()));
  slots_.clear();
  asio::error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
  idleTimer_.cancel(ignored);
  pauseTimer_.cancel(ignored);
  options_.onClosed();
}

}  // namespace millrace::log
