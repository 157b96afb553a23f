// SPDX-License-Identifier: Apache-2.0
#include "engine/net/tls_context.h"

#include "engine/base/openssl.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>
#include <limits>

namespace millrace::net {
namespace {

template <auto free>
struct FreeBy {
  template <typename T>
  void operator()(T* object) const {
    free(object);
  }
};
using Bio = std::unique_ptr<BIO, FreeBy<BIO_free>>;
using Certificate = std::unique_ptr<X509, FreeBy<X509_free>>;
using RevocationList = std::unique_ptr<X509_CRL, FreeBy<X509_CRL_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
struct FreeCertificates {
  void operator()(STACK_OF(X509) * all) const { sk_X509_pop_free(all, X509_free); }
};
using Certificates = std::unique_ptr<STACK_OF(X509), FreeCertificates>;

struct Opened {
  Key key;
  Certificate own;      // the certificate of the key
  Certificates others;  // the chain, or those that are trusted
};

std::string reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* text = code == 0 ? nullptr : ERR_reason_error_string(code);
  return text == nullptr ? "the library gives no reason" : text;
}

Error refused(const TlsStore& store, std::string_view what) {
  return Error::user(fmt::format("{}: {} ({})", store.name, what, reason()));
}

Result<Bio> bioOf(const TlsStore& store) {
  if (store.bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    return Error::user(fmt::format("{} is too large for a key store", store.name));
  Bio bio(BIO_new_mem_buf(store.bytes.data(), static_cast<int>(store.bytes.size())));
  if (bio == nullptr) return Error::environment("there is no memory for a key store");
  return bio;
}

int passwordFor(char* into, int size, int, void* text) {
  const auto& password = *static_cast<const std::string*>(text);
  if (password.size() > static_cast<std::size_t>(size)) return -1;
  std::memcpy(into, password.data(), password.size());
  return static_cast<int>(password.size());
}

Result<Opened> openPem(const TlsStore& store) {
  Opened opened;
  opened.others.reset(sk_X509_new_null());
  const std::string& keyPassword = store.keyPassword.empty() ? store.password : store.keyPassword;
  Bio keys = MR_TRY(bioOf(store));
  opened.key.reset(PEM_read_bio_PrivateKey(keys.get(), nullptr, passwordFor,
                                           const_cast<std::string*>(&keyPassword)));
  const bool mentionsKey = store.bytes.find("PRIVATE KEY-----") != std::string::npos;
  if (opened.key == nullptr && mentionsKey)
    return refused(store, "the private key cannot be read; check its password");
  ERR_clear_error();
  Bio texts = MR_TRY(bioOf(store));
  while (X509* next = PEM_read_bio_X509_AUX(texts.get(), nullptr, passwordFor,
                                            const_cast<std::string*>(&store.password))) {
    Certificate certificate(next);
    const bool fits = opened.key != nullptr && opened.own == nullptr &&
                      X509_check_private_key(next, opened.key.get()) == 1;
    if (fits) {
      opened.own = std::move(certificate);
    } else if (sk_X509_push(opened.others.get(), next) > 0) {
      (void)certificate.release();  // the stack has it
    }
  }
  ERR_clear_error();  // the end of the text is reported as an error
  return opened;
}

Result<Opened> openPkcs12(const TlsStore& store) {
  Bio bio = MR_TRY(bioOf(store));
  const std::unique_ptr<PKCS12, FreeBy<PKCS12_free>> sealed(d2i_PKCS12_bio(bio.get(), nullptr));
  if (sealed == nullptr) return refused(store, "this is no PKCS12 store");
  EVP_PKEY* key = nullptr;
  X509* own = nullptr;
  STACK_OF(X509)* others = nullptr;
  if (PKCS12_parse(sealed.get(), store.password.c_str(), &key, &own, &others) != 1)
    return refused(store, "the PKCS12 store cannot be opened; check its password");
  Opened opened{Key(key), Certificate(own), Certificates(others)};
  if (opened.others == nullptr) opened.others.reset(sk_X509_new_null());
  return opened;
}

Result<Opened> openStore(const TlsStore& store) {
  ERR_clear_error();
  return store.type == StoreType::kPem ? openPem(store) : openPkcs12(store);
}

Result<> useKey(SSL_CTX* context, const TlsStore& store) {
  const Opened opened = MR_TRY(openStore(store));
  if (opened.key == nullptr) return refused(store, "there is no private key in the key store");
  if (opened.own == nullptr)
    return refused(store, "there is no certificate for the private key in the key store");
  if (SSL_CTX_use_certificate(context, opened.own.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, opened.key.get()) != 1)
    return refused(store, "the certificate and its key cannot be used");
  for (int i = 0; i < sk_X509_num(opened.others.get()); ++i) {
    if (SSL_CTX_add1_chain_cert(context, sk_X509_value(opened.others.get(), i)) != 1)
      return refused(store, "the certificate chain cannot be used");
  }
  return Done{};
}

/// Lists of revoked certificates that stand beside those that are trusted.
Result<> useRevocations(SSL_CTX* context, const TlsStore& store) {
  if (store.type != StoreType::kPem || store.bytes.find("X509 CRL-----") == std::string::npos)
    return Done{};
  const Bio texts = MR_TRY(bioOf(store));
  int count = 0;
  while (X509_CRL* next = PEM_read_bio_X509_CRL(texts.get(), nullptr, nullptr, nullptr)) {
    const RevocationList list(next);
    if (X509_STORE_add_crl(SSL_CTX_get_cert_store(context), next) != 1)
      return refused(store, "a list of revoked certificates cannot be used");
    ++count;
  }
  if (count == 0) return refused(store, "a list of revoked certificates cannot be read");
  ERR_clear_error();  // the end of the text is reported as an error
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_CRL_CHECK);
  return Done{};
}

Result<> useTrust(SSL_CTX* context, const TlsStore& store) {
  const Opened opened = MR_TRY(openStore(store));
  X509_STORE* trusted = SSL_CTX_get_cert_store(context);
  int count = 0;
  const auto add = [&](X509* certificate) {
    if (certificate == nullptr) return;
    if (X509_STORE_add_cert(trusted, certificate) == 1 &&
        SSL_CTX_add_client_CA(context, certificate) == 1)
      ++count;
  };
  add(opened.own.get());
  for (int i = 0; i < sk_X509_num(opened.others.get()); ++i)
    add(sk_X509_value(opened.others.get(), i));
  if (count == 0) return refused(store, "there is no certificate in the trust store");
  // A certificate in the trust store is trusted by itself, whoever signed it.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  return useRevocations(context, store);
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::make(const TlsMaterial& material) {
  MR_TRY(requireOpenSsl());
  const std::shared_ptr<TlsContext> made(new TlsContext());
  SSL_CTX* context = SSL_CTX_new(TLS_method());
  if (context == nullptr) return Error::environment("TLS cannot be set up: " + reason());
  made->context_ = context;
  SSL_CTX_set_min_proto_version(context, material.onlyTls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  if (material.onlyTls12) SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  // Resuming would need an id for each listener where certificates of clients are asked for.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  if (material.keyStore != nullptr) {
    MR_TRY(useKey(context, *material.keyStore));
    made->hasCertificate_ = true;
  }
  if (material.trustStore != nullptr) {
    MR_TRY(useTrust(context, *material.trustStore));
    made->hasTrustStore_ = true;
  } else if (SSL_CTX_set_default_verify_paths(context) != 1) {
    return Error::environment("the certificates that the system trusts cannot be read: " +
                              reason());
  }
  return std::shared_ptr<const TlsContext>(made);
}

TlsContext::~TlsContext() { SSL_CTX_free(static_cast<SSL_CTX*>(context_)); }

}  // namespace millrace::net
