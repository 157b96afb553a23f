// SPDX-License-Identifier: Apache-2.0
#pragma once
// BaseEncoder and BaseDecoder: bytes as text of 64, 32 or 16 characters (RFC 4648, sections 4, 6
// and 8), a piece at a time, in constant memory. Hexadecimal digits are written small.
// Threads: each belongs to the trigger that uses it.

#include "engine/base/bytes.h"
#include "engine/base/result.h"

#include <cstdint>
#include <string>

namespace millrace::processors {

enum class Base : std::uint8_t {
  kHexadecimal = 4,
  kBase32 = 5,
  kBase64 = 6
};  ///< bits a character

class BaseEncoder {
 public:
  /// Lines of `lineLength` characters, each ended by a newline; 0: all in one line without end. The
  /// length is rounded down to whole groups (4 characters of base64, 8 of base32).
  BaseEncoder(Base base, std::uint64_t lineLength);
  void add(ByteView bytes, std::string& into);
  void finish(std::string& into);

 private:
  void put(char character, std::string& into);

  const unsigned bits_;
  const unsigned group_;  // characters
  const std::uint64_t lineLength_;
  std::uint64_t inLine_ = 0;
  std::uint64_t written_ = 0;
  std::uint32_t pending_ = 0;
  unsigned pendingBits_ = 0;
};

/// Reads what RFC 4648 describes, and the URL-safe characters of base64 and small letters of
/// base32. Base64 and base32 pass over white space, and end at the padding.
class BaseDecoder {
 public:
  explicit BaseDecoder(Base base);
  /// An Error of the user for a character that is of no use.
  Result<> add(ByteView text, std::string& into);
  /// An Error when half of a byte is missing in hexadecimal text.
  Result<> finish() const;

 private:
  const Base base_;
  std::uint64_t position_ = 0;
  std::uint32_t pending_ = 0;
  unsigned pendingBits_ = 0;
  bool ended_ = false;
};

}  // namespace millrace::processors
