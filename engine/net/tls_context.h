// SPDX-License-Identifier: Apache-2.0
#pragma once
// TlsContext: our certificate and key, and whom we trust, ready for connections of either side.
// Stores are PEM (certificates and key in one text) or PKCS#12 (RFC 7292); TLS 1.2 is the oldest
// version that is spoken unless `protocol` asks for 1.3.
// Promise: keys and passwords stay in memory. Threads: constant once made.

#include "engine/base/bytes.h"
#include "engine/base/result.h"

#include <cstdint>
#include <memory>
#include <string>

namespace millrace::net {

enum class StoreType : std::uint8_t { kPem, kPkcs12 };

/// The bytes of a key store or trust store.
struct TlsStore {
  std::string name;  ///< for errors: where it came from
  StoreType type = StoreType::kPem;
  std::string bytes;
  std::string password;
  std::string keyPassword = {};  ///< of the key in a PEM text; empty: `password`
};

struct TlsMaterial {
  /// Without: we show no certificate.
  const TlsStore* keyStore = nullptr;
  /// Without: the certificate authorities that the system trusts.
  const TlsStore* trustStore = nullptr;
  bool onlyTls13 = false;
  bool onlyTls12 = false;
};

class TlsContext {
 public:
  /// Errors are the user's and name the store.
  static Result<std::shared_ptr<const TlsContext>> make(const TlsMaterial& material);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  bool hasCertificate() const { return hasCertificate_; }
  bool hasTrustStore() const { return hasTrustStore_; }
  /// OpenSSL's SSL_CTX, for the network; whoever keeps it takes a reference of their own.
  void* native() const { return context_; }

 private:
  TlsContext() = default;
  void* context_ = nullptr;  // owned; the type of a library that stays out of headers
  bool hasCertificate_ = false;
  bool hasTrustStore_ = false;
};

}  // namespace millrace::net
