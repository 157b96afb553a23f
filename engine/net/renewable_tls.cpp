// SPDX-License-Identifier: Apache-2.0
#include "engine/net/renewable_tls.h"

#include "engine/base/mutex.h"

#include <openssl/ssl.h>

#include <utility>

namespace millrace::net {

struct RenewableTls::Renewed {
  std::shared_ptr<const TlsContext> first;
  Mutex mutex;
  std::shared_ptr<const TlsContext> newest MR_GUARDED_BY(mutex);  // null: the first
};

namespace {

/// What a connection begins with: the listener's settings, such as whether a certificate is asked
/// for, stay those of the connection.
void take(SSL* connection, SSL_CTX* newest) {
  SSL_set_SSL_CTX(connection, newest);
  // Certificate and authorities go along with that, the rules of verification do not.
  X509_VERIFY_PARAM* const rules = SSL_get0_param(connection);
  X509_VERIFY_PARAM_clear_flags(rules, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_flags(rules, X509_VERIFY_PARAM_get_flags(SSL_CTX_get0_param(newest)));
}

}  // namespace

Result<RenewableTls> RenewableTls::make(const TlsMaterial& material) {
  RenewableTls made;
  made.renewed_ = std::make_shared<Renewed>();
  Renewed& renewed = *made.renewed_;
  renewed.first = MR_TRY(TlsContext::make(material));
  constexpr auto onHello = [](SSL* connection, int*, void* from) {
    auto& source = *static_cast<Renewed*>(from);
    std::shared_ptr<const TlsContext> newest;
    {
      const MutexLock lock(source.mutex);
      newest = source.newest;
    }
    if (newest != nullptr) take(connection, static_cast<SSL_CTX*>(newest->native()));
    return SSL_CLIENT_HELLO_SUCCESS;
  };
  SSL_CTX_set_client_hello_cb(static_cast<SSL_CTX*>(renewed.first->native()), onHello, &renewed);
  made.context_ = std::shared_ptr<const TlsContext>(made.renewed_, renewed.first.get());
  return made;
}

Result<> RenewableTls::renew(const TlsMaterial& material) {
  auto newest = MR_TRY(TlsContext::make(material));
  const MutexLock lock(renewed_->mutex);
  renewed_->newest = std::move(newest);
  return Done{};
}

}  // namespace millrace::net
