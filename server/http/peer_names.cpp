// SPDX-License-Identifier: Apache-2.0
#include "server/http/peer_names.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>

namespace millrace::server {
namespace {

std::string subjectOf(SSL* session) {
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

}  // namespace

void PeerNames::came(std::uint64_t connection, ssl_st* session) {
  std::string name = subjectOf(session);
  if (name.empty()) return;
  MutexLock lock(mutex_);
  names_[connection] = std::move(name);
}

void PeerNames::gone(std::uint64_t connection) {
  MutexLock lock(mutex_);
  names_.erase(connection);
}

std::string PeerNames::of(std::uint64_t connection) const {
  MutexLock lock(mutex_);
  const auto found = names_.find(connection);
  return found == names_.end() ? std::string() : found->second;
}

}  // namespace millrace::server
