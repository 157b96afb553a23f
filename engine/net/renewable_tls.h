// SPDX-License-Identifier: Apache-2.0
#pragma once
// RenewableTls: the TLS of a listener whose certificates and trust are replaced while it listens,
// without the listener knowing.
//
// Promise: a connection that begins after renew() has all of the new material and none of the old:
// certificate, chain, authorities, lists of revoked certificates; those that are there stay as they
// are. Material that cannot be used changes nothing. Ownership: whoever has context() keeps what it
// needs. Threads: any.

#include "engine/net/tls_context.h"

#include <memory>

namespace millrace::net {

class RenewableTls {
 public:
  /// As TlsContext::make().
  static Result<RenewableTls> make(const TlsMaterial& material);
  Result<> renew(const TlsMaterial& material);
  /// For listeners; the same one for as long as this lives.
  std::shared_ptr<const TlsContext> context() const { return context_; }

 private:
  struct Renewed;
  // Shared with those who listen: their connections look for what is newer.
  std::shared_ptr<Renewed> renewed_;
  std::shared_ptr<const TlsContext> context_;
};

}  // namespace millrace::net
