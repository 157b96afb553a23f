// SPDX-License-Identifier: Apache-2.0
#pragma once
// Url: an http or https address (RFC 3986), taken apart for a client. What may not stand in one
// (blanks, letters beyond ASCII) is percent-encoded, as browsers do; names and passwords in it are
// ignored. Threads: plain values.

#include "engine/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::processors {

struct Url {
  bool secure = false;
  std::string host;  ///< lower case; an IPv6 address without brackets
  std::uint16_t port = 80;
  std::string target = "/";  ///< path and query, as a request line has it

  /// Errors are the user's and quote the text.
  static Result<Url> parse(std::string_view text);
  /// Where a `Location` leads from here.
  Result<Url> resolve(std::string_view location) const;
  /// HOST, or HOST:PORT where the port is not the usual one.
  std::string authority() const;
  std::string text() const;
  /// The last part of the path, decoded; empty: none.
  std::string fileName() const;
  bool sameServer(const Url& other) const {
    return secure == other.secure && host == other.host && port == other.port;
  }
};

/// Replaces %XX by their bytes; `plusIsBlank` as in forms. What is malformed stays as it is.
std::string percentDecoded(std::string_view text, bool plusIsBlank = false);

}  // namespace millrace::processors
