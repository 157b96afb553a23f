// SPDX-License-Identifier: Apache-2.0
#include "engine/net/asio_connection.h"

#include <asio/buffer.hpp>
#include <asio/post.hpp>
#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace millrace::net {
namespace {

/// How long a peer that was told the end may go on sending: closing earlier would make its system
/// throw away what it has not read yet.
constexpr std::chrono::seconds kLinger(2);

}  // namespace

AsioConnection::AsioConnection(asio::io_context& io, asio::ip::tcp::socket socket)
    : io_(io), socket_(std::move(socket)), timer_(io) {
  std::error_code ignored;
  socket_.plain().set_option(asio::ip::tcp::no_delay(true), ignored);
  ends_ = endsOf(socket_.plain());
}

AsioConnection::~AsioConnection() = default;

void AsioConnection::start(const ListenOptions& options, const Accept& accept,
                           std::function<void(AsioConnection*)> gone) {
  gone_ = std::move(gone);
  touch();
  if (options.tls == nullptr) {
    begin(accept);
    return;
  }
  socket_.startTls(*options.tls);
  SSL* session = socket_.tls()->native_handle();
  int mode = SSL_VERIFY_NONE;
  if (options.clientCertificate == ClientCertificate::kWanted) mode = SSL_VERIFY_PEER;
  if (options.clientCertificate == ClientCertificate::kNeeded)
    mode = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  SSL_set_verify(session, mode, nullptr);
  idleLimit_ = std::chrono::nanoseconds(options.handshakeTime);
  watchIdleness();
  socket_.tls()->async_handshake(
      asio::ssl::stream_base::server,
      [self = shared_from_this(), session, accept](std::error_code code) {
        if (self->ended_) return;
        if (code) {
          self->end(handshakeError(self->name(), session, code));
          return;
        }
        addCertificate(session, self->ends_);
        self->idleLimit_ = std::chrono::nanoseconds(0);
        self->begin(accept);
      });
}

void AsioConnection::begin(const Accept& accept) {
  handler_ = accept(shared_from_this());
  if (handler_ == nullptr) {
    closing_ = true;
    writeMore();
    return;
  }
  readMore();
}

void AsioConnection::readMore() {
  if (reading_ || held_ || peerDone_ || ended_) return;
  if (shutDown_ && socket_.tls() != nullptr) return;  // ending TLS reads by itself
  reading_ = true;
  socket_.use([this](auto& stream) {
    stream.async_read_some(asio::buffer(buffer_.data(), buffer_.size()),
                           [self = shared_from_this()](std::error_code code, std::size_t bytes) {
                             self->reading_ = false;
                             if (self->ended_) return;
                             self->touch();
                             const bool whole = code == asio::error::eof;
                             if (code && !whole) {
                               if (!self->shutDown_ || self->socket_.tls() == nullptr)
                                 self->end(networkError("reading from", self->name(), code));
                               return;
                             }
                             if (whole) {
                               self->peerDone_ = true;
                               if (self->closing_) {
                                 if (self->shutDown_)
                                   self->end(networkError("serving", self->name(), code));
                               } else {
                                 self->handler_->onPeerDone();
                               }
                               return;
                             }
                             // What comes after our last word is thrown away.
                             if (!self->closing_)
                               self->handler_->onData(ByteView(self->buffer_).first(bytes));
                             self->readMore();
                           });
  });
}

void AsioConnection::writeMore() {
  if (writing_ || ended_) return;
  if (unsent_.empty()) {
    if (closing_ && !shutDown_) shutDown();
    return;
  }
  writing_ = true;
  const std::string& first = unsent_.front();
  socket_.use([&](auto& stream) {
    stream.async_write_some(asio::buffer(first.data() + sentOfFirst_, first.size() - sentOfFirst_),
                            [self = shared_from_this()](std::error_code code, std::size_t bytes) {
                              self->writing_ = false;
                              if (self->ended_) return;
                              self->touch();
                              if (code) {
                                self->end(networkError("writing to", self->name(), code));
                                return;
                              }
                              self->sentOfFirst_ += bytes;
                              if (self->sentOfFirst_ == self->unsent_.front().size()) {
                                self->unsent_.pop_front();
                                self->sentOfFirst_ = 0;
                              }
                              if (self->handler_ != nullptr) self->handler_->onSent(bytes);
                              self->writeMore();
                            });
  });
}

