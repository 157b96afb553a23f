// SPDX-License-Identifier: Apache-2.0
#pragma once
// What Asio's two kinds of socket have in common here: one class for plain and TLS connections, the
// facts about both ends, and the wording of errors. Private to this folder.

#include "engine/net/network.h"
#include "engine/net/tls_context.h"

#include <asio/ip/tcp.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/stream.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace millrace::net {

/// A socket's option that is a number of bytes.
template <typename Option>
Option bufferOption(std::uint64_t bytes) {
  return Option(static_cast<int>(std::min<std::uint64_t>(bytes, std::numeric_limits<int>::max())));
}

/// A context of Asio's that shares ours.
asio::ssl::context sharedContext(const TlsContext& tls);

/// The addresses of a socket that is connected.
Ends endsOf(const asio::ip::tcp::socket& socket);
/// Adds what the other end's certificate says.
void addCertificate(SSL* session, Ends& ends);

std::string addressText(const std::string& host, std::uint16_t port);
/// The address as a person writes it: IPv4 is never shown within IPv6.
std::string plainText(const asio::ip::address& address);
/// "connecting to HOST:PORT: connection refused", in words that say what may be done.
Error networkError(std::string_view doing, std::string_view with, const std::error_code& code);
/// As networkError, for a handshake that failed: says what is wrong with the certificate.
Error handshakeError(std::string_view with, SSL* session, const std::error_code& code);

/// A socket, with TLS around it once that is established.
class Socket {
 public:
  explicit Socket(asio::ip::tcp::socket socket) : plain_(std::move(socket)) {}

  asio::ip::tcp::socket& plain() { return plain_; }
  asio::ssl::stream<asio::ip::tcp::socket&>* tls() { return tls_ ? &*tls_ : nullptr; }
  void startTls(const TlsContext& context) {
    context_.emplace(sharedContext(context));
    tls_.emplace(plain_, *context_);
  }
  template <typename Use>
  void use(Use use) {
    if (tls_) {
      use(*tls_);
    } else {
      use(plain_);
    }
  }
  void close() {
    std::error_code ignored;
    plain_.close(ignored);
  }

 private:
  asio::ip::tcp::socket plain_;
  std::optional<asio::ssl::context> context_;
  std::optional<asio::ssl::stream<asio::ip::tcp::socket&>> tls_;
};

}  // namespace millrace::net
