// SPDX-License-Identifier: Apache-2.0
#include "engine/net/peer_certificate.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>

namespace millrace::net {

std::string peerSubject(ssl_st* session) {
  const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(session),
                                                          &X509_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new(BIO_s_mem()), &BIO_free);
  if (shown == nullptr || text == nullptr) return {};
  // Letters beyond ASCII as they are; characters that could end a header stay escaped.
  constexpr unsigned long kForm = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;
  X509_NAME_print_ex(text.get(), X509_get_subject_name(shown.get()), 0, kForm);
  const char* bytes = nullptr;
  const long count = BIO_get_mem_data(text.get(), &bytes);
  return count <= 0 ? std::string() : std::string(bytes, static_cast<std::size_t>(count));
}

}  // namespace millrace::net
