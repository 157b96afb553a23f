// SPDX-License-Identifier: Apache-2.0
#pragma once
// The opening of a conversation over a socket, as a client makes it (FORMAT.md): the version that
// both sides know, what is wanted of which port, and the codec. Threads: one.

#include "engine/site_to_site/packet_stream.h"

#include <cstdint>
#include <string>

namespace millrace::site_to_site {

/// What a client asks for in the handshake.
struct Agreement {
  std::string communicationId;  ///< a uuid; logs of the other side show it
  std::string url;              ///< of the peer: nifi://HOST:PORT
  std::string port;             ///< the port's id
  Compression compression = Compression::kNone;
  Millis requestExpiration = 30'000;
  std::uint64_t batchCount = 0;  ///< 0, of all three: as the peer likes
  std::uint64_t batchSize = 0;
  Millis batchDuration = 0;
  Nanos timeout = 30 * kSecond;
};

/// The Error says what the other side answered.
Result<> openConversation(PeerStream& peer, const Agreement& agreement);

/// What an unwelcome response comes to.
Error refusalOf(const Response& response);

}  // namespace millrace::site_to_site
