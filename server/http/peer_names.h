// SPDX-License-Identifier: Apache-2.0
#pragma once
// PeerNames: who is at the other end of each connection of a port, as far as a certificate says.
// Threads: any.

#include "engine/base/mutex.h"

#include <cstdint>
#include <map>
#include <string>

struct ssl_st;

namespace millrace::server {

class PeerNames {
 public:
  /// A connection whose TLS is established.
  void came(std::uint64_t connection, ssl_st* session);
  void gone(std::uint64_t connection);
  /// The subject of its certificate, as RFC 2253 writes names; empty: it showed none.
  std::string of(std::uint64_t connection) const;

 private:
  mutable Mutex mutex_;
  std::map<std::uint64_t, std::string> names_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::server