void AsioConnection::shutDown() {
  shutDown_ = true;
  const auto over = [](const std::shared_ptr<AsioConnection>& self) {
    if (!self->ended_) self->end(Error::environment("the connection was closed"));
  };
  if (hurried_ || (peerDone_ && socket_.tls() == nullptr)) {
    asio::post(io_, [self = shared_from_this(), over] { over(self); });
    return;
  }
  held_ = false;
  idleLimit_ = kLinger;
  touch();
  watchIdleness();
  if (socket_.tls() != nullptr) {
    socket_.tls()->async_shutdown(
        [self = shared_from_this(), over](std::error_code) { over(self); });
    return;
  }
  std::error_code ignored;
  socket_.plain().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  readMore();
}

void AsioConnection::touch() { lastMove_ = std::chrono::steady_clock::now(); }

void AsioConnection::watchIdleness() {
  if (timing_ || ended_ || idleLimit_.count() == 0) return;
  timing_ = true;
  timer_.expires_at(lastMove_ + idleLimit_);
  timer_.async_wait([self = shared_from_this()](std::error_code) {
    self->timing_ = false;
    if (self->ended_ || self->idleLimit_.count() == 0) return;
    const auto idle = std::chrono::steady_clock::now() - self->lastMove_;
    // While reading is held it is we who are slow, unless the peer does not take what we send.
    const bool ours = self->held_ && !self->writing_;
    if (ours) self->touch();
    if (!ours && idle >= self->idleLimit_) {
      self->end(Error::environment(fmt::format(
          "{} neither sent nor took anything for {} ms", self->name(),
          std::chrono::duration_cast<std::chrono::milliseconds>(self->idleLimit_).count())));
      return;
    }
    self->watchIdleness();
  });
}

void AsioConnection::end(const Error& why) {
  ended_ = true;
  timer_.cancel();
  socket_.close();
  unsent_.clear();
  if (handler_ != nullptr) handler_->onEnd(why);
  handler_.reset();
  if (gone_) std::exchange(gone_, nullptr)(this);
}

void AsioConnection::hurry(bool atOnce) {
  if (ended_) return;
  hurried_ = true;
  closing_ = true;
  if (atOnce || shutDown_ || unsent_.empty()) {
    end(Error::environment("the port was closed"));
    return;
  }
  writeMore();
}

void AsioConnection::send(std::string bytes) {
  if (bytes.empty()) return;
  asio::post(io_, [self = shared_from_this(), bytes = std::move(bytes)]() mutable {
    if (self->ended_ || self->closing_) return;
    self->unsent_.push_back(std::move(bytes));
    self->writeMore();
  });
}

void AsioConnection::holdReading(bool hold) {
  asio::post(io_, [self = shared_from_this(), hold] {
    if (self->ended_ || self->closing_) return;
    self->held_ = hold;
    if (!hold) {
      self->touch();
      self->readMore();
    }
  });
}

void AsioConnection::limitIdleTime(Nanos atMost) {
  asio::post(io_, [self = shared_from_this(), atMost] {
    if (self->ended_ || self->closing_) return;
    const bool shorter = std::chrono::nanoseconds(atMost) < self->idleLimit_;
    self->idleLimit_ = std::chrono::nanoseconds(atMost);
    self->touch();
    if (shorter && self->timing_) self->timer_.cancel();  // armed again by its handler
    self->watchIdleness();
  });
}

void AsioConnection::closeWhenSent() {
  asio::post(io_, [self = shared_from_this()] {
    if (self->ended_ || self->closing_) return;
    self->closing_ = true;
    self->writeMore();
  });
}

void AsioConnection::post(std::function<void()> work) {
  asio::post(io_, [self = shared_from_this(), work = std::move(work)] {
    if (!self->ended_ && !self->closing_) work();
  });
}

void AsioConnection::postAfter(Nanos delay, std::function<void()> work) {
  asio::post(io_, [self = shared_from_this(), delay, work = std::move(work)]() mutable {
    if (self->ended_ || self->closing_) return;
    auto timer = std::make_shared<asio::steady_timer>(self->io_, std::chrono::nanoseconds(delay));
    // The connection is not kept by what may come late.
    timer->async_wait([weak = std::weak_ptr(self), timer, work = std::move(work)](std::error_code) {
      const auto alive = weak.lock();
      if (alive != nullptr && !alive->ended_ && !alive->closing_) work();
    });
  });
}

}  // namespace millrace::net
