// SPDX-License-Identifier: Apache-2.0
#include "server/http/peer_names.h"

#include "engine/net/peer_certificate.h"

namespace millrace::server {

void PeerNames::came(std::uint64_t connection, ssl_st* session) {
  std::string name = net::peerSubject(session);
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
