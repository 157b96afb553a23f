// SPDX-License-Identifier: Apache-2.0
#pragma once
// ClientSession: what a connection knows of its client. Threads: the connection's strand, on which
// its requests begin.

#include "log-backend/security/sasl.h"

#include <optional>
#include <string>

namespace millrace::log {

struct ClientSession {
  std::string certificate;          ///< the subject of the one that it showed; empty: none
  std::optional<SaslSession> sasl;  ///< since the client chose a mechanism
  /// After a handshake in version 0: what follows are the mechanism's messages without a header.
  bool bareMessages = false;
  bool refused = false;  ///< it could not prove who it is: nothing more is heard

  bool isAuthenticated() const { return sasl.has_value() && sasl->isDone(); }
};

}  // namespace millrace::log
