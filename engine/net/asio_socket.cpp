// SPDX-License-Identifier: Apache-2.0
#include "engine/net/asio_socket.h"

#include <asio/error.hpp>
#include <asio/ssl/error.hpp>
#include <fmt/format.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <memory>

namespace millrace::net {
namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};

std::string nameText(const X509_NAME* name) {
  const std::unique_ptr<BIO, FreeBio> out(BIO_new(BIO_s_mem()));
  if (out == nullptr) return {};
  // Letters beyond ASCII stay as they are, in UTF-8.
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* text = nullptr;
  const long length = BIO_get_mem_data(out.get(), &text);
  return length <= 0 ? std::string() : std::string(text, static_cast<std::size_t>(length));
}

std::string wordsOf(const std::error_code& code) {
  if (code == asio::error::eof) return "the other end closed the connection";
  if (code == asio::ssl::error::stream_truncated)
    return "the other end closed the connection without ending TLS";
  return code.message();
}

}  // namespace

std::string plainText(const asio::ip::address& address) {
  // A peer with IPv4 at a socket for both is shown under its own address.
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  return address.to_string();
}

asio::ssl::context sharedContext(const TlsContext& tls) {
  auto* native = static_cast<SSL_CTX*>(tls.native());
  SSL_CTX_up_ref(native);
  return asio::ssl::context(native);
}

Ends endsOf(const asio::ip::tcp::socket& socket) {
  Ends ends;
  std::error_code code;
  const auto remote = socket.remote_endpoint(code);
  if (!code) {
    ends.remoteAddress = plainText(remote.address());
    ends.remotePort = remote.port();
  }
  const auto local = socket.local_endpoint(code);
  if (!code) {
    ends.localAddress = plainText(local.address());
    ends.localPort = local.port();
  }
  return ends;
}

void addCertificate(SSL* session, Ends& ends) {
  ends.secure = true;
  const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(session),
                                                          &X509_free);
  if (shown == nullptr) return;
  ends.subject = nameText(X509_get_subject_name(shown.get()));
  ends.issuer = nameText(X509_get_issuer_name(shown.get()));
}

std::string addressText(const std::string& host, std::uint16_t port) {
  const bool six = host.find(':') != std::string::npos;
  return six ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

Error networkError(std::string_view doing, std::string_view with, const std::error_code& code) {
  return Error::environment(fmt::format("{} {}: {}", doing, with, wordsOf(code)));
}

Error handshakeError(std::string_view with, SSL* session, const std::error_code& code) {
  const long verdict = SSL_get_verify_result(session);
  if (verdict == X509_V_OK) return networkError("establishing TLS with", with, code);
  return Error::environment(fmt::format("the certificate of {} is not accepted: {}", with,
                                        X509_verify_cert_error_string(verdict)),
                            false);
}

}  // namespace millrace::net
