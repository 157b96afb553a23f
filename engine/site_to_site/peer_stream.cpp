// SPDX-License-Identifier: Apache-2.0
#include "engine/site_to_site/peer_stream.h"

#include <fmt/format.h>

#include <array>

namespace millrace::site_to_site {
namespace {

constexpr std::size_t kAtOnce = 64 * 1024;

struct Character {
  std::uint32_t code = 0;
  std::size_t bytes = 0;  ///< 0: malformed
};

/// The first character; surrogates are none in UTF-8 and are in Java's texts.
Character firstOf(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t count = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC0 || first > 0xF7 || text.size() < count) return {};
  std::uint32_t code = first & (0x7FU >> count);
  for (std::size_t i = 1; i < count; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return {};
    code = code << 6U | (byte(i) & 0x3FU);
  }
  return {code, count};
}

void appendThree(std::string& into, std::uint32_t code) {
  into += static_cast<char>(0xE0U | code >> 12U);
  into += static_cast<char>(0x80U | (code >> 6U & 0x3FU));
  into += static_cast<char>(0x80U | (code & 0x3FU));
}

bool isHigh(std::uint32_t code) { return code >= 0xD800 && code < 0xDC00; }
bool isLow(std::uint32_t code) { return code >= 0xDC00 && code < 0xE000; }

Error malformed() { return Error::environment("the other side sent a text that is malformed"); }

}  // namespace

Result<std::string> toJavaText(std::string_view utf8) {
  std::string text;
  while (!utf8.empty()) {
    const Character next = firstOf(utf8);
    if (next.bytes == 0 || next.code > 0x10FFFF)
      return Error::user("a text for the other side is no UTF-8; correct it");
    if (next.code == 0) {
      text += "\xC0\x80";
    } else if (next.code > 0xFFFF) {
      appendThree(text, 0xD800 + ((next.code - 0x10000) >> 10U));
      appendThree(text, 0xDC00 + ((next.code - 0x10000) & 0x3FFU));
    } else {
      text += utf8.substr(0, next.bytes);
    }
    utf8.remove_prefix(next.bytes);
  }
  return text;
}

Result<std::string> fromJavaText(std::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    const Character next = firstOf(bytes);
    if (next.bytes == 0 || next.bytes > 3 || isLow(next.code)) return malformed();
    bytes.remove_prefix(next.bytes);
    if (next.code == 0) {
      text += '\0';
    } else if (isHigh(next.code)) {
      if (bytes.empty()) return malformed();
      const Character low = firstOf(bytes);
      if (low.bytes != 3 || !isLow(low.code)) return malformed();
      bytes.remove_prefix(low.bytes);
      const std::uint32_t code = 0x10000 + ((next.code - 0xD800) << 10U | (low.code - 0xDC00));
      text += static_cast<char>(0xF0U | code >> 18U);
      text += static_cast<char>(0x80U | (code >> 12U & 0x3FU));
      text += static_cast<char>(0x80U | (code >> 6U & 0x3FU));
      text += static_cast<char>(0x80U | (code & 0x3FU));
    } else if (next.code < 0x80) {
      text += static_cast<char>(next.code);
    } else if (next.code < 0x800) {
      text += static_cast<char>(0xC0U | next.code >> 6U);
      text += static_cast<char>(0x80U | (next.code & 0x3FU));
    } else {
      appendThree(text, next.code);
    }
  }
  return text;
}

Result<> PeerStream::write(ByteView bytes) {
  if (unsent_.size() + bytes.size() > kAtOnce) MR_TRY(flush());
  if (bytes.size() >= kAtOnce) return stream_.write(bytes, timeout_);
  unsent_.append(asText(bytes));
  return Done{};
}

Result<> PeerStream::writeByte(std::uint8_t value) {
  const std::byte byte{value};
  return write(ByteView(&byte, 1));
}

Result<> PeerStream::writeInt(std::uint32_t value) {
  std::array<std::byte, 4> bytes{};
  for (std::size_t i = 0; i < 4; ++i) bytes[i] = std::byte(value >> (24 - 8 * i) & 0xFFU);
  return write(bytes);
}

Result<> PeerStream::writeLong(std::uint64_t value) {
  MR_TRY(writeInt(static_cast<std::uint32_t>(value >> 32U)));
  return writeInt(static_cast<std::uint32_t>(value));
}

Result<> PeerStream::writeText(std::string_view utf8) {
  const std::string text = MR_TRY(toJavaText(utf8));
  if (text.size() > 0xFFFF)
    return Error::user(fmt::format("a text of {} bytes is too long for site-to-site", text.size()));
  MR_TRY(writeByte(static_cast<std::uint8_t>(text.size() >> 8U)));
  MR_TRY(writeByte(static_cast<std::uint8_t>(text.size() & 0xFFU)));
  return write(asBytes(text));
}

Result<> PeerStream::writeResponse(ResponseCode code, std::string_view text) {
  MR_TRY(write(asBytes("RC")));
  MR_TRY(writeByte(static_cast<std::uint8_t>(code)));
  return carriesText(code) ? writeText(text) : Done{};
}

Result<> PeerStream::flush() {
  if (unsent_.empty()) return Done{};
  const std::string bytes = std::exchange(unsent_, {});
  return stream_.write(asBytes(bytes), timeout_);
}

Result<bool> PeerStream::waitForMore(Nanos atMost) {
  MR_TRY(flush());
  if (next_) return true;
  std::byte byte{};
  if (MR_TRY(stream_.read(std::span(&byte, 1), atMost)) == 0) return false;
  next_ = byte;
  return true;
}

Result<> PeerStream::read(std::span<std::byte> into) {
  MR_TRY(flush());
  if (!into.empty() && next_) {
    into.front() = *next_;
    next_.reset();
    into = into.subspan(1);
  }
  while (!into.empty()) {
    const std::size_t count = MR_TRY(stream_.read(into, timeout_));
    if (count == 0) return Error::environment("the other side closed the connection");
    into = into.subspan(count);
  }
  return Done{};
}

Result<std::uint8_t> PeerStream::readByte() {
  std::byte byte{};
  MR_TRY(read(std::span(&byte, 1)));
  return static_cast<std::uint8_t>(byte);
}

Result<std::uint32_t> PeerStream::readInt() {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8U | MR_TRY(readByte());
  return value;
}

Result<std::string> PeerStream::readText() {
  std::size_t size = MR_TRY(readByte());
  size = size << 8U | MR_TRY(readByte());
  std::string bytes(size, '\0');
  MR_TRY(read(std::as_writable_bytes(std::span(bytes.data(), bytes.size()))));
  return fromJavaText(bytes);
}

Result<Response> PeerStream::readResponse() {
  const std::uint8_t first = MR_TRY(readByte());
  const std::uint8_t second = MR_TRY(readByte());
  if (first != 'R' || second != 'C')
    return Error::environment("the other side does not speak site-to-site");
  Response response;
  response.code = static_cast<ResponseCode>(MR_TRY(readByte()));
  if (carriesText(response.code)) response.text = MR_TRY(readText());
  return response;
}

}  // namespace millrace::site_to_site
