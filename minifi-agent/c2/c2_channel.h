// SPDX-License-Identifier: Apache-2.0
#pragma once
// C2Channel: how messages reach a server and flows come from it: HTTP or HTTPS, one connection a
// request. The token is shown to nobody but the server of the heartbeats. Threads: one at a time.

#include "engine/base/clock.h"
#include "engine/base/file_system.h"
#include "engine/net/network.h"
#include "minifi-agent/c2/c2_settings.h"

#include <memory>
#include <string>

namespace millrace::agent {

struct C2Answer {
  int status = 0;
  std::string body;
  std::string seal;     ///< the header that seals a flow; empty: none
  std::string address;  ///< ours, by which the server was reached
};

class C2Channel {
 public:
  virtual ~C2Channel() = default;
  /// Any answer; an Error when there is none, or it is too large.
  virtual Result<C2Answer> post(const std::string& url, const std::string& body) = 0;
  virtual Result<C2Answer> get(const std::string& url) = 0;
};

/// Errors name a file of certificates that cannot be used, or say that OpenSSL is missing. The
/// network and the clock outlive it.
Result<std::unique_ptr<C2Channel>> makeC2Channel(net::Network& network, const Clock& clock,
                                                 FileSystem& files, const C2Settings& settings);

}  // namespace millrace::agent
