// SPDX-License-Identifier: Apache-2.0
#pragma once
// PeerStream: numbers, texts and responses of site-to-site over a stream. What is written is kept
// together until flush() or a read. Owner: the caller keeps the stream for as long. Threads: one.

#include "engine/net/network.h"
#include "engine/site_to_site/response.h"

#include <optional>
#include <string>
#include <string_view>

namespace millrace::site_to_site {

class PeerStream {
 public:
  /// Each wait for the other side ends after so long.
  PeerStream(net::Stream& stream, Nanos timeout) : stream_(stream), timeout_(timeout) {}
  void limitWaits(Nanos timeout) { timeout_ = timeout; }

  Result<> write(ByteView bytes);
  Result<> writeByte(std::uint8_t value);
  Result<> writeInt(std::uint32_t value);
  Result<> writeLong(std::uint64_t value);
  /// More than 65,535 bytes, or what is no UTF-8, is an Error of the user.
  Result<> writeText(std::string_view utf8);
  Result<> writeResponse(ResponseCode code, std::string_view text = {});
  Result<> flush();

  /// Waits so long for the next byte, which the next read gives; false at the end of the stream.
  Result<bool> waitForMore(Nanos atMost);
  /// All of them; the end of the stream before is an Error.
  Result<> read(std::span<std::byte> into);
  Result<std::uint8_t> readByte();
  Result<std::uint32_t> readInt();
  Result<std::string> readText();
  Result<Response> readResponse();

 private:
  net::Stream& stream_;
  Nanos timeout_;
  std::string unsent_;
  std::optional<std::byte> next_;  // was waited for
};

/// Java's modified UTF-8 of a text (FORMAT.md), and back; an Error when it is malformed.
Result<std::string> toJavaText(std::string_view utf8);
Result<std::string> fromJavaText(std::string_view bytes);

}  // namespace millrace::site_to_site
