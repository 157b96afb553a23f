// SPDX-License-Identifier: Apache-2.0
#pragma once
// Bytes in and out: little-endian numbers, varints (LEB128) and length-prefixed text.
// ByteReader never reads past its end: after a bad read failed() is true and every later read
// yields zero, so that a parser checks once, at the end of a record.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

using ByteView = std::span<const std::byte>;

inline ByteView asBytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline std::string_view asText(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class ByteWriter {
 public:
  void u8(std::uint8_t v) { buffer_.push_back(static_cast<std::byte>(v)); }
  void u16(std::uint16_t v) { fixed(v); }
  void u32(std::uint32_t v) { fixed(v); }
  void u64(std::uint64_t v) { fixed(v); }
  void varint(std::uint64_t v) {
    std::byte encoded[10];
    std::size_t n = 0;
    while (v >= 0x80) {
      encoded[n++] = static_cast<std::byte>(v | 0x80);
      v >>= 7;
    }
    encoded[n++] = static_cast<std::byte>(v);
    buffer_.insert(buffer_.end(), encoded, encoded + n);
  }
  /// A signed number, zigzag encoded.
  void svarint(std::int64_t v) {
    varint((static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63));
  }
  void raw(ByteView bytes) { buffer_.insert(buffer_.end(), bytes.begin(), bytes.end()); }
  void text(std::string_view value) {
    varint(value.size());
    raw(asBytes(value));
  }

  std::size_t size() const { return buffer_.size(); }
  ByteView view() const { return buffer_; }
  void clear() { buffer_.clear(); }
  void reserve(std::size_t bytes) { buffer_.reserve(bytes); }
  /// Overwrites four bytes written before (a length or CRC known only at the end).
  void patchU32(std::size_t at, std::uint32_t v) { std::memcpy(buffer_.data() + at, &v, sizeof v); }
  void patchU64(std::size_t at, std::uint64_t v) { std::memcpy(buffer_.data() + at, &v, sizeof v); }
  std::vector<std::byte> take() { return std::move(buffer_); }

 private:
  template <typename Number>
  void fixed(Number v) {
    const auto* bytes =
        reinterpret_cast<const std::byte*>(&v);  // x86-64 and ARM64 are little-endian
    buffer_.insert(buffer_.end(), bytes, bytes + sizeof v);
  }
  std::vector<std::byte> buffer_;
};

class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : bytes_(bytes) {}

  std::uint8_t u8() { return fixed<std::uint8_t>(); }
  std::uint16_t u16() { return fixed<std::uint16_t>(); }
  std::uint32_t u32() { return fixed<std::uint32_t>(); }
  std::uint64_t u64() { return fixed<std::uint64_t>(); }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = u8();
      value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if ((byte & 0x80U) == 0) return value;
    }
    failed_ = true;
    return 0;
  }
  std::int64_t svarint() {
    const std::uint64_t v = varint();
    return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1);
  }
  ByteView raw(std::uint64_t count) {
    if (count > remaining()) {
      failed_ = true;
      at_ = bytes_.size();
      return {};
    }
    ByteView part = bytes_.subspan(at_, static_cast<std::size_t>(count));
    at_ += static_cast<std::size_t>(count);
    return part;
  }
  std::string_view text() { return asText(raw(varint())); }

  std::size_t remaining() const { return bytes_.size() - at_; }
  std::size_t position() const { return at_; }
  bool atEnd() const { return at_ == bytes_.size(); }
  bool failed() const { return failed_; }
  void fail() { failed_ = true; }

 private:
  template <typename Number>
  Number fixed() {
    Number value{};
    if (remaining() < sizeof value) {
      failed_ = true;
      at_ = bytes_.size();
      return 0;
    }
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
    return value;
  }
  ByteView bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace millrace
